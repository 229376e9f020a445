// SPDX-License-Identifier: Apache-2.0
// Real telegrams; see shared_data.hpp.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "node/gateway/p1_framer.hpp"
#include "tests/gateway/p1_support.hpp"
#include "tests/gateway/shared_data.hpp"

namespace wattring::gateway {
namespace {

class P1Data : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = shared_data();
    if (!folder) GTEST_SKIP() << "no meter data on this machine; set WATTRING_SHARED_DATA";
    p1_ = *folder / "p1";
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::string bytes = read_bytes(p1_ / name);
    EXPECT_FALSE(bytes.empty()) << name;
    return bytes;
  }
  TelegramStats decode(const std::string& name, std::string_view meter = {}) {
    batch_ = {};
    return decode_telegrams(read(name), p1_context(meter), batch_);
  }
  void expect_refused(const std::string& name, Reason reason, std::string_view got) {
    const TelegramStats stats = decode(name, "M");
    EXPECT_EQ(stats.refused, 1U) << name;
    ASSERT_EQ(batch_.refusals.total(), 1U) << name;
    EXPECT_EQ(batch_.refusals.listed()[0].reason, reason) << name;
    EXPECT_EQ(batch_.refusals.listed()[0].got, got) << name;
    EXPECT_TRUE(batch_.facts().empty()) << name;
  }
  [[nodiscard]] std::int64_t value(std::string_view meter, Register reg) const { return value_of(batch_, meter, reg); }

  std::filesystem::path p1_;
  Batch batch_;
};

TEST_F(P1Data, CaptureHas566GoodTelegramsAndNoBadOne) {
  const TelegramStats stats = decode("capture/ttyUSB0-raw.txt", "EAN1");
  EXPECT_EQ(stats.telegrams, 566U);
  EXPECT_EQ(stats.refused, 0U);
  EXPECT_EQ(stats.line_ends_restored, 566U);
  EXPECT_EQ(stats.broken_lines, 0U);
  EXPECT_EQ(stats.unknown_codes, 0U);
  EXPECT_EQ(batch_.refusals.total(), 0U);

  std::map<std::int64_t, std::int64_t> import_wh;
  std::set<std::int64_t> power_w;
  std::set<std::int64_t> voltage_dv;
  for (const Fact& fact : batch_.facts()) {
    if (fact.reg == obis(1, 0, 1, 8, 1)) import_wh[fact.start_ms] = fact.value;
    if (fact.reg == obis(1, 0, 1, 7, 0)) power_w.insert(fact.value);
    if (fact.reg == obis(1, 0, 32, 7, 0)) voltage_dv.insert(fact.value);
  }
  ASSERT_EQ(import_wh.size(), 566U);
  EXPECT_EQ(import_wh.begin()->first, utc("2019-03-24T14:05:19Z"));
  EXPECT_EQ(import_wh.begin()->second, 3'432'827);
  EXPECT_EQ(import_wh.rbegin()->first, utc("2019-03-24T14:14:45Z"));
  EXPECT_EQ(import_wh.rbegin()->second, 3'432'921);
  EXPECT_EQ(*power_w.begin(), 374);
  EXPECT_EQ(*power_w.rbegin(), 1230);
  EXPECT_EQ(*voltage_dv.begin(), 2365);
  EXPECT_EQ(*voltage_dv.rbegin(), 2377);

  std::map<std::int64_t, int> steps;
  for (auto it = std::next(import_wh.begin()); it != import_wh.end(); ++it) {
    const std::int64_t step = it->first - std::prev(it)->first;
    ++steps[step];
    EXPECT_GE(it->second, std::prev(it)->second);
    if (step == 2000) {
      EXPECT_EQ(std::prev(it)->first, utc("2019-03-24T14:10:07Z"));
    }
  }
  EXPECT_EQ(steps, (std::map<std::int64_t, int>{{1000, 564}, {2000, 1}}));
  EXPECT_EQ(batch_.texts().size(), 1U);
  EXPECT_EQ(batch_.texts().begin()->second, "E0044007131650618");
  EXPECT_TRUE(only_fact(batch_, "EAN1", obis(0, 0, 96, 1, 1)).has_value());
  EXPECT_EQ(batch_.runs().size(), 1U);
}

