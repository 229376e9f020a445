// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_mapping.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "tests/gateway/p1_support.hpp"

namespace wattring::gateway {
namespace {

constexpr Register kImportT1 = obis(1, 0, 1, 8, 1);
constexpr Register kEquipmentId = obis(0, 0, 96, 1, 1);
constexpr std::string_view kVersion = "1-3:0.2.8(50)";
constexpr std::string_view kTime = "0-0:1.0.0(240712120000S)";
constexpr std::string_view kId = "0-0:96.1.1(4530303434)";  // E0044

struct Decoded {
  Batch batch;
  TelegramStats stats;
};
Decoded decode(std::string_view body, const P1Context& context) {
  Decoded decoded;
  decoded.stats = decode_telegrams(body, context, decoded.batch);
  return decoded;
}
Reason only_reason(const Batch& batch) {
  return batch.refusals.total() == 1 ? batch.refusals.listed()[0].reason : Reason{};
}

TEST(P1Time, IsALocalTimeWithAMarker) {
  EXPECT_EQ(parse_p1_time("240712120000S")->local_ms, utc("2024-07-12T12:00:00Z"));
  EXPECT_EQ(parse_p1_time("240712120000S")->marker, meter::DstMarker::summer);
  EXPECT_EQ(parse_p1_time("240712120000W")->marker, meter::DstMarker::winter);
  EXPECT_EQ(parse_p1_time("161107190000")->marker, meter::DstMarker::none);
  EXPECT_EQ(parse_p1_time("700101010000W")->local_ms, utc("1970-01-01T01:00:00Z"));
}

TEST(P1Time, ImpossibleTimesAreNone) {
  for (const std::string_view text :
       {"", "632525252525W", "240230120000W", "241301000000W", "240712240000S", "240712126000S", "2407121200S",
        "24071212000xS", "240712120000X", "240712120000SS"})
    EXPECT_FALSE(parse_p1_time(text)) << text;
}

TEST(EquipmentId, HexOfPrintableAsciiIsDecoded) {
  EXPECT_EQ(decode_equipment_id("4530303434303037333832323436303139"), "E0044007382246019");
  EXPECT_EQ(decode_equipment_id("45303034342020"), "E0044");
  EXPECT_EQ(decode_equipment_id("3960221976967177082151037881335713"), "3960221976967177082151037881335713");
  EXPECT_EQ(decode_equipment_id("ADC3100000158491"), "ADC3100000158491");
  EXPECT_EQ(decode_equipment_id("09610"), "09610");
  EXPECT_EQ(decode_equipment_id("1ESY1336001560"), "1ESY1336001560");
}

TEST(EquipmentId, ZerosAndNothingNameNoDevice) {
  for (const std::string_view text : {"", "00000000000000", "0", "303030303030", "2020"})
    EXPECT_EQ(decode_equipment_id(text), "") << text;
}

TEST(P1Mapping, TheEquipmentIdNamesTheMeterWhenNoneIsGiven) {
  const Decoded d = decode(with_checksum({kVersion, kTime, kId, "1-0:1.8.1(003432.827*kWh)"}), p1_context());
  EXPECT_EQ(d.stats.telegrams, 1U);
  const auto fact = only_fact(d.batch, "E0044", kImportT1);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->value, 3432827);
  EXPECT_EQ(fact->start_ms, utc("2024-07-12T10:00:00Z"));
  EXPECT_EQ(fact->end_ms, fact->start_ms);
  EXPECT_EQ(fact->quality, Quality::actual);
  EXPECT_EQ(fact->flags, 0);
  EXPECT_TRUE(d.batch.texts().empty());
}

TEST(P1Mapping, AGivenIdNamesTheMeterAndTheEquipmentIdIsATextFact) {
  const Decoded d = decode(with_checksum({kVersion, kTime, kId, "1-0:1.8.1(003432.827*kWh)"}), p1_context("EAN1"));
  EXPECT_EQ(value_of(d.batch, "EAN1", kImportT1), 3432827);
  const auto id = only_fact(d.batch, "EAN1", kEquipmentId);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->start_ms, utc("2024-07-12T10:00:00Z"));
  EXPECT_EQ(d.batch.texts().at(id->value), "E0044");
}

