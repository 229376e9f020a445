// SPDX-License-Identifier: Apache-2.0
#include "node/sim/capture.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/time.hpp"
#include "node/sim/replay_plan.hpp"
#include "node/sim/telegram.hpp"

namespace wattring::sim {
namespace {

std::string two_telegrams() {
  const std::int64_t time = *parse_rfc3339("2024-01-31T11:00:00Z");
  std::string out;
  append_telegram("M-000007", std::vector<Reading>{{time, 1234, 7, kImportT1}, {time, 5, 7, kImportT2}},
                  kFleetRegisters, out);
  append_telegram("M-000008", std::vector<Reading>{{time + 1000, 9, 8, kExport}}, kFleetRegisters, out);
  return out;
}

TEST(P1Capture, IsSplitIntoTelegramsWithTheirEnergyRegisters) {
  const std::string capture = "half of a telegram\r\n" + two_telegrams() + "/XXX5 cut short\r\n";
  EXPECT_EQ(detect_format(capture), CaptureFormat::p1);
  const auto items = split_p1(capture, "");
  ASSERT_EQ(items.size(), 2U);
  ASSERT_EQ(items[0].readings.size(), 2U);
  EXPECT_EQ(items[0].readings[0].meter, "M-000007");
  EXPECT_EQ(items[0].readings[0].reg, obis(1, 0, 1, 8, 1));
  EXPECT_EQ(items[0].readings[0].value, 1234);
  EXPECT_EQ(format_rfc3339(items[0].readings[0].time_ms), "2024-01-31T11:00:00Z");
  ASSERT_EQ(items[1].readings.size(), 1U);
  EXPECT_EQ(items[1].readings[0].meter, "M-000008");
  EXPECT_TRUE(items[1].bytes.starts_with("/WRS5"));
  EXPECT_TRUE(items[1].bytes.ends_with("\r\n"));
}

TEST(P1Capture, TakesTheMeterThatIsGiven) {
  const std::string capture = two_telegrams();
  for (const CapturedItem& item : split_p1(capture, "HOME")) {
    for (const CapturedReading& reading : item.readings) EXPECT_EQ(reading.meter, "HOME");
  }
}

TEST(P1Capture, HasNoReadingsWithoutATimeOrAnId) {
  EXPECT_TRUE(split_p1("/X5\n\n0-0:96.1.1(4D)\n1-0:1.8.0(000001.000*kWh)\n!0000\n", "")[0].readings.empty());
  EXPECT_TRUE(split_p1("/X5\n\n0-0:1.0.0(240131120000W)\n1-0:1.8.0(000001.000*kWh)\n!0000\n", "")[0].readings.empty());
  EXPECT_TRUE(split_p1("/X5\n\n0-0:1.0.0(632525252525W)\n1-0:1.8.0(000001.000*kWh)\n!0000\n", "M")[0].readings.empty());
}

TEST(P1Capture, ShiftedTelegramsHaveNewTimesAndANewCrc) {
  const std::string capture = two_telegrams();
  const std::int64_t half_year = 182 * kMsPerDay;
  std::string moved;
  append_shifted_telegram(split_p1(capture, "")[0].bytes, half_year, moved);
  const std::size_t bang = moved.find('!');
  std::string crc_as_sent = moved.substr(bang + 1, 4);
  std::string again;
  append_shifted_telegram(moved, 0, again);
  EXPECT_EQ(again, moved);
  EXPECT_EQ(again.substr(bang + 1, 4), crc_as_sent);
  EXPECT_EQ(format_rfc3339(*split_p1(moved, "")[0].time_ms), "2024-07-31T11:00:00Z");
  EXPECT_NE(moved.find("(240731130000S)"), std::string::npos);
}

TEST(P1Capture, ReadsARealCapture) {
  const char* from_environment = std::getenv("WATTRING_SHARED_DATA");
  const std::filesystem::path data = from_environment != nullptr ? from_environment : WATTRING_SHARED_DATA_DEFAULT;
  std::size_t captures = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data / "p1", error)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto items = split_p1(bytes, "M");
    if (items.size() != 566) continue;
    ++captures;
    for (const CapturedItem& item : items) ASSERT_GE(item.readings.size(), 2U) << item.bytes;
    EXPECT_EQ(items.front().readings[0].value, 3'432'827);
    EXPECT_EQ(items.back().readings[0].value, 3'432'921);
  }
  if (captures == 0) GTEST_SKIP() << "no capture of 566 telegrams under " << data;
}