TEST_F(P1Data, CaptureReadAsAStreamGivesTheSame) {
  const std::string capture = read("capture/ttyUSB0-raw.txt");
  P1Framer framer;
  P1Decoder decoder;
  TelegramStats stats;
  std::vector<P1Piece> pieces;
  EquipmentMemory memory;
  P1Context context = p1_context("EAN1");
  context.memory = &memory;
  for (std::size_t at = 0; at < capture.size(); at += 37) {
    pieces.clear();
    framer.feed(std::string_view(capture).substr(at, 37), pieces);
    for (const P1Piece& piece : pieces) {
      ASSERT_FALSE(piece.fault);
      decoder.decode(piece.bytes, piece.number, context, batch_, stats);
    }
  }
  EXPECT_EQ(stats.telegrams, 566U);
  Batch whole;
  decode_telegrams(capture, p1_context("EAN1"), whole);
  EXPECT_EQ(batch_.facts(), whole.facts());
}

TEST_F(P1Data, ThirteenTelegramsOfManyCountriesAreRead) {
  const std::map<std::string, bool> names{{"esy5q3da1004_v304", false},
                                          {"esy5q3db1024_v304", false},
                                          {"fluvius_v171", true},
                                          {"fluvius_v171_alt", true},
                                          {"iskra_ie", true},
                                          {"sagemcom_t210_d_r", true},
                                          {"unpadded_crc", true},
                                          {"v2_2", false},
                                          {"v3", false},
                                          {"v4_2", true},
                                          {"v5", true},
                                          {"v5_eon_hu", true},
                                          {"v5_two_mbus", true}};
  int verified = 0;
  for (const auto& [name, has_checksum] : names) {
    const std::string bytes = read("ndokter/telegram_" + name + ".txt");
    P1Framer framer;
    std::vector<P1Piece> pieces;
    framer.feed(bytes, pieces);
    framer.finish(pieces);
    ASSERT_EQ(pieces.size(), 1U) << name;
    P1Telegram telegram;
    EXPECT_FALSE(parse_p1_telegram(pieces[0].bytes, telegram)) << name;
    EXPECT_EQ(telegram.has_checksum, has_checksum) << name;
    EXPECT_FALSE(telegram.line_ends_restored) << name;
    EXPECT_EQ(telegram.broken_lines, 0U) << name;
    verified += telegram.has_checksum ? 1 : 0;
    EXPECT_EQ(decode("ndokter/telegram_" + name + ".txt", "M").telegrams, 1U) << name;
  }
  EXPECT_EQ(verified, 9);
}

TEST_F(P1Data, BelgianTelegram) {
  const TelegramStats stats = decode("ndokter/telegram_fluvius_v171.txt");
  EXPECT_EQ(value("1SAG3101021605", obis(1, 0, 1, 8, 1)), 34);
  EXPECT_EQ(value("1SAG3101021605", obis(1, 0, 1, 8, 2)), 15758);
  EXPECT_EQ(value("1SAG3101021605", obis(1, 0, 1, 4, 0)), 2351);
  EXPECT_EQ(value("1SAG3101021605", obis(1, 0, 1, 6, 0)), 2589);
  EXPECT_EQ(only_fact(batch_, "1SAG3101021605", obis(1, 0, 1, 6, 0))->start_ms, utc("2020-05-09T11:45:58Z"));
  EXPECT_EQ(value("1SAG3101021605", obis(0, 0, 17, 0, 0)), 999900);
  EXPECT_EQ(value("1SAG3101021605", obis(1, 0, 31, 4, 0)), 99900);
  EXPECT_EQ(value("7FLO2119033733", obis(0, 1, 24, 2, 3)), 112384);
  EXPECT_EQ(value("7FLO2119033733", obis(0, 1, 24, 4, 0)), 1);
  EXPECT_EQ(value("8SAG1234567890", obis(0, 2, 24, 2, 1)), 872234);
  EXPECT_EQ(only_fact(batch_, "8SAG1234567890", obis(0, 2, 24, 2, 1))->start_ms, utc("2020-05-12T11:45:58Z"));
  EXPECT_EQ(stats.unknown_codes, 0U);
  EXPECT_EQ(batch_.refusals.total(), 0U);
}