TEST(P1Mapping, TheEquipmentIdIsEmittedOnlyWhenItChangesOrEarlier) {
  EquipmentMemory memory;
  P1Context context = p1_context("EAN1");
  context.memory = &memory;
  const auto emits = [&](std::string_view time, std::string_view id) {
    const Decoded d = decode(with_checksum({kVersion, time, id, "1-0:1.8.1(1*Wh)"}), context);
    return only_fact(d.batch, "EAN1", kEquipmentId).has_value();
  };
  EXPECT_TRUE(emits("0-0:1.0.0(240712120000S)", "0-0:96.1.1(4530303434)"));
  EXPECT_FALSE(emits("0-0:1.0.0(240712120001S)", "0-0:96.1.1(4530303434)"));
  EXPECT_TRUE(emits("0-0:1.0.0(240712115959S)", "0-0:96.1.1(4530303434)"));  // earlier
  EXPECT_FALSE(emits("0-0:1.0.0(240712120000S)", "0-0:96.1.1(4530303434)"));
  EXPECT_TRUE(emits("0-0:1.0.0(240713120000S)", "0-0:96.1.1(4530303435)"));  // exchanged
  EXPECT_FALSE(emits("0-0:1.0.0(240713120001S)", "0-0:96.1.1(4530303435)"));
  memory.forget("EAN1");
  EXPECT_TRUE(emits("0-0:1.0.0(240713120002S)", "0-0:96.1.1(4530303435)"));
}

TEST(EquipmentMemory, IsBounded) {
  EquipmentMemory memory(100);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(memory.is_news("M" + std::to_string(i), kEquipmentId, "x", 0));
    EXPECT_LE(memory.size(), 100U);
  }
}

TEST(P1Mapping, ATelegramWithoutTimeHasTheReceiveTime) {
  const Decoded d = decode("/T\r\n1-0:1.8.1(1*kWh)\r\n!\r\n", p1_context("M"));
  const auto fact = only_fact(d.batch, "M", kImportT1);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->start_ms, p1_context().receive_ms);
  EXPECT_EQ(fact->flags, kFlagReceiveTime);
}

TEST(P1Mapping, TheMarkerTellsTheDoubledHour) {
  const auto at = [](std::string_view time) {
    const Decoded d = decode(with_checksum({time, "1-0:1.8.1(1*kWh)"}), p1_context("M"));
    return *only_fact(d.batch, "M", kImportT1);
  };
  EXPECT_EQ(at("0-0:1.0.0(231029023000S)").start_ms, utc("2023-10-29T00:30:00Z"));
  EXPECT_EQ(at("0-0:1.0.0(231029023000W)").start_ms, utc("2023-10-29T01:30:00Z"));
  EXPECT_EQ(at("0-0:1.0.0(231029023000W)").flags, 0);
  EXPECT_EQ(at("0-0:1.0.0(231029023000)").start_ms, utc("2023-10-29T00:30:00Z"));
  EXPECT_EQ(at("0-0:1.0.0(231029023000)").flags, kFlagTimeAmbiguous);
}

TEST(P1Mapping, AnImpossibleTelegramTimeIsRefused) {
  const Decoded d = decode(with_checksum({"0-0:1.0.0(632525252525W)", "1-0:1.8.1(1*kWh)"}), p1_context("M"));
  EXPECT_EQ(only_reason(d.batch), Reason::ts_missing);
  EXPECT_EQ(d.batch.refusals.listed()[0].got, "632525252525W");
  EXPECT_TRUE(d.batch.facts().empty());
}

TEST(P1Mapping, TelegramsOutsideTheWindowAreRefusedWithTheLimit) {
  P1Context context = p1_context("M");
  context.window = {utc("2024-01-01T00:00:00Z"), utc("2024-07-12T10:00:00Z")};
  EXPECT_EQ(decode(with_checksum({kTime, "1-0:1.8.1(1*kWh)"}), context).stats.telegrams, 1U);
  const Decoded late = decode(with_checksum({"0-0:1.0.0(240712120001S)", "1-0:1.8.1(1*kWh)"}), context);
  EXPECT_EQ(only_reason(late.batch), Reason::ts_in_future);
  EXPECT_EQ(late.batch.refusals.listed()[0].got, "2024-07-12T10:00:01Z");
  EXPECT_EQ(late.batch.refusals.listed()[0].limit, "2024-07-12T10:00:00Z");
  const Decoded old = decode(with_checksum({"0-0:1.0.0(231231120000W)", "1-0:1.8.1(1*kWh)"}), context);
  EXPECT_EQ(only_reason(old.batch), Reason::ts_too_old);
}

TEST(P1Mapping, MbusDevicesAreMetersOfTheirOwnWithTheirOwnTime) {
  const Decoded d = decode(with_checksum({kVersion, kTime, kId, "0-1:24.1.0(003)", "0-1:96.1.0(4730303339)",
                                          "0-1:24.2.1(240712115500S)(00246.138*m3)", "0-1:24.4.0(1)"}),
                           p1_context("EAN1"));
  const auto gas = only_fact(d.batch, "G0039", obis(0, 1, 24, 2, 1));
  ASSERT_TRUE(gas);
  EXPECT_EQ(gas->value, 246138);
  EXPECT_EQ(gas->start_ms, utc("2024-07-12T09:55:00Z"));
  EXPECT_EQ(value_of(d.batch, "G0039", obis(0, 1, 24, 4, 0)), 1);
  EXPECT_EQ(d.stats.not_stored, 5U);  // version, time, both ids, device type
}

