// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/time.hpp"
#include "node/sim/capture.hpp"
#include "node/sim/shapes.hpp"
#include "node/sim/telegram.hpp"

namespace wattring::sim {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view first_group(std::string_view line) {
  const std::size_t open = line.find('(');
  const std::size_t close = line.find(')', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) return {};
  return line.substr(open + 1, close - open - 1);
}

// "YYMMDDhhmmssS" or "...W".
std::optional<std::int64_t> parse_tst(std::string_view text) {
  if (text.size() != 13 || (text[12] != 'S' && text[12] != 'W')) return std::nullopt;
  if (!std::all_of(text.begin(), text.begin() + 12, is_digit)) return std::nullopt;
  const auto two = [&](std::size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  if (!is_valid({2000 + two(0), two(2), two(4)}) || two(6) > 23 || two(8) > 59 || two(10) > 59) return std::nullopt;
  return utc_from_local(2000 + two(0), two(2), two(4), two(6), two(8), two(10), text[12] == 'S');
}

// "003432.827*kWh" -> 3432827.
std::optional<std::int64_t> parse_kwh(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::size_t star = text.find("*kWh");
  if (star == std::string_view::npos || point == std::string_view::npos || star != point + 4 ||
      star + 4 != text.size()) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : text.substr(0, star)) {
    if (c == '.') continue;
    if (!is_digit(c) || value > 100'000'000'000) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::string decode_hex(std::string_view hex) {
  std::string text;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    if (error != std::errc() || end != hex.data() + i + 2) return {};
    text += static_cast<char>(byte);
  }
  return text;
}

// The first of these that a telegram has names it.
int identity_rank(std::string_view line) {
  if (line.starts_with("0-0:96.1.1(")) return 3;
  if (line.starts_with("0-0:96.1.0(")) return 2;
  if (line.starts_with("0-0:42.0.0(")) return 1;
  return 0;
}

bool is_energy_line(std::string_view line) {
  return line.size() > 10 && (line.starts_with("1-0:1.8.") || line.starts_with("1-0:2.8.")) && is_digit(line[8]) &&
         line[9] == '(';
}

void read_telegram(CapturedItem& item, std::string_view meter) {
  std::string id(meter);
  int rank = meter.empty() ? 0 : 4;
  std::string_view rest = item.bytes;
  while (!rest.empty()) {
    const std::string_view line = next_line(rest);
    if (line.starts_with("0-0:1.0.0(")) item.time_ms = parse_tst(first_group(line));
    if (identity_rank(line) > rank) {
      rank = identity_rank(line);
      id = decode_hex(first_group(line));
    }
    if (!is_energy_line(line)) continue;
    const std::optional<std::int64_t> value = parse_kwh(first_group(line));
    if (!value) continue;
    const unsigned direction = line[4] == '1' ? 1 : 2;
    item.readings.push_back({{}, obis(1, 0, direction, 8, static_cast<unsigned>(line[8] - '0')), 0, *value});
  }
  if (!item.time_ms || id.empty()) item.readings.clear();
  for (CapturedReading& reading : item.readings) {
    reading.meter = id;
    reading.time_ms = *item.time_ms;
  }
}

}  // namespace

CaptureFormat detect_format(std::string_view capture) {
  if (capture.starts_with('/') || capture.find("\n/") != std::string_view::npos) return CaptureFormat::p1;
  return CaptureFormat::line;
}

std::vector<CapturedItem> split_p1(std::string_view capture, std::string_view meter) {
  std::vector<CapturedItem> items;
  std::size_t begin = capture.starts_with('/') ? 0 : capture.find("\n/");
  while (begin != std::string_view::npos) {
    if (capture[begin] == '\n') ++begin;
    const std::size_t bang = capture.find("\n!", begin);
    if (bang == std::string_view::npos) break;
    const std::size_t line_end = capture.find('\n', bang + 1);
    const std::size_t end = line_end == std::string_view::npos ? capture.size() : line_end + 1;
    CapturedItem item;
    item.bytes = capture.substr(begin, end - begin);
    read_telegram(item, meter);
    items.push_back(std::move(item));
    begin = capture.find("\n/", end - 1);
  }
  return items;
}

void append_shifted_telegram(std::string_view telegram, std::int64_t shift_ms, std::string& out) {
  const std::size_t begin = out.size();
  std::string_view rest = telegram;
  while (!rest.empty()) {
    const std::string_view line = next_line(rest);
    if (line.starts_with('!')) break;
    std::size_t at = 0;
    while (at < line.size()) {
      const bool opens = at > 0 && line[at - 1] == '(' && at + 13 < line.size() && line[at + 13] == ')';
      const std::optional<std::int64_t> time = opens ? parse_tst(line.substr(at, 13)) : std::nullopt;
      if (time) {
        out += p1_timestamp(*time + shift_ms);
        at += 13;
      } else {
        out += line[at++];
      }
    }
    out += "\r\n";
  }
  out += '!';
  fmt::format_to(std::back_inserter(out), "{:04X}\r\n", crc16_arc(std::string_view(out).substr(begin)));
}

}  // namespace wattring::sim