TEST_F(P1Data, AnImpossibleTimeInAPeakLogHurtsNothing) {
  EXPECT_EQ(decode("ndokter/telegram_fluvius_v171_alt.txt").telegrams, 1U);
  EXPECT_EQ(value("1SAG3100721326", obis(1, 0, 1, 8, 1)), 301548);
  EXPECT_EQ(batch_.refusals.total(), 0U);
}

TEST_F(P1Data, TheEmptyMbusSlotOfADutchTelegramIsNoMeter) {
  const TelegramStats stats = decode("ndokter/telegram_v5_two_mbus.txt");
  EXPECT_EQ(value("G0039001936990619", obis(0, 2, 24, 2, 1)), 246138);
  EXPECT_EQ(value("E0044007382246019", obis(1, 0, 72, 32, 0)), 192);
  EXPECT_EQ(batch_.runs().size(), 2U);
  EXPECT_EQ(stats.no_value, 2U);  // the empty message and the slot
  EXPECT_EQ(batch_.refusals.total(), 0U);
}

TEST_F(P1Data, OldDutchTelegramsHaveGasOnTwoLinesAndNoTime) {
  decode("ndokter/telegram_v3.txt");
  const auto import = only_fact(batch_, "K8EG004046395507", obis(1, 0, 1, 8, 1));
  ASSERT_TRUE(import);
  EXPECT_EQ(import->value, 12345678);
  EXPECT_EQ(import->flags, kFlagReceiveTime);
  const auto gas = only_fact(batch_, "2222ABCD123456789", obis(0, 1, 24, 2, 1));
  ASSERT_TRUE(gas);
  EXPECT_EQ(gas->value, 1001);
  EXPECT_EQ(gas->start_ms, utc("2009-02-12T15:00:00Z"));
  EXPECT_EQ(gas->flags, 0);
}

TEST_F(P1Data, AnAllZeroEquipmentIdIsNoMeter) {
  EXPECT_EQ(decode("ndokter/telegram_v2_2.txt").telegrams, 0U);
  ASSERT_EQ(batch_.refusals.total(), 1U);
  EXPECT_EQ(batch_.refusals.listed()[0].reason, Reason::bad_meter_id);
  EXPECT_EQ(batch_.refusals.listed()[0].got, "00000000000000");
  EXPECT_TRUE(batch_.facts().empty());
  EXPECT_EQ(decode("ndokter/telegram_v2_2.txt", "M").telegrams, 1U);  // its gas meter has an all-zero id, too
  EXPECT_EQ(value("M", obis(1, 0, 1, 8, 1)), 1001);
  EXPECT_EQ(batch_.refusals.count(Reason::bad_meter_id), 1U);
}

