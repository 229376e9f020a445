// SPDX-License-Identifier: Apache-2.0
#include "tests/alert/generated_meter.hpp"

#include <array>
#include <limits>

#include "base/time.hpp"
#include "node/meter/registers.hpp"

namespace wattring::test {
namespace {

using alert::Rule;
using alert::RuleKind;

/// 2026-03-29T00:00:00Z, a Sunday; at 01:00Z the clocks of Brussels go forward. The month ends two days later.
constexpr std::int64_t kSpring = 1'774'742'400'000;

std::int64_t draw(Prng& prng, std::int64_t bound) {
  return static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(bound)));
}

Rule rule_for_scene(Prng& prng, RuleKind kind) {
  Rule rule;
  rule.kind = kind;
  rule.name = "r";
  rule.match = {"*"};
  rule.zone = prng.chance(0.8) ? "Europe/Brussels" : "Asia/Kathmandu";
  rule.intervals = 1 + static_cast<std::uint32_t>(prng.below(6));
  rule.of_current = prng.chance(0.5);
  rule.fire = draw(prng, 2000);
  rule.clear = rule.fire - draw(prng, 50);
  rule.grace_ms = draw(prng, kMsPerHour);
  if (kind == RuleKind::threshold) rule.reg = obis(1, 0, 14, 7, 0);
  if (kind == RuleKind::increase) rule.reg = prng.chance(0.5) ? obis(0, 0, 96, 7, 21) : obis(1, 0, 1, 7, 0);
  if (kind == RuleKind::interval_threshold) rule.reg = prng.chance(0.7) ? obis(1, 0, 1, 8, 0) : obis(1, 0, 1, 29, 0);
  if (kind == RuleKind::stuck_register) rule.reg = obis(1, 0, 1, 8, 0);
  return rule;
}

Fact fact_at(Register reg, std::int64_t at_ms, std::int64_t value) {
  Fact fact;
  fact.reg = reg;
  fact.start_ms = at_ms;
  fact.end_ms = at_ms;
  fact.value = value;
  return fact;
}

/// Readings of one register over the scene, some of them odd.
class Life {
 public:
  Life(Prng& prng, Scene& scene, Register reg, std::int64_t period_ms) : prng_(prng), scene_(scene), reg_(reg) {
    const meter::RegisterInfo* info = meter::find_register(reg);
    const std::int64_t still = prng.chance(0.3) ? 1 : 0;
    std::int64_t value = info->kind == meter::Kind::cumulative ? 10'000 + draw(prng, 90'000) : draw(prng, 3000);
    for (std::int64_t t = scene.from_ms + draw(prng, period_ms); t < scene.to_ms; t += period_ms) {
      if (info->kind == meter::Kind::cumulative) {
        value = still != 0 && prng.chance(0.9) ? value : value + draw(prng, 400);
      } else {
        value = draw(prng, 3000);
      }
      read(t, value, period_ms, info->kind == meter::Kind::interval);
      if (prng.chance(0.01)) t += draw(prng, 30) * period_ms;
      if (prng.chance(0.02)) t += draw(prng, period_ms);
    }
  }

 private:
  void read(std::int64_t t, std::int64_t& value, std::int64_t period_ms, bool amounts) {
    Fact fact = fact_at(reg_, t, value);
    if (amounts && prng_.chance(0.95)) fact.end_ms += period_ms;
    if (prng_.chance(0.02)) fact.value = draw(prng_, 120'000);
    if (prng_.chance(0.01)) fact.value = 0;
    if (prng_.chance(0.005)) value = draw(prng_, value + 1);
    if (prng_.chance(0.01)) fact.quality = Quality::missing;
    if (prng_.chance(0.003)) fact.value = static_cast<std::int64_t>(prng_.next());
    scene_.meter.add(fact);
    if (!prng_.chance(0.01)) return;
    fact.value += 17;
    fact.quality = Quality::edited;
    scene_.meter.add(fact);
  }
  Prng& prng_;
  Scene& scene_;
  const Register reg_;
};

}  // namespace

Scene any_scene(Prng& prng, RuleKind kind) {
  Scene scene;
  scene.rule = rule_for_scene(prng, kind);
  const bool daily = is_daily_kind(kind);
  const std::int64_t quarter_ms = 15 * kMsPerMinute;
  const std::int64_t period_ms = daily ? quarter_ms
                                       : std::array<std::int64_t, 5>{kMsPerMinute, 3 * kMsPerMinute, 5 * kMsPerMinute,
                                                                     quarter_ms, kMsPerHour}[prng.below(5)];
  const std::int64_t span_ms = daily ? 34 * kMsPerDay : std::min(200 * period_ms, 5 * kMsPerDay);
  scene.from_ms = kSpring + (daily ? -31 * kMsPerDay : draw(prng, 4 * kMsPerDay)) + draw(prng, quarter_ms);
  scene.to_ms = scene.from_ms + span_ms;
  scene.now_ms = scene.to_ms + kMsPerDay;
  if (prng.chance(0.2)) scene.now_ms = scene.to_ms - draw(prng, span_ms / 2);
  const bool has_total = prng.chance(0.7);
  for (const Register reg : inputs_of(scene.rule)) {
    if (daily && has_total && reg != obis(1, 0, 1, 8, 0)) continue;
    if (daily && !has_total && reg == obis(1, 0, 1, 8, 0)) continue;
    if (!daily && prng.chance(0.05)) continue;
    Life(prng, scene, reg, prng.chance(0.8) ? period_ms : 2 * period_ms);
  }
  return scene;
}

Fact another_fact(Prng& prng, Scene& scene, Register reg) {
  const auto& winners = scene.meter.winners(reg);
  const Fact& near = winners[prng.below(winners.size())];
  Fact fact = near;
  if (prng.chance(0.6)) fact.start_ms += draw(prng, 4 * kMsPerHour) - 2 * kMsPerHour;
  if (prng.chance(0.2)) fact.start_ms = scene.from_ms + draw(prng, scene.to_ms - scene.from_ms);
  fact.end_ms = fact.start_ms + (near.end_ms - near.start_ms);
  fact.value = prng.chance(0.5) ? near.value + draw(prng, 100) - 50 : draw(prng, 120'000);
  if (prng.chance(0.05)) fact.value = std::numeric_limits<std::int64_t>::max();
  fact.quality = prng.chance(0.8) ? Quality::edited : Quality::missing;
  fact.revision = 1;
  return fact;
}

}  // namespace wattring::test
