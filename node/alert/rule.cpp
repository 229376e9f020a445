// SPDX-License-Identifier: Apache-2.0
#include "node/alert/rule.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "node/meter/wide.hpp"

namespace wattring::alert {
namespace {

enum class Pace : std::uint8_t { monotone, window, daily };
struct KindRow {
  RuleKind kind;
  std::string_view name;
  Pace pace;
};
constexpr std::array<KindRow, kRuleKindCount> kKinds{{
    {RuleKind::threshold, "threshold", Pace::monotone},
    {RuleKind::over_power, "over_power", Pace::monotone},
    {RuleKind::reverse_flow, "reverse_flow", Pace::monotone},
    {RuleKind::voltage_sag, "voltage_sag", Pace::monotone},
    {RuleKind::voltage_swell, "voltage_swell", Pace::monotone},
    {RuleKind::missing_phase, "missing_phase", Pace::monotone},
    {RuleKind::clock_drift, "clock_drift", Pace::monotone},
    {RuleKind::bad_frames, "bad_frames", Pace::monotone},
    {RuleKind::increase, "increase", Pace::monotone},
    {RuleKind::peak_projection, "peak_projection", Pace::monotone},
    {RuleKind::interval_threshold, "interval_threshold", Pace::window},
    {RuleKind::imbalance, "imbalance", Pace::window},
    {RuleKind::night_baseline, "night_baseline", Pace::daily},
    {RuleKind::sudden_drop, "sudden_drop", Pace::daily},
    {RuleKind::rollback, "rollback", Pace::window},
    {RuleKind::stuck_register, "stuck_register", Pace::window},
    {RuleKind::quarantined, "quarantined", Pace::monotone},
    {RuleKind::no_data, "no_data", Pace::monotone},
}};
constexpr bool kinds_are_in_order() {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  return true;
}
static_assert(kinds_are_in_order());

const KindRow& row_of(RuleKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  WATTRING_CHECK(index < kKinds.size());
  return kKinds[index];
}

constexpr std::array<std::string_view, 3> kSeverities{"info", "warn", "critical"};

// Share of its connection limit at which a meter's over_power clears.
constexpr std::int64_t kClearPercent = 95;
constexpr std::int64_t kSilentPeriods = 3;
constexpr std::int64_t kSilentMsMin = 5 * kMsPerMinute;

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [text](const std::string& pattern) { return matches_pattern(pattern, text); });
}

}  // namespace

std::string_view to_string(Severity severity) {
  return kSeverities.at(static_cast<std::size_t>(severity));
}

std::optional<Severity> parse_severity(std::string_view text) {
  const auto found = std::find(kSeverities.begin(), kSeverities.end(), text);
  if (found == kSeverities.end()) return std::nullopt;
  return static_cast<Severity>(found - kSeverities.begin());
}

std::string_view to_string(RuleKind kind) {
  return row_of(kind).name;
}

std::optional<RuleKind> parse_rule_kind(std::string_view text) {
  for (const KindRow& row : kKinds)
    if (row.name == text) return row.kind;
  return std::nullopt;
}

bool is_window_kind(RuleKind kind) {
  return row_of(kind).pace != Pace::monotone;
}

bool is_daily_kind(RuleKind kind) {
  return row_of(kind).pace == Pace::daily;
}

std::int64_t gap_limit_ms(const Rule& rule) {
  if (is_daily_kind(rule.kind)) return 26 * kMsPerHour;
  const bool wide = rule.kind == RuleKind::interval_threshold || rule.kind == RuleKind::imbalance;
  return std::max(wide ? kMsPerHour : 15 * kMsPerMinute, rule.hold_ms);
}

std::optional<Rule> rule_for(const Rule& rule, const Profile* profile) {
  Rule settled = rule;
  if (rule.limit_of_profile) {
    if (profile == nullptr || !profile->connection_limit_w) return std::nullopt;
    settled.limit_of_profile = false;
    settled.fire = *profile->connection_limit_w;
    settled.clear = static_cast<std::int64_t>(meter::floor_div_wide(meter::Wide{settled.fire} * kClearPercent, 100));
  }
  if (rule.after_of_profile) {
    settled.after_of_profile = false;
    if (profile != nullptr && profile->nominal_period_ms)
      settled.after_ms = std::max(kSilentMsMin, kSilentPeriods * *profile->nominal_period_ms);
  }
  return settled;
}

bool is_for_meter(const Rule& rule, std::string_view meter) {
  return any_matches(rule.match, meter) && !any_matches(rule.exclude, meter);
}

bool covers(const Silence& silence, std::string_view rule, std::string_view meter, std::int64_t now_ms) {
  return now_ms >= silence.from_ms && now_ms < silence.until_ms && matches_pattern(silence.rule, rule) &&
         matches_pattern(silence.meter, meter);
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last * met; an earlier one never has to take more
  std::size_t taken = 0;                      // where the text goes on behind what that * took
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace wattring::alert
