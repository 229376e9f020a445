// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "node/alert/rule_keys.hpp"
#include "node/alert/rule_values.hpp"

namespace wattring::alert {
namespace {

constexpr std::size_t kSummaryBytesMax = 200;
constexpr std::size_t kSeparatorBytesMax = 8;
constexpr Register kImport = obis(1, 0, 1, 8, 0);

constexpr std::int64_t kHoldMax = 7 * kMsPerDay;
constexpr std::int64_t kKeepFiringMax = 30 * kMsPerDay;
constexpr std::int64_t kGraceMax = kMsPerDay;
constexpr std::int64_t kPageWithinMax = 365 * kMsPerDay;
constexpr std::int64_t kAfterMax = 365 * kMsPerDay;

auto quantity(const Measure& measure) {
  return [measure](const TomlValue& value) { return as_quantity(value, measure); };
}
auto duration(std::int64_t min_ms, std::int64_t max_ms) {
  return [min_ms, max_ms](const TomlValue& value) { return as_duration(value, min_ms, max_ms); };
}
auto count(std::uint32_t min, std::uint32_t max) {
  return [min, max](const TomlValue& value) { return as_count(value, min, max); };
}
auto text(std::size_t bytes_max) {
  return [bytes_max](const TomlValue& value) { return as_text(value, bytes_max); };
}

Result<Severity> as_severity(const TomlValue& value) {
  if (value.kind == TomlValue::Kind::text)
    if (const auto severity = parse_severity(value.text)) return *severity;
  return fail(ErrorCode::invalid_argument, "is none of \"info\", \"warn\", \"critical\"");
}

Result<RuleKind> as_kind(const TomlValue& value) {
  if (value.kind == TomlValue::Kind::text)
    if (const auto kind = parse_rule_kind(value.text)) return *kind;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kRuleKindCount; ++i) names.push_back(to_string(static_cast<RuleKind>(i)));
  const auto near = nearest(value.text, names);
  return fail(ErrorCode::invalid_argument, near ? fmt::format("is no kind of rule (did you mean \"{}\"?)", *near)
                                                : fmt::format("is no kind of rule: {}", fmt::join(names, ", ")));
}

Result<bool> as_current(const TomlValue& value) {
  if (value.kind == TomlValue::Kind::text && (value.text == "voltage" || value.text == "current"))
    return value.text == "current";
  return fail(ErrorCode::invalid_argument, "is neither \"voltage\" nor \"current\"");
}

void read_peak(Fields& fields, Rule& rule) {
  const Measure power = measure_of(rule.kind, rule.reg);
  std::int64_t margin = 0;
  fields.take("floor", rule.peak_floor_w, quantity(power));
  fields.take("margin", margin, quantity(power));
  if (rule.peak_floor_w < 0) fields.refuse("floor", "is negative");
  if (margin < 0) fields.refuse("margin", "is negative");
  rule.fire = -margin;
  rule.clear = rule.fire;
}

void read_no_data(Fields& fields, Rule& rule) {
  rule.after_of_profile = !fields.has("after");
  fields.take("after", rule.after_ms, duration(kMsPerSecond, kAfterMax));
  fields.take("group_separator", rule.group_separator, text(kSeparatorBytesMax));
  std::int64_t share = rule.group_permille;
  fields.take("group_share", share, quantity({meter::Dimension::factor, 10}));
  if (share < 1 || share > 1000) return fields.refuse("group_share", "is not between 0.1% and 100%");
  rule.group_permille = static_cast<std::uint32_t>(share);
}

void read_register(Fields& fields, Rule& rule) {
  if (!has_key(rule.kind, "register")) return;
  if (rule.kind == RuleKind::stuck_register) rule.reg = kImport;
  const bool optional = rule.kind == RuleKind::stuck_register || rule.kind == RuleKind::rollback;
  if (!fields.has("register") && !optional)
    return fields.refuse_table(fmt::format("this {} has no register", to_string(rule.kind)));
  fields.take("register", rule.reg, [&rule](const TomlValue& value) { return as_register(value, rule.kind); });
}

void read_common(Fields& fields, Rule& rule) {
  if (!fields.has("name")) fields.refuse_table("this [[rule]] has no name");
  fields.take("name", rule.name, as_name);
  fields.take("match", rule.match, as_patterns);
  fields.take("exclude", rule.exclude, as_patterns);
  if (rule.match.empty()) fields.refuse("match", "is empty: the rule would be for no meter");
  fields.take("profile", rule.profile, as_name);
  fields.take("severity", rule.severity, as_severity);
  fields.take("effective", rule.effective_ms, as_time);
  fields.take("summary", rule.summary, text(kSummaryBytesMax));
  fields.take("disabled", rule.disabled, as_bool);
  fields.take("notify", rule.notify, as_bool);
  fields.take("page_within", rule.page_within_ms, duration(0, kPageWithinMax));
  fields.take("hold", rule.hold_ms, duration(0, kHoldMax));
  fields.take("keep_firing", rule.keep_firing_ms, duration(0, kKeepFiringMax));
  fields.take("count", rule.count_min, count(1, 1000));
  fields.take("grace", rule.grace_ms, duration(0, kGraceMax));
  fields.take("intervals", rule.intervals, count(1, 96));
  fields.take("of", rule.of_current, as_current);
  fields.take("zone", rule.zone, as_zone);
}

/// A rule of the kind before the document has spoken; thresholds come later.
Rule usual_rule(RuleKind kind, std::int64_t now_ms) {
  Rule rule;
  rule.kind = kind;
  rule.match = {"*"};
  rule.effective_ms = now_ms;
  if (kind == RuleKind::over_power || kind == RuleKind::reverse_flow) rule.hold_ms = kMsPerMinute;
  if (has_key(kind, "nominal")) rule.hold_ms = 10 * kMsPerSecond;
  if (kind == RuleKind::night_baseline) rule.count_min = 3;
  if (is_daily_kind(kind)) rule.page_within_ms = kMsPerDay;
  return rule;
}

bool check_keys(Fields& fields, std::optional<RuleKind> kind, std::vector<DocumentError>& errors) {
  for (const TomlEntry& entry : fields.table().entries)
    if (std::string wrong = wrong_rule_key(kind, entry.key); !wrong.empty())
      errors.push_back({entry.line, entry.column, std::move(wrong)});
  return fields.good();
}

}  // namespace

