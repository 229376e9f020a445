// SPDX-License-Identifier: Apache-2.0
#include "node/alert/rule_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/limits.hpp"
#include "base/nearest.hpp"
#include "base/time.hpp"
#include "node/meter/zone.hpp"

namespace wattring::alert {
namespace {

using Kind = TomlValue::Kind;

constexpr std::size_t kNameBytesMax = 48;
constexpr std::size_t kPatternsMax = 64;
constexpr std::size_t kRosterMax = 10'000;
constexpr std::size_t kZoneBytesMax = 64;
constexpr std::int64_t kTimeMax = 130LL * 365 * kMsPerDay;  // about 2100: the calendar of zones ends there

Failure refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

/// Patterns and meter ids: 1..64 bytes, no control characters.
bool is_id(const TomlValue& value) {
  return value.kind == Kind::text && !value.text.empty() && value.text.size() <= kMeterIdBytesMax &&
         is_printable(value.text);
}

std::string at(const TomlValue& value) {
  return fmt::format(" (line {}, column {})", value.line, value.column);
}

bool fits(RuleKind kind, const meter::RegisterInfo& info) {
  using meter::Dimension;
  const bool counts = info.kind == meter::Kind::cumulative;
  switch (kind) {
    case RuleKind::threshold:
      return info.kind == meter::Kind::gauge && info.dimension != Dimension::text;
    case RuleKind::increase:
      return counts || info.kind == meter::Kind::gauge;
    case RuleKind::interval_threshold:
      return counts || info.kind == meter::Kind::interval;
    case RuleKind::stuck_register:
      return counts && info.dimension == Dimension::active_energy;
    default:
      return counts;
  }
}

std::string_view wanted(RuleKind kind) {
  switch (kind) {
    case RuleKind::threshold:
      return "a momentary value";
    case RuleKind::increase:
      return "a momentary value or a counter";
    case RuleKind::interval_threshold:
      return "a counter or amounts";
    case RuleKind::stuck_register:
      return "a counter of active energy";
    default:
      return "a counter";
  }
}

const meter::RegisterInfo* find_by_word(std::string_view word) {
  if (const auto named = meter::resolve_register(word)) return named->info;
  for (const meter::RegisterInfo& info : meter::all_registers())
    if (info.name == word) return &info;
  return nullptr;
}

}  // namespace

Result<std::int64_t> as_duration(const TomlValue& value, std::int64_t min_ms, std::int64_t max_ms) {
  if (value.kind == Kind::integer) return refuse("needs a unit, for example \"45m\"");
  const auto read = value.kind == Kind::text ? parse_duration_ms(value.text) : Result<std::int64_t>(Failure(Error{}));
  if (!read) return refuse("is not a duration, for example \"10s\", \"45m\" or \"1h\"");
  if (*read < min_ms) return refuse(fmt::format("is less than the least, \"{}\"", format_duration_ms(min_ms)));
  if (*read > max_ms) return refuse(fmt::format("is more than the most, \"{}\"", format_duration_ms(max_ms)));
  return *read;
}

Result<std::uint32_t> as_count(const TomlValue& value, std::uint32_t min, std::uint32_t max) {
  if (value.kind != Kind::integer || value.number < min || value.number > max)
    return refuse(fmt::format("is not a whole number from {} to {}", min, max));
  return static_cast<std::uint32_t>(value.number);
}

Result<bool> as_bool(const TomlValue& value) {
  if (value.kind != Kind::boolean) return refuse("is neither true nor false");
  return value.number != 0;
}

Result<std::int64_t> as_time(const TomlValue& value) {
  auto read = value.kind == Kind::time   ? Result<std::int64_t>(value.number)
              : value.kind == Kind::text ? parse_rfc3339(value.text)
                                         : Result<std::int64_t>(Failure(Error{}));
  if (!read) return refuse("is not a time with offset, for example 2026-01-31T00:00:00+01:00");
  if (*read < 0 || *read > kTimeMax) return refuse("is not between 1970 and 2099");
  return read;
}

Result<std::string> as_name(const TomlValue& value) {
  const bool plain = std::all_of(value.text.begin(), value.text.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (value.kind != Kind::text || value.text.empty() || value.text.size() > kNameBytesMax || !plain)
    return refuse(fmt::format("is not a name: 1 to {} of a-z, 0-9 and \"-\"", kNameBytesMax));
  return value.text;
}

Result<std::string> as_text(const TomlValue& value, std::size_t bytes_max) {
  if (value.kind != Kind::text || value.text.size() > bytes_max || !is_printable(value.text))
    return refuse(fmt::format("is not a text of at most {} bytes without control characters", bytes_max));
  return value.text;
}

Result<std::vector<std::string>> as_patterns(const TomlValue& value) {
  if (is_id(value)) return std::vector<std::string>{value.text};
  if (value.kind != Kind::list)
    return refuse(fmt::format("is neither a pattern of 1 to {} bytes nor a list of such", kMeterIdBytesMax));
  if (value.items.size() > kPatternsMax) return refuse(fmt::format("has more than {} patterns", kPatternsMax));
  std::vector<std::string> patterns;
  for (const TomlValue& item : value.items) {
    if (!is_id(item))
      return refuse(fmt::format("has something else than a text of 1 to {} bytes", kMeterIdBytesMax) + at(item));
    patterns.push_back(item.text);
  }
  return patterns;
}

Result<std::vector<std::string>> as_roster(const TomlValue& value) {
  if (value.kind != Kind::list) return refuse("is not a list of meter ids");
  if (value.items.size() > kRosterMax) return refuse(fmt::format("has more than {} meters", kRosterMax));
  std::set<std::string_view> seen;
  std::vector<std::string> ids;
  for (const TomlValue& item : value.items) {
    if (!is_id(item) || item.text.front() == ' ' || item.text.back() == ' ')
      return refuse(fmt::format("has something else than an id of 1 to {} bytes", kMeterIdBytesMax) + at(item));
    if (!seen.insert(item.text).second) return refuse(toml_text(item.text) + " is there twice" + at(item));
    ids.push_back(item.text);
  }
  return ids;
}

Result<std::string> as_zone(const TomlValue& value) {
  if (value.kind == Kind::text && value.text.size() <= kZoneBytesMax && meter::Zone::find(value.text))
    return value.text;
  return refuse("is not a time zone that this system knows, for example \"Europe/Brussels\"");
}

Result<Register> as_register(const TomlValue& value, RuleKind kind) {
  if (value.kind != Kind::text) return refuse("is not a register, for example \"voltage_l1\" or \"1-0:32.7.0\"");
  const meter::RegisterInfo* info = find_by_word(value.text);
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const meter::RegisterInfo& known : meter::all_registers()) names.push_back(known.name);
    const auto near = nearest(value.text, names);
    return refuse("is no known register" + (near ? fmt::format(" (did you mean \"{}\"?)", *near) : std::string()));
  }
  if (!fits(kind, *info))
    return refuse(
        fmt::format("is {} ({}); {} needs {}", info->name, format_obis(info->reg), to_string(kind), wanted(kind)));
  return info->reg;
}

}  // namespace wattring::alert
