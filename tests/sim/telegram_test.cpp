// SPDX-License-Identifier: Apache-2.0
#include "node/sim/telegram.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

TEST(Crc16Arc, GivesTheKnownCheckValue) {
  EXPECT_EQ(crc16_arc("123456789"), 0xBB3D);
}

TEST(Crc16Arc, OfNothingIsZero) {
  EXPECT_EQ(crc16_arc(""), 0);
}

TEST(P1Telegram, HasTheMetersIdItsTimeAndOneLineAReading) {
  const std::int64_t time = *parse_rfc3339("2024-01-31T11:00:00Z");
  const std::vector<Reading> readings = {
      {time, 3'432'827, 7, kImportT1}, {time, 5, 7, kImportT2}, {time, 1230, 7, kPower}, {time, 2375, 7, kVoltage}};
  std::string out = "before";
  append_telegram("M-000007", readings, kFleetRegisters, out);
  const std::string_view telegram = std::string_view(out).substr(6);
  EXPECT_TRUE(telegram.starts_with("/WRS5\\2SIM\r\n\r\n1-3:0.2.8(50)\r\n"));
  EXPECT_NE(telegram.find("0-0:1.0.0(240131120000W)\r\n"), std::string_view::npos);
  EXPECT_NE(telegram.find("0-0:96.1.1(4D2D303030303037)\r\n"), std::string_view::npos);
  EXPECT_NE(telegram.find("1-0:1.8.1(003432.827*kWh)\r\n"), std::string_view::npos);
  EXPECT_NE(telegram.find("1-0:1.8.2(000000.005*kWh)\r\n"), std::string_view::npos);
  EXPECT_NE(telegram.find("1-0:1.7.0(01.230*kW)\r\n"), std::string_view::npos);
  EXPECT_NE(telegram.find("1-0:32.7.0(237.5*V)\r\n"), std::string_view::npos);
}

// The CRC, calculated here bit by bit as the companion standard words it.
unsigned slow_crc(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0xA001U : crc >> 1U;
  }
  return crc;
}

TEST(P1Telegram, EndsWithTheCrcOfEverythingFromTheSlashToTheExclamationMark) {
  const std::vector<Reading> readings = {{*parse_rfc3339("2024-07-31T11:00:00Z"), 1, 0, kImport}};
  std::string out;
  append_telegram("M-000000", readings, kFleetRegisters, out);
  const std::size_t bang = out.find('!');
  ASSERT_NE(bang, std::string::npos);
  ASSERT_EQ(out.size(), bang + 7);
  EXPECT_TRUE(out.ends_with("\r\n"));
  EXPECT_EQ(out.substr(bang + 1, 4), fmt::format("{:04X}", slow_crc(std::string_view(out).substr(0, bang + 1))));
}

TEST(P1Timestamp, TellsTheTwoAutumnHoursApart) {
  EXPECT_EQ(p1_timestamp(*parse_rfc3339("2023-10-29T00:30:00Z")), "231029023000S");
  EXPECT_EQ(p1_timestamp(*parse_rfc3339("2023-10-29T01:30:00Z")), "231029023000W");
}

}  // namespace
}  // namespace wattring::sim