TEST(P1Mapping, HeatIsKeptUnderTheHeatRegisterWhateverItsUnit) {
  const auto heat = [](std::string_view value) {
    const Decoded d =
        decode(with_checksum({kTime, "0-1:24.1.0(004)", "0-1:96.1.0(4830303339)", value}), p1_context("EAN1"));
    return value_of(d.batch, "H0039", obis(6, 0, 1, 0, 0));
  };
  EXPECT_EQ(heat("0-1:24.2.1(240712115500S)(240.860*GJ)"), 240860);
  EXPECT_EQ(heat("0-1:24.2.1(240712115500S)(33221.000*MJ)"), 33221);
  EXPECT_EQ(heat("0-1:24.2.1(240712115500S)(00010.000*kWh)"), 36);
}

TEST(P1Mapping, AnElectricitySubmeterHasAnImportRegister) {
  const Decoded d = decode(
      with_checksum({kTime, "0-4:24.1.0(002)", "0-4:96.1.0(4530303339)", "0-4:24.2.1(240712115500S)(11223.322*kWh)"}),
      p1_context("EAN1"));
  EXPECT_EQ(value_of(d.batch, "E0039", obis(1, 0, 1, 8, 0)), 11223322);
}

TEST(P1Mapping, AnMbusSlotThatWasNeverReadHasNoValue) {
  const Decoded d =
      decode(with_checksum({kTime, "0-1:24.1.0(003)", "0-1:96.1.0()", "0-1:24.2.1(700101010000W)(00000000)",
                            "0-2:24.1.0(003)", "0-2:96.1.0(4730303339)", "0-2:24.2.1(700101010000W)(00000.000*m3)",
                            "0-3:96.1.0(4730303340)", "0-3:24.2.1(632525252525W)(00000.000*m3)",
                            "0-4:96.1.0(4730303341)", "0-4:24.2.1(240712115500S)(00000000)"}),
             p1_context("EAN1"));
  EXPECT_TRUE(d.batch.facts().empty());
  EXPECT_EQ(d.batch.refusals.total(), 0U);
  EXPECT_EQ(d.stats.no_value, 4U);
}

TEST(P1Mapping, AnMbusReadingWithoutAnIdIsRefusedAloud) {
  const Decoded d =
      decode(with_checksum({kTime, "1-0:1.8.1(1*kWh)", "0-1:24.2.1(240712115500S)(00246.138*m3)"}), p1_context("EAN1"));
  EXPECT_EQ(only_reason(d.batch), Reason::bad_meter_id);
  EXPECT_EQ(d.batch.refusals.listed()[0].got, "0-1:24.2.1(00246.138*m3)");
  EXPECT_EQ(value_of(d.batch, "EAN1", kImportT1), 1000);
}

TEST(P1Mapping, TheMonthPeakHasItsOwnTime) {
  const Decoded d =
      decode(with_checksum({kTime, "1-0:1.4.0(02.351*kW)", "1-0:1.6.0(240709134500S)(02.589*kW)",
                            "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(200501000000S)(200423192538S)(03.695*kW)"}),
             p1_context("M"));
  const auto peak = only_fact(d.batch, "M", obis(1, 0, 1, 6, 0));
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->value, 2589);
  EXPECT_EQ(peak->start_ms, utc("2024-07-09T11:45:00Z"));
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 1, 4, 0)), 2351);
  EXPECT_EQ(d.stats.readings, 2U);
}

TEST(P1Mapping, ValuesAreScaledExactly) {
  const Decoded d =
      decode(with_checksum({kTime, "1-0:1.8.0(00032549.5061662*kWh)", "1-0:2.8.0(000000058*Wh)", "1-0:32.7.0(0230.1*V)",
                            "1-0:31.7.0(0.48*A)", "1-0:51.7.0(006*A)", "1-0:14.7.0(50.00*Hz)", "1-0:13.7.0(4.556)",
                            "0-0:96.7.21(00015)", "0-0:96.14.0(0002)", "1-0:1.7.0(001688.21*W)"}),
             p1_context("M"));
  const auto energy = only_fact(d.batch, "M", obis(1, 0, 1, 8, 0));
  EXPECT_EQ(energy->value, 32549506);
  EXPECT_EQ(energy->flags, kFlagRounded);
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 2, 8, 0)), 58);
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 32, 7, 0)), 2301);
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 31, 7, 0)), 48);
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 51, 7, 0)), 600);
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 14, 7, 0)), 50000);
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 13, 7, 0)), 4556);
  EXPECT_EQ(value_of(d.batch, "M", obis(0, 0, 96, 7, 21)), 15);
  EXPECT_EQ(value_of(d.batch, "M", obis(0, 0, 96, 14, 0)), 2);
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 1, 7, 0)), 1688);
}

