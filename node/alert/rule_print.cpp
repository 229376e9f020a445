// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <vector>

#include "node/alert/rule_document.hpp"
#include "node/alert/rule_keys.hpp"
#include "node/alert/rule_toml.hpp"
#include "node/alert/rule_values.hpp"

namespace wattring::alert {
namespace {

constexpr std::size_t kListOnOneLine = 4;

std::string list_of(const std::vector<std::string>& texts) {
  const bool wide = texts.size() > kListOnOneLine;
  std::string out = "[";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += wide ? "," : ", ";
    out += (wide ? "\n  " : "") + toml_text(texts[i]);
  }
  return out + (wide ? "\n]" : "]");
}

/// Lines "key = value", for the keys that the kind has.
class Writer {
 public:
  explicit Writer(RuleKind kind) : kind_(kind) {}
  void raw(std::string_view key, std::string_view value) {
    if (has_key(kind_, key)) out += fmt::format("{} = {}\n", key, value);
  }
  void text(std::string_view key, std::string_view value) { raw(key, toml_text(value)); }
  void duration(std::string_view key, std::int64_t ms) { text(key, format_duration_ms(ms)); }
  void truth(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  std::string out = "[[rule]]\n";

 private:
  RuleKind kind_;
};

void write_common(Writer& to, const Rule& rule) {
  to.text("name", rule.name);
  to.text("kind", to_string(rule.kind));
  to.raw("match", list_of(rule.match));
  if (!rule.exclude.empty()) to.raw("exclude", list_of(rule.exclude));
  if (!rule.profile.empty()) to.text("profile", rule.profile);
  to.text("severity", to_string(rule.severity));
  to.raw("effective", format_rfc3339(rule.effective_ms));
  if (!rule.summary.empty()) to.text("summary", rule.summary);
  if (rule.disabled) to.truth("disabled", true);
  to.truth("notify", rule.notify);
  to.duration("page_within", rule.page_within_ms);
}

void write_condition(Writer& to, const Rule& rule) {
  const Measure measure = measure_of(rule.kind, rule.reg);
  if (rule.reg.packed != 0) to.text("register", format_obis(rule.reg));
  if (!rule.limit_of_profile) {
    to.text(rule.below ? "below" : "above", quantity_text(rule.fire, measure));
    to.text("clear", quantity_text(rule.clear, measure));
  }
  to.duration("hold", rule.hold_ms);
  to.duration("keep_firing", rule.keep_firing_ms);
  to.raw("count", fmt::format("{}", rule.count_min));
  to.duration("grace", rule.grace_ms);
  to.raw("intervals", fmt::format("{}", rule.intervals));
  to.text("floor", quantity_text(rule.peak_floor_w, measure));
  to.text("margin", quantity_text(-rule.fire, measure));
  to.text("of", rule.of_current ? "current" : "voltage");
  to.text("zone", rule.zone);
  if (!rule.after_of_profile) to.duration("after", rule.after_ms);
  to.text("group_separator", rule.group_separator);
  to.text("group_share", quantity_text(rule.group_permille, {meter::Dimension::factor, 10}));
}

/// "above 9200W"
std::string condition(const Rule& rule) {
  const Measure measure = measure_of(rule.kind, rule.reg);
  switch (rule.kind) {
    case RuleKind::peak_projection:
      return fmt::format("above the month's peak or {} less {}", quantity_text(rule.peak_floor_w, measure),
                         quantity_text(-rule.fire, measure));
    case RuleKind::rollback:
      return "a register that fell";
    case RuleKind::quarantined:
      return "a reading in quarantine";
    case RuleKind::no_data:
      return "silent for " + (rule.after_of_profile ? "three nominal periods or " : std::string()) +
             format_duration_ms(rule.after_ms);
    default:
      break;
  }
  if (rule.limit_of_profile) return "above the profile's connection_limit";
  return fmt::format("{} {}", rule.below ? "below" : "above", quantity_text(rule.fire, measure));
}

std::string_view subject(const Rule& rule, std::string& buffer) {
  if (rule.reg.packed == 0) return {};
  const meter::RegisterInfo* info = meter::find_register(rule.reg);
  buffer = (info == nullptr ? format_obis(rule.reg) : std::string(info->name)) + " ";
  return buffer;
}

}  // namespace

std::string to_toml(const Rule& rule) {
  Writer to(rule.kind);
  write_common(to, rule);
  write_condition(to, rule);
  return std::move(to.out);
}

std::string to_toml(const Profile& profile) {
  std::string out =
      fmt::format("[[profile]]\nname = {}\nmatch = {}\n", toml_text(profile.name), list_of(profile.match));
  if (profile.connection_limit_w) out += fmt::format("connection_limit = \"{}W\"\n", *profile.connection_limit_w);
  if (profile.nominal_period_ms)
    out += fmt::format("nominal_period = {}\n", toml_text(format_duration_ms(*profile.nominal_period_ms)));
  if (!profile.roster.empty()) out += fmt::format("roster = {}\n", list_of(profile.roster));
  return out + fmt::format("effective = {}\n", format_rfc3339(profile.effective_ms));
}

std::string describe(const Rule& rule) {
  std::string buffer;
  std::string out(subject(rule, buffer));
  out += condition(rule);
  if (rule.kind == RuleKind::interval_threshold)
    out += fmt::format(" over {}", format_duration_ms(std::int64_t{rule.intervals} * 15 * kMsPerMinute));
  if (rule.hold_ms > 0) out += " for " + format_duration_ms(rule.hold_ms);
  if (rule.count_min > 1) out += fmt::format(", {} in a row", rule.count_min);
  if (rule.clear != rule.fire && has_key(rule.kind, "clear"))
    out += ", clears at " + quantity_text(rule.clear, measure_of(rule.kind, rule.reg));
  if (rule.disabled) out += " (disabled)";
  return out;
}

}  // namespace wattring::alert