TEST(LineCapture, ReadsEnergyFieldsExactly) {
  const std::string capture =
      "# a comment\n"
      "energy,meter=M\\ 1,site=x import_kwh=12.5,export_wh=7i,power_w=3 1700000000000000000\n"
      "energy,meter=M2 1-0:1.8.1=42i,import_t2_kwh=0.1234 1700000000000000000\r\n"
      "energy,meter=M3 import_kwh=1\n";
  EXPECT_EQ(detect_format(capture), CaptureFormat::line);
  const auto items = split_lines(capture, *parse_precision("ns"));
  ASSERT_EQ(items.size(), 3U);
  ASSERT_EQ(items[0].readings.size(), 2U);
  EXPECT_EQ(items[0].readings[0].meter, "M 1");
  EXPECT_EQ(items[0].readings[0].value, 12'500);
  EXPECT_EQ(items[0].readings[0].time_ms, 1'700'000'000'000);
  EXPECT_EQ(items[0].readings[1].reg, obis(1, 0, 2, 8, 0));
  EXPECT_EQ(items[0].readings[1].value, 7);
  // 0.1234 kWh is no whole number of Wh: how it is rounded is the node's affair.
  ASSERT_EQ(items[1].readings.size(), 1U);
  EXPECT_EQ(items[1].readings[0].reg, obis(1, 0, 1, 8, 1));
  EXPECT_EQ(items[1].readings[0].value, 42);
  EXPECT_FALSE(items[2].time_ms);
  EXPECT_TRUE(items[2].readings.empty());
}

TEST(LineCapture, ShiftsTheTimeInItsPrecision) {
  std::string out;
  append_shifted_line("e,meter=M import_wh=1i 100", 60'000, *parse_precision("s"), out);
  append_shifted_line("e,meter=M import_wh=1i 100", 60'000, *parse_precision("ns"), out);
  append_shifted_line("e,meter=M import_wh=1i", 60'000, *parse_precision("s"), out);
  EXPECT_EQ(out,
            "e,meter=M import_wh=1i 160\n"
            "e,meter=M import_wh=1i 60000000100\n"
            "e,meter=M import_wh=1i\n");
}

TEST(ShiftTo, BringsTheLastItemJustBeforeNow) {
  const std::string capture = two_telegrams();
  const auto items = split_p1(capture, "");
  const std::int64_t now = *parse_rfc3339("2026-01-01T00:00:00.500Z");
  const std::int64_t moved = *items[1].time_ms + shift_to(items, now);
  EXPECT_LT(moved, now);
  EXPECT_GE(moved, now - 2000);
  EXPECT_EQ(shift_to({}, now), 0);
}

TEST(ReplayBooks, NumberMetersAndRegistersOnFirstUse) {
  const std::string capture = two_telegrams();
  ReplayBooks books(nullptr);
  std::vector<Reading> readings;
  for (const CapturedItem& item : split_p1(capture, "")) ASSERT_TRUE(books.add(item, 1000, readings));
  ASSERT_EQ(readings.size(), 3U);
  EXPECT_EQ(readings[0].meter, 0U);
  EXPECT_EQ(readings[1].reg, 1U);
  EXPECT_EQ(readings[2].meter, 1U);
  EXPECT_EQ(readings[2].reg, 2U);
  EXPECT_EQ(format_rfc3339(readings[0].time_ms), "2024-01-31T11:00:01Z");
}

}  // namespace
}  // namespace wattring::sim
