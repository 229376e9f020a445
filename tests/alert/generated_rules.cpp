// SPDX-License-Identifier: Apache-2.0
#include "tests/alert/generated_rules.hpp"

#include <array>
#include <string>

#include "node/alert/rule_keys.hpp"
#include "node/alert/rule_values.hpp"
#include "node/meter/registers.hpp"

namespace wattring::test {
namespace {

using alert::has_key;
using alert::Rule;
using alert::RuleKind;

std::int64_t draw(Prng& prng, std::int64_t bound) {
  return static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(bound)));
}
std::int64_t quantity(Prng& prng) {
  return prng.chance(0.1) ? draw(prng, alert::kQuantityMax) : draw(prng, 20'000);
}
std::string word(Prng& prng, std::string_view letters, std::size_t length_max) {
  std::string out;
  for (std::size_t i = 1 + prng.below(length_max); i > 0; --i) out += letters[prng.below(letters.size())];
  return out;
}
std::vector<std::string> words(Prng& prng, std::size_t count) {
  std::vector<std::string> out;
  for (; count > 0; --count) out.push_back(word(prng, "abcXYZ019*?-.\"\\ '#=\xC3", 64));
  // A lone lead byte would be no UTF-8.
  for (std::string& each : out)
    for (char& c : each)
      if (c == '\xC3') c = '/';
  return out;
}

/// A register that a rule of the kind can look at.
Register any_register(Prng& prng, RuleKind kind) {
  const auto all = meter::all_registers();
  for (;;) {
    alert::TomlValue value;
    value.kind = alert::TomlValue::Kind::text;
    value.text = format_obis(all[prng.below(all.size())].reg);
    if (const auto reg = alert::as_register(value, kind)) return *reg;
  }
}

void draw_thresholds(Prng& prng, Rule& rule) {
  const RuleKind kind = rule.kind;
  const bool either = kind == RuleKind::threshold || kind == RuleKind::interval_threshold;
  rule.below = either ? prng.chance(0.5) : !has_key(kind, "above");
  if (kind == RuleKind::over_power && prng.chance(0.3)) {
    rule.limit_of_profile = true;
    return;
  }
  rule.fire = quantity(prng);
  // Times are written with at most a thousand years.
  if (alert::measure_of(kind, rule.reg).dimension == meter::Dimension::duration) rule.fire %= kMsPerDay;
  if (either && prng.chance(0.3)) rule.fire = -rule.fire;
  const std::int64_t apart = prng.chance(0.3) ? 0 : draw(prng, 1000);
  rule.clear = std::min(rule.below ? rule.fire + apart : rule.fire - apart, alert::kQuantityMax);
}

void draw_specifics(Prng& prng, Rule& rule) {
  if (has_key(rule.kind, "intervals")) rule.intervals = 1 + static_cast<std::uint32_t>(prng.below(96));
  if (has_key(rule.kind, "of")) rule.of_current = prng.chance(0.5);
  if (has_key(rule.kind, "zone") && prng.chance(0.7))
    rule.zone = prng.chance(0.5) ? "Europe/Brussels" : "Asia/Kathmandu";
  if (rule.kind == RuleKind::peak_projection) {
    rule.peak_floor_w = quantity(prng);
    rule.fire = -quantity(prng);
    rule.clear = rule.fire;
  }
  if (rule.kind != RuleKind::no_data) return;
  rule.after_of_profile = prng.chance(0.4);
  if (!rule.after_of_profile) rule.after_ms = kMsPerSecond + draw(prng, kMsPerDay);
  if (prng.chance(0.5)) rule.group_separator = word(prng, "-_./\"\\", 3);
  rule.group_permille = 1 + static_cast<std::uint32_t>(prng.below(1000));
}

}  // namespace

alert::Rule any_rule(Prng& prng) {
  return any_rule(prng, static_cast<RuleKind>(prng.below(alert::kRuleKindCount)));
}

alert::Rule any_rule(Prng& prng, RuleKind kind) {
  Rule rule;
  rule.name = word(prng, "abcz019-", 48);
  rule.kind = kind;
  rule.severity = static_cast<alert::Severity>(prng.below(3));
  rule.match = words(prng, 1 + prng.below(6));
  rule.exclude = words(prng, prng.below(3));
  if (prng.chance(0.3)) rule.profile = word(prng, "abc-", 10);
  if (prng.chance(0.5)) rule.summary = word(prng, "ab \"\\'#\xE2\x82\xAC", 1) + "\xE2\x82\xAC";
  if (!rule.summary.empty() && static_cast<unsigned char>(rule.summary[0]) >= 0x80) rule.summary.erase(0, 1);
  rule.disabled = prng.chance(0.2);
  rule.notify = prng.chance(0.7);
  rule.effective_ms = draw(prng, 2'000'000'000'000);
  rule.page_within_ms = draw(prng, kMsPerDay);
  if (has_key(kind, "hold")) rule.hold_ms = draw(prng, 7 * kMsPerDay);
  if (has_key(kind, "keep_firing")) rule.keep_firing_ms = draw(prng, kMsPerDay);
  if (has_key(kind, "count")) rule.count_min = 1 + static_cast<std::uint32_t>(prng.below(1000));
  if (has_key(kind, "grace")) rule.grace_ms = draw(prng, kMsPerDay);
  if (has_key(kind, "register") && (kind != RuleKind::rollback || prng.chance(0.5)))
    rule.reg = any_register(prng, kind);
  if (has_key(kind, "clear")) draw_thresholds(prng, rule);
  draw_specifics(prng, rule);
  return rule;
}

alert::Profile any_profile(Prng& prng) {
  alert::Profile profile;
  profile.name = word(prng, "abcz019-", 48);
  profile.match = words(prng, 1 + prng.below(3));
  if (prng.chance(0.5)) profile.connection_limit_w = 1 + quantity(prng);
  if (prng.chance(0.5)) profile.nominal_period_ms = kMsPerSecond + draw(prng, 30 * kMsPerDay);
  for (std::uint64_t i = prng.below(20); i > 0; --i) profile.roster.push_back("M-" + std::to_string(i));
  profile.effective_ms = draw(prng, 2'000'000'000'000);
  return profile;
}

}  // namespace wattring::test