TEST_F(P1Data, UnitsOfEveryKindAreUnderstood) {
  decode("ndokter/telegram_sagemcom_t210_d_r.txt", "M");
  EXPECT_EQ(value("M", obis(1, 0, 1, 8, 0)), 6545766);
  EXPECT_EQ(value("M", obis(1, 0, 3, 8, 2)), 747);
  EXPECT_EQ(value("M", obis(1, 0, 4, 7, 0)), 166);
  decode("ndokter/telegram_v5_eon_hu.txt");
  EXPECT_EQ(value("890082200002160", obis(1, 0, 8, 8, 0)), 143346);
  EXPECT_EQ(value("890082200002160", obis(1, 0, 15, 8, 0)), 800817);
  EXPECT_EQ(value("890082200002160", obis(1, 0, 14, 7, 0)), 50000);
  EXPECT_EQ(value("890082200002160", obis(1, 0, 73, 7, 0)), 4552);
  decode("ndokter/telegram_unpadded_crc.txt");
  EXPECT_EQ(value("621848012D2C0B0C", obis(6, 0, 1, 0, 0)), 240860);
  const TelegramStats easymeter = decode("ndokter/telegram_esy5q3db1024_v304.txt");
  const auto import = only_fact(batch_, "1ESY1313002565", obis(1, 0, 1, 8, 0));
  ASSERT_TRUE(import);
  EXPECT_EQ(import->value, 52185783);
  EXPECT_EQ(import->flags, kFlagRounded | kFlagReceiveTime);
  EXPECT_EQ(easymeter.unknown_codes, 1U);  // 1-0:96.5.5
}

TEST_F(P1Data, ATelegramWithoutAnyEquipmentIdNeedsAGivenMeter) {
  decode("ndokter/telegram_sagemcom_t210_d_r.txt");
  EXPECT_EQ(batch_.refusals.count(Reason::bad_meter_id), 1U);
  EXPECT_TRUE(batch_.facts().empty());
}

TEST_F(P1Data, TelegramsWithLfAndOddFormsAreReadWhenTheirChecksumHolds) {
  for (const char* name : {"formattest", "v4_2_ok", "v5_ok"}) {
    const TelegramStats stats = decode(std::string("robthree/") + name + ".txt", "M");
    EXPECT_EQ(stats.telegrams, 1U) << name;
    EXPECT_EQ(stats.line_ends_restored, 1U) << name;
  }
  decode("robthree/v4_2_ok.txt");  // codes with ".255"
  EXPECT_EQ(value("K8EG004046395507", obis(1, 0, 61, 7, 0)), 3333);
  decode("robthree/v5_ok.txt");  // four M-Bus devices of invented types
  EXPECT_EQ(value("9876ABCD123456789", obis(0, 1, 24, 2, 1)), 12321232);
  EXPECT_EQ(value("9999ABCD123456789", obis(6, 0, 1, 0, 0)), 33221);
  EXPECT_EQ(value("0000ABCD123456789", obis(1, 0, 1, 8, 0)), 11223322);
  for (const char* name : {"v2_2_ok", "v3_ok"}) EXPECT_EQ(decode(std::string("robthree/") + name + ".txt").refused, 0U);
  EXPECT_EQ(value("FooBarBaz123", obis(1, 0, 2, 8, 2)), 45678901);
}

TEST_F(P1Data, TheMangledTelegramIsOnlyAnOldOneAndIsRead) {
  // Its gas reading stands on two lines, as DSMR 2.2 writes it; nothing is missing.
  const TelegramStats stats = decode("robthree/v2_2_mangled.txt");
  EXPECT_EQ(stats.telegrams, 1U);
  EXPECT_EQ(stats.broken_lines, 0U);
  EXPECT_EQ(value("ZBBD005117872512", obis(1, 0, 1, 8, 1)), 41157401);
  EXPECT_EQ(value("28101541005382612", obis(0, 1, 24, 2, 1)), 22806137);
}

TEST_F(P1Data, TheSpecificationsExamplesHaveWrongChecksums) {
  expect_refused("lvzon/p1-example-4.0.txt", Reason::bad_crc, "522B");
  expect_refused("lvzon/p1-example-5.0.txt", Reason::bad_crc, "EF2F");
  EXPECT_EQ(decode("lvzon/p1-example-3.0.txt").telegrams, 1U);  // had none to be wrong
  EXPECT_EQ(value("2222ABCD123456789", obis(0, 1, 24, 2, 1)), 0);
}

}  // namespace
}  // namespace wattring::gateway
