// SPDX-License-Identifier: Apache-2.0
// Defects of the workshop code this project descends from; the numbers are those of the metering design.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/gateway/json_readings.hpp"
#include "node/gateway/line_protocol.hpp"
#include "tests/gateway/p1_support.hpp"

namespace wattring::gateway {
namespace {

constexpr AcceptWindow kAlways{0, 4'000'000'000'000};

/// Each is no meter id, in bytes.
const std::vector<std::string>& unparsable_ids() {
  static const std::vector<std::string> kIds{std::string("\0\0\0\0", 4),
                                             "a\rb",
                                             "a\nb",
                                             "a\tb",
                                             std::string("a\0b", 3),
                                             "\xFF\xFE",
                                             "\xC3",
                                             "a\x7F",
                                             "\xC2\x85",
                                             " ",
                                             std::string(65, '0')};
  return kIds;
}

void expect_bad_meter_id(const Batch& batch, const std::string& id) {
  EXPECT_TRUE(batch.facts().empty()) << testing::PrintToString(id);
  EXPECT_TRUE(batch.runs().empty()) << testing::PrintToString(id);
  EXPECT_GE(batch.refusals.total(), 1U) << testing::PrintToString(id);
}

TEST(WorkshopDefect10, AnUnparsableIdInLineProtocolIsRefusedAndNeverASharedMeter) {
  for (const std::string& id : unparsable_ids()) {
    std::string escaped;
    for (const char c : id) escaped += c == ' ' ? std::string("\\ ") : std::string(1, c);
    Batch batch;
    decode_lines("e,meter=" + escaped + " power_w=1i\n", {0, kAlways}, batch);
    expect_bad_meter_id(batch, id);
    if (id.find('\n') == std::string::npos) {
      EXPECT_EQ(batch.refusals.count(Reason::bad_meter_id), 1U) << testing::PrintToString(id);
    }
  }
}

TEST(WorkshopDefect10, AnUnparsableIdInJsonIsRefusedAndNeverASharedMeter) {
  for (const std::string& id : unparsable_ids()) {
    std::string quoted;
    for (const char c : id) {
      const auto byte = static_cast<unsigned char>(c);
      quoted += byte < 0x20 ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
    }
    Batch batch;
    decode_json(R"([{"meter":")" + quoted + R"(","register":"power_w","time":5,"value":1}])", {kAlways}, batch);
    expect_bad_meter_id(batch, id);
    EXPECT_EQ(batch.refusals.count(Reason::bad_meter_id), 1U) << testing::PrintToString(id);
  }
}

TEST(WorkshopDefect10, AnUnparsableIdForATelegramIsRefusedAndNeverASharedMeter) {
  const std::string telegram = with_checksum({"1-3:0.2.8(50)", "0-0:1.0.0(240712120000S)", "1-0:1.8.1(1*kWh)"});
  for (const std::string& id : unparsable_ids()) {
    Batch batch;
    decode_telegrams(telegram, p1_context(id), batch);
    expect_bad_meter_id(batch, id);
    EXPECT_EQ(batch.refusals.count(Reason::bad_meter_id), 1U) << testing::PrintToString(id);
  }
}

TEST(WorkshopDefect10, EquipmentIdsThatSayNothingAreRefusedAndNeverASharedMeter) {
  for (const std::string_view id : {"", "0", "00000000000000", "303030303030", "20202020"}) {
    Batch batch;
    decode_telegrams(with_checksum({"1-3:0.2.8(50)", "0-0:1.0.0(240712120000S)", "0-0:96.1.1(" + std::string(id) + ")",
                                    "1-0:1.8.1(1*kWh)"}),
                     p1_context(), batch);
    expect_bad_meter_id(batch, std::string(id));
    EXPECT_EQ(batch.refusals.count(Reason::bad_meter_id), 1U) << id;
  }
}

TEST(WorkshopDefect10, AnIdIsKeptAsItIsWhateverItContains) {
  const std::string id = "x'); DROP TABLE readings;--";
  Batch batch;
  decode_json(R"({"meter":")" + id + R"(","register":"power_w","time":5,"value":1})", {kAlways}, batch);
  ASSERT_EQ(batch.runs().size(), 1U);
  EXPECT_EQ(batch.id(batch.runs()[0]), id);
}

TEST(WorkshopDefect2, AValueOfExactlyZeroIsAReading) {
  Batch batch;
  decode_lines("e,meter=a import_wh=0i 0\n", {0, kAlways}, batch);
  ASSERT_EQ(batch.facts().size(), 1U);
  EXPECT_EQ(batch.facts()[0].value, 0);
  EXPECT_EQ(batch.facts()[0].start_ms, 0);
}

}  // namespace
}  // namespace wattring::gateway
