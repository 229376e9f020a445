// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "node/gateway/p1_mapping.hpp"

namespace wattring::gateway {
namespace {

/// Two digits at `pos`; -1 when they are none.
int two_digits(std::string_view text, std::size_t pos) {
  const int tens = text[pos] - '0';
  const int units = text[pos + 1] - '0';
  return tens < 0 || tens > 9 || units < 0 || units > 9 ? -1 : tens * 10 + units;
}

/// Empty when it is not the hex of printable ASCII.
std::string hex_of_ascii(std::string_view text) {
  std::string decoded;
  if (text.size() % 2 != 0) return decoded;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc{} || end != text.data() + i + 2 || byte < 0x20 || byte > 0x7E) return {};
    decoded.push_back(static_cast<char>(byte));
  }
  return decoded;
}

}  // namespace

std::optional<P1Time> parse_p1_time(std::string_view text) {
  P1Time time;
  if (text.size() == 13 && (text.back() == 'S' || text.back() == 'W')) {
    time.marker = text.back() == 'S' ? meter::DstMarker::summer : meter::DstMarker::winter;
    text.remove_suffix(1);
  }
  if (text.size() != 12) return std::nullopt;
  const int year = two_digits(text, 0);
  const CivilDate date{year >= 70 ? 1900 + year : 2000 + year, two_digits(text, 2), two_digits(text, 4)};
  const int hour = two_digits(text, 6);
  const int minute = two_digits(text, 8);
  const int second = two_digits(text, 10);
  const bool possible =
      year >= 0 && is_valid(date) && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
  if (!possible) return std::nullopt;
  time.local_ms = days_from_civil(date) * kMsPerDay + hour * kMsPerHour + minute * kMsPerMinute + second * kMsPerSecond;
  return time;
}

std::string decode_equipment_id(std::string_view text) {
  if (text.find_first_not_of('0') == std::string_view::npos) return {};
  std::string id = hex_of_ascii(text);
  if (id.empty()) id = text;
  const std::size_t begin = id.find_first_not_of(' ');
  if (begin == std::string::npos || id.find_first_not_of('0', begin) == std::string::npos) return {};
  return id.substr(begin, id.find_last_not_of(' ') - begin + 1);
}

}  // namespace wattring::gateway
