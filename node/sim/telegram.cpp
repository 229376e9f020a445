// SPDX-License-Identifier: Apache-2.0
#include "node/sim/telegram.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "node/sim/shapes.hpp"

namespace wattring::sim {
namespace {

constexpr std::array<std::uint16_t, 256> make_crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0xA001U : crc >> 1U;
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

void append_value(Register reg, std::int64_t value, std::string& out) {
  auto to = std::back_inserter(out);
  const auto obis_digits = [&] {
    fmt::format_to(to, "{}-{}:{}.{}.{}", reg.group(0), reg.group(1), reg.group(2), reg.group(3), reg.group(4));
  };
  obis_digits();
  if (is_energy_register(reg)) {
    fmt::format_to(to, "({:06}.{:03}*kWh)\r\n", value / 1000, value % 1000);
  } else if (reg.group(2) == 32) {
    fmt::format_to(to, "({:03}.{}*V)\r\n", value / 10, value % 10);
  } else {
    fmt::format_to(to, "({:02}.{:03}*kW)\r\n", value / 1000, value % 1000);
  }
}

}  // namespace

std::uint16_t crc16_arc(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) crc = (crc >> 8U) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU];
  return static_cast<std::uint16_t>(crc);
}

std::string p1_timestamp(std::int64_t utc_ms) {
  const LocalTime at = local_time(utc_ms);
  return fmt::format("{:02}{:02}{:02}{:02}{:02}{:02}{}", at.year % 100, at.month, at.day, at.hour, at.minute, at.second,
                     at.summer ? 'S' : 'W');
}

void append_telegram(std::string_view meter, std::span<const Reading> readings, std::span<const Register> regs,
                     std::string& out) {
  if (readings.empty()) return;
  const std::size_t begin = out.size();
  out += "/WRS5\\2SIM\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(";
  out += p1_timestamp(readings.front().time_ms);
  out += ")\r\n0-0:96.1.1(";
  for (const char c : meter) fmt::format_to(std::back_inserter(out), "{:02X}", static_cast<unsigned char>(c));
  out += ")\r\n";
  for (const Reading& reading : readings) append_value(regs[reading.reg], reading.value, out);
  out += '!';
  const std::uint16_t crc = crc16_arc(std::string_view(out).substr(begin));
  fmt::format_to(std::back_inserter(out), "{:04X}\r\n", crc);
}

}  // namespace wattring::sim