std::optional<Rule> read_rule(const TomlTable& table, std::int64_t now_ms, std::vector<DocumentError>& errors) {
  Fields fields(table, errors);
  if (!fields.has("kind")) fields.refuse_table("this [[rule]] has no kind");
  const auto kind = fields.get("kind", as_kind);
  const bool known_keys = check_keys(fields, kind, errors);
  Rule rule = usual_rule(kind.value_or(RuleKind::threshold), now_ms);
  read_common(fields, rule);
  if (!kind) return std::nullopt;
  read_register(fields, rule);
  // A threshold without its register has no unit, and a misspelt key would be told twice.
  const bool measurable =
      known_keys && (!has_key(*kind, "register") || rule.reg.packed != 0 || *kind == RuleKind::rollback);
  if (has_key(*kind, "clear") && measurable) read_thresholds(fields, rule);
  if (*kind == RuleKind::peak_projection) read_peak(fields, rule);
  if (*kind == RuleKind::no_data) read_no_data(fields, rule);
  if (!fields.good()) return std::nullopt;
  return rule;
}

std::optional<Profile> read_profile(const TomlTable& table, std::int64_t now_ms, std::vector<DocumentError>& errors) {
  Fields fields(table, errors);
  for (const TomlEntry& entry : table.entries)
    if (std::string wrong = wrong_profile_key(entry.key); !wrong.empty())
      errors.push_back({entry.line, entry.column, std::move(wrong)});
  Profile profile;
  profile.effective_ms = now_ms;
  for (const char* required : {"name", "match"})
    if (!fields.has(required)) fields.refuse_table(fmt::format("this [[profile]] has no {}", required));
  fields.take("name", profile.name, as_name);
  fields.take("match", profile.match, as_patterns);
  if (fields.good() && profile.match.empty()) fields.refuse("match", "is empty: the profile would be of no meter");
  profile.connection_limit_w = fields.get("connection_limit", quantity({meter::Dimension::active_power}));
  if (profile.connection_limit_w && *profile.connection_limit_w < 1)
    fields.refuse("connection_limit", "is less than the least, \"1W\"");
  profile.nominal_period_ms = fields.get("nominal_period", duration(kMsPerSecond, 32 * kMsPerDay));
  fields.take("roster", profile.roster, as_roster);
  fields.take("effective", profile.effective_ms, as_time);
  if (!fields.good()) return std::nullopt;
  return profile;
}

}  // namespace wattring::alert
