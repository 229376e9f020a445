// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/time.hpp"
#include "node/sim/capture.hpp"
#include "node/sim/reading.hpp"

namespace wattring::sim {
namespace {

// Position of the first unescaped, unquoted separator at or after `from`.
std::size_t find_bare(std::string_view text, char separator, std::size_t from) {
  bool quoted = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

template <class Visit>
void for_each_pair(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t end = find_bare(list, ',', 0);
    const std::string_view pair = list.substr(0, end);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    const std::size_t equals = find_bare(pair, '=', 0);
    if (equals != std::string_view::npos) visit(pair.substr(0, equals), pair.substr(equals + 1));
  }
}

constexpr std::array<std::pair<std::string_view, unsigned>, 3> kTariffs = {{{"", 0}, {"_t1", 1}, {"_t2", 2}}};

struct EnergyField {
  Register reg;
  int decimals;  ///< of the unit in Wh
};

std::optional<EnergyField> energy_field(std::string_view key) {
  if (const Result<Register> reg = parse_obis(key); reg && is_energy_register(*reg)) return EnergyField{*reg, 0};
  int decimals = 0;
  if (key.ends_with("_kwh")) {
    decimals = 3;
    key.remove_suffix(4);
  } else if (key.ends_with("_wh")) {
    key.remove_suffix(3);
  } else {
    return std::nullopt;
  }
  for (const auto& [suffix, tariff] : kTariffs) {
    if (key == "import" + std::string(suffix)) return EnergyField{obis(1, 0, 1, 8, tariff), decimals};
    if (key == "export" + std::string(suffix)) return EnergyField{obis(1, 0, 2, 8, tariff), decimals};
  }
  return std::nullopt;
}

// Digits with at most `decimals` (3) of them past the point, and an "i" or "u" at the end. Whole Wh or nothing.
std::optional<std::int64_t> parse_wh(std::string_view text, int decimals) {
  if (text.ends_with('i') || text.ends_with('u')) text.remove_suffix(1);
  std::int64_t value = 0;
  int past_point = -1;
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (c == '.' && past_point < 0) {
      past_point = 0;
      continue;
    }
    if (c < '0' || c > '9' || value > 1'000'000'000'000'000) return std::nullopt;
    if (past_point >= decimals) {
      if (c != '0') return std::nullopt;
      continue;
    }
    value = value * 10 + (c - '0');
    if (past_point >= 0) ++past_point;
  }
  for (int i = std::max(past_point, 0); i < decimals; ++i) value *= 10;
  return value;
}

struct LineParts {
  std::string_view series, fields, time;
};
LineParts split_parts(std::string_view line) {
  LineParts parts;
  const std::size_t first = find_bare(line, ' ', 0);
  if (first == std::string_view::npos) return parts;
  const std::size_t second = find_bare(line, ' ', first + 1);
  parts.series = line.substr(0, first);
  parts.fields = line.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
  if (second != std::string_view::npos) parts.time = line.substr(second + 1);
  return parts;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void read_line(CapturedItem& item, Precision precision) {
  const LineParts parts = split_parts(item.bytes);
  const std::optional<std::int64_t> time = parse_time(parts.time);
  if (!time) return;
  // Far outside any accept window otherwise, and too much for the multiplication.
  if (precision.numerator > 1 && *time > (std::int64_t{1} << 62U) / precision.numerator) return;
  item.time_ms = floor_div(*time * precision.numerator, precision.denominator);
  std::string meter;
  for_each_pair(parts.series, [&](std::string_view key, std::string_view value) {
    if (key == "meter") meter = unescape(value);
  });
  if (meter.empty()) return;
  for_each_pair(parts.fields, [&](std::string_view key, std::string_view value) {
    const std::optional<EnergyField> field = energy_field(key);
    const std::optional<std::int64_t> wh = field ? parse_wh(value, field->decimals) : std::nullopt;
    if (wh) item.readings.push_back({meter, field->reg, *item.time_ms, *wh});
  });
}

}  // namespace

std::optional<Precision> parse_precision(std::string_view text) {
  if (text == "ns" || text == "n") return Precision{1, 1'000'000};
  if (text == "us" || text == "u") return Precision{1, 1000};
  if (text == "ms") return Precision{1, 1};
  if (text == "s") return Precision{kMsPerSecond, 1};
  if (text == "m") return Precision{kMsPerMinute, 1};
  if (text == "h") return Precision{kMsPerHour, 1};
  return std::nullopt;
}

std::vector<CapturedItem> split_lines(std::string_view capture, Precision precision) {
  std::vector<CapturedItem> items;
  while (!capture.empty()) {
    const std::size_t end = capture.find('\n');
    std::string_view line = capture.substr(0, end);
    capture.remove_prefix(end == std::string_view::npos ? capture.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    CapturedItem item;
    item.bytes = line;
    read_line(item, precision);
    items.push_back(std::move(item));
  }
  return items;
}

void append_shifted_line(std::string_view line, std::int64_t shift_ms, Precision precision, std::string& out) {
  const LineParts parts = split_parts(line);
  const std::optional<std::int64_t> time = parse_time(parts.time);
  if (!time || shift_ms == 0) {
    out.append(line).append("\n");
    return;
  }
  const std::int64_t moved = *time + shift_ms / precision.numerator * precision.denominator;
  out.append(line.substr(0, line.size() - parts.time.size()));
  fmt::format_to(std::back_inserter(out), "{}\n", moved);
}

}  // namespace wattring::sim
