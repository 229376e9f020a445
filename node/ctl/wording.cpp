// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nearest.hpp"
#include "base/time.hpp"

namespace wattring::ctl {
namespace {

/// Commas between the thousands of the digits before the point.
std::string with_commas(std::string text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  std::size_t at = std::min(text.find('.'), text.size());
  while (at > first + 3) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

constexpr std::array<std::string_view, 5> kByteUnits{"B", "KiB", "MiB", "GiB", "TiB"};

struct DisplayUnit {
  std::string_view base;
  std::string_view shown;
  double divisor;
  int decimals;
};
constexpr std::array<DisplayUnit, 9> kDisplayUnits{{{"Wh", "kWh", 1000, 3},
                                                    {"varh", "kvarh", 1000, 3},
                                                    {"W", "kW", 1000, 3},
                                                    {"var", "kvar", 1000, 3},
                                                    {"VA", "kVA", 1000, 3},
                                                    {"dV", "V", 10, 1},
                                                    {"cA", "A", 100, 2},
                                                    {"mHz", "Hz", 1000, 3},
                                                    {"l", "m3", 1000, 3}}};

constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 7> kAscii{".", "_", "-", "=", "+", "*", "#"};

}  // namespace

std::string grouped(std::int64_t number) {
  return with_commas(fmt::format("{}", number));
}

std::string grouped(double number, int decimals) {
  return with_commas(fmt::format("{:.{}f}", number, decimals));
}

std::string bytes_text(double bytes) {
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kByteUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, kByteUnits[unit]);
}

std::string seconds_text(double seconds) {
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 0.1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  return fmt::format("{:.1f} s", seconds);
}

std::string age_text(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{} h", seconds / kHour);
  return fmt::format("{}d {:02}h", seconds / kDay, seconds % kDay / kHour);
}

std::string plural(std::size_t n, std::string_view what) {
  return fmt::format("{} {}{}", grouped(static_cast<std::int64_t>(n)), what, n == 1 ? "" : "s");
}

std::string time_text(std::string_view rfc3339) {
  const auto time = parse_rfc3339(rfc3339);
  if (!time) return std::string(rfc3339);
  std::string text = format_rfc3339(floor_to(*time, kMsPerSecond));
  if (const std::size_t t = text.find('T'); t != std::string::npos) text[t] = ' ';
  return text;
}

std::string value_text(const Json& value, std::string_view base_unit) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.string();
  for (const DisplayUnit& unit : kDisplayUnits) {
    if (unit.base != base_unit) continue;
    return fmt::format("{} {}", grouped(value.number() / unit.divisor, unit.decimals), unit.shown);
  }
  std::string text = value.is_integer() ? grouped(value.integer()) : fmt::format("{}", value.number());
  // "1" is the unit of what is merely counted.
  if (!base_unit.empty() && base_unit != "1") text += fmt::format(" {}", base_unit);
  return text;
}

std::string weaker_ack(const std::string& a, const std::string& b) {
  static constexpr std::array<std::string_view, 3> kOrder{"SINGLE", "HELD", "DURABLE"};
  const auto rank = [](const std::string& name) { return std::ranges::find(kOrder, name) - kOrder.begin(); };
  return a.empty() || rank(b) < rank(a) ? b : a;
}

std::string nearest_word(std::string_view word, std::span<const std::string> names) {
  const auto found = std::min_element(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  });
  return found == names.end() ? std::string() : *found;
}

std::string sparkline(std::span<const std::optional<double>> values, bool utf8) {
  double low = 0;
  double high = 0;
  bool any = false;
  for (const auto& value : values) {
    if (!value) continue;
    low = any ? std::min(low, *value) : *value;
    high = any ? std::max(high, *value) : *value;
    any = true;
  }
  const std::span<const std::string_view> steps =
      utf8 ? std::span<const std::string_view>(kBlocks) : std::span<const std::string_view>(kAscii);
  std::string out;
  for (const auto& value : values) {
    if (!value) {
      out += ' ';
      continue;
    }
    const double share = high > low ? (*value - low) / (high - low) : 0;
    const auto step = static_cast<std::size_t>(std::lround(share * static_cast<double>(steps.size() - 1)));
    out += steps[std::min(step, steps.size() - 1)];
  }
  return out;
}

}  // namespace wattring::ctl