TEST(P1Mapping, ABadValueRefusesThatReadingAlone) {
  const Decoded d =
      decode(with_checksum({kTime, "1-0:1.8.1(ERROR*kWh)", "1-0:1.8.2(-1*kWh)", "1-0:2.8.1(5*furlong)",
                            "1-0:1.7.0(00.378*kW)", "1-0:2.7.0()", "0-0:17.0.0(016*A)", "0-0:96.99.0(1)"}),
             p1_context("M"));
  EXPECT_EQ(d.batch.refusals.count(Reason::not_a_number), 1U);
  EXPECT_EQ(d.batch.refusals.count(Reason::out_of_range), 1U);
  EXPECT_EQ(d.batch.refusals.count(Reason::bad_unit), 1U);
  EXPECT_EQ(d.batch.refusals.total(), 3U);
  EXPECT_EQ(d.batch.refusals.listed()[0].got, "1-0:1.8.1(ERROR)");
  EXPECT_EQ(value_of(d.batch, "M", obis(1, 0, 1, 7, 0)), 378);
  EXPECT_EQ(d.stats.no_value, 1U);
  EXPECT_EQ(d.stats.unknown_codes, 1U);
}

TEST(P1Mapping, MessagesAreTextFactsOnceEach) {
  EquipmentMemory memory;
  P1Context context = p1_context("M");
  context.memory = &memory;
  const std::string telegram = with_checksum({kTime, "0-0:96.13.0(48656C6C6F)", "0-0:96.13.1()"});
  const Decoded first = decode(telegram, context);
  EXPECT_EQ(first.batch.texts().at(value_of(first.batch, "M", obis(0, 0, 96, 13, 0))), "Hello");
  EXPECT_TRUE(decode(telegram, context).batch.facts().empty());
}

TEST(P1Mapping, ManyTelegramsInOneBodyAreNumberedInRefusals) {
  const std::string good = with_checksum({kTime, kId, "1-0:1.8.1(1*kWh)"});
  std::string bad = with_checksum({kTime, kId, "1-0:1.8.1(2*kWh)"});
  bad[bad.find("(2*kWh)") + 1] = '7';
  const Decoded d = decode("tail of one\r\n!ABCD\r\n" + good + bad + good + "/TST5\r\n1-0:1.8", p1_context());
  EXPECT_EQ(d.stats.telegrams, 2U);
  EXPECT_EQ(d.stats.refused, 2U);
  ASSERT_EQ(d.batch.refusals.listed().size(), 2U);
  EXPECT_EQ(d.batch.refusals.listed()[0].line, 2U);
  EXPECT_EQ(d.batch.refusals.listed()[0].reason, Reason::bad_crc);
  EXPECT_EQ(d.batch.refusals.listed()[1].line, 4U);
  EXPECT_EQ(d.batch.refusals.listed()[1].reason, Reason::bad_frame);
  EXPECT_EQ(d.batch.refusals.listed()[1].limit, "cut_off");
}

TEST(P1Mapping, ABodyWithoutATelegramIsABadFrame) {
  for (const std::string_view body : {"", "hello", "{\"meter\":1}"})
    EXPECT_EQ(only_reason(decode(body, p1_context("M")).batch), Reason::bad_frame) << body;
}

TEST(P1Mapping, MoreReadingsThanARequestMayHaveAreRefused) {
  std::string body;
  const std::string telegram =
      with_checksum({kTime, "1-0:1.8.1(1*kWh)", "1-0:1.8.2(1*kWh)", "1-0:2.8.1(1*kWh)", "1-0:2.8.2(1*kWh)"});
  for (std::size_t i = 0; i < kBatchReadingsMax / 4 + 10; ++i) body += telegram;
  const Decoded d = decode(body, p1_context("M"));
  EXPECT_LE(d.batch.facts().size(), kBatchReadingsMax);
  EXPECT_GT(d.batch.facts().size(), kBatchReadingsMax - 20);
  EXPECT_EQ(d.batch.refusals.count(Reason::too_large), d.stats.refused);
  EXPECT_GE(d.stats.refused, 10U);
}

TEST(P1Mapping, TheRevisionOfTheSourceIsStamped) {
  P1Context context = p1_context("M");
  context.revision = 77;
  const Decoded d = decode(with_checksum({kTime, "1-0:1.8.1(1*kWh)"}), context);
  EXPECT_EQ(only_fact(d.batch, "M", kImportT1)->revision, 77U);
}

}  // namespace
}  // namespace wattring::gateway
