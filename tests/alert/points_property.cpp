// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>

#include "base/time.hpp"
#include "node/alert/points.hpp"
#include "tests/alert/generated_meter.hpp"

namespace wattring::alert {
namespace {

using test::Scene;

std::string shown(const Point& point) {
  return format_rfc3339(point.at_ms) + " " + std::to_string(point.x) + " phase " + std::to_string(point.phase);
}

std::vector<Point> all_points(Scene& scene) {
  return *derive_points(scene.rule, scene.meter, scene.from_ms, scene.to_ms + kMsPerDay, scene.now_ms);
}

/// What a property says of scenes of every kind, a few of each for each draw. Fails when no scene had a point.
template <class Property>
bool holds_for_scenes(const Property& property) {
  std::array<std::size_t, kRuleKindCount> points{};
  const bool holds = rc::check([&](std::uint64_t seed) {
    Prng prng(seed);
    for (std::size_t i = 0; i < kRuleKindCount; ++i) {
      Scene scene = test::any_scene(prng, static_cast<RuleKind>(i));
      points[i] += all_points(scene).size();
      property(prng, scene);
    }
  });
  for (std::size_t i = 0; i < kRuleKindCount; ++i) {
    const auto kind = static_cast<RuleKind>(i);
    const bool without = kind == RuleKind::no_data || kind == RuleKind::quarantined;
    EXPECT_EQ(points[i] == 0, without) << to_string(kind);
  }
  return holds;
}

TEST(PointsProperty, CuttingARangeChangesNothing) {
  EXPECT_TRUE(holds_for_scenes([](Prng& prng, Scene& scene) {
    const std::int64_t end_ms = scene.to_ms + kMsPerDay;
    std::vector<std::int64_t> cuts{scene.from_ms, end_ms};
    const auto whole = all_points(scene);
    for (std::uint64_t i = prng.below(6); i > 0; --i)
      cuts.push_back(prng.chance(0.5) || whole.empty()
                         ? scene.from_ms +
                               static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(end_ms - scene.from_ms)))
                         : whole[prng.below(whole.size())].at_ms);
    std::sort(cuts.begin(), cuts.end());
    std::vector<Point> joined;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const auto part = derive_points(scene.rule, scene.meter, cuts[i], cuts[i + 1], scene.now_ms);
      joined.insert(joined.end(), part->begin(), part->end());
    }
    if (joined != whole) RC_FAIL(std::string(to_string(scene.rule.kind)));
  }));
}

TEST(PointsProperty, PointsAscendAndWindowsWaitForTheirGrace) {
  EXPECT_TRUE(holds_for_scenes([](Prng&, Scene& scene) {
    const auto points = all_points(scene);
    for (std::size_t i = 0; i < points.size(); ++i) {
      RC_ASSERT(!(points[i].fires && points[i].clears));
      if (is_window_kind(scene.rule.kind)) RC_ASSERT(points[i].at_ms + scene.rule.grace_ms <= scene.now_ms);
      if (i == 0) continue;
      const Point& last = points[i - 1];
      RC_ASSERT(last.at_ms < points[i].at_ms || (last.at_ms == points[i].at_ms && last.phase <= points[i].phase));
    }
  }));
}

/// The way from t over the readings that decide about falls, as the contract of Reach says; times ascending from t on.
std::int64_t gap(const std::vector<std::int64_t>& distances) {
  std::size_t passed = 0;  // readings on the way
  std::int64_t way_ms = 0;
  for (int hop = 0; hop < 2; ++hop) {
    const std::int64_t least_ms = way_ms + 10 * kMsPerMinute;
    const std::size_t least = passed + 5;
    while (passed < distances.size() && (passed < least || distances[passed] <= least_ms)) ++passed;
    if (passed > 0) way_ms = distances[passed - 1];
  }
  return passed < distances.size() ? distances[passed] : way_ms;
}

/// Where points may change when a fact of the register changes at t.
Reach reach_at(Scene& scene, Register reg, std::int64_t t_ms) {
  Reach reach = reach_of(scene.rule, reg);
  const bool gauge = reg.group(3) == 7 && reg.group(2) != 96 && scene.rule.kind != RuleKind::increase;
  if (gauge || reg == obis(1, 0, 1, 4, 0) || reg == obis(1, 0, 1, 6, 0)) return reach;
  std::vector<std::int64_t> back;
  std::vector<std::int64_t> ahead;
  for (const Fact& fact : scene.meter.winners(reg)) {
    if (!is_momentary(fact)) continue;
    if (fact.start_ms < t_ms) back.insert(back.begin(), t_ms - fact.start_ms);
    if (fact.start_ms > t_ms) ahead.push_back(fact.start_ms - t_ms);
  }
  return {reach.back_ms + gap(back), reach.ahead_ms + gap(ahead)};
}

std::vector<Point> outside(std::vector<Point> points, std::int64_t from_ms, std::int64_t to_ms) {
  std::erase_if(points, [&](const Point& point) { return point.at_ms >= from_ms && point.at_ms <= to_ms; });
  return points;
}

TEST(PointsProperty, AFactChangesPointsWithinTheReachOnly) {
  std::size_t changed = 0;
  EXPECT_TRUE(holds_for_scenes([&](Prng& prng, Scene& scene) {
    for (const Register reg : inputs_of(scene.rule)) {
      if (!scene.meter.has(reg)) continue;
      const auto before = all_points(scene);
      const Fact fact = test::another_fact(prng, scene, reg);
      const Reach reach = reach_at(scene, reg, fact.start_ms);
      scene.meter.add(fact);
      const auto after = all_points(scene);
      changed += before == after ? 0 : 1;
      const std::int64_t from_ms = fact.start_ms - reach.back_ms;
      const std::int64_t to_ms = fact.start_ms + reach.ahead_ms;
      const auto expected = outside(before, from_ms, to_ms);
      const auto actual = outside(after, from_ms, to_ms);
      if (expected != actual) {
        const auto differ = std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
        RC_FAIL(std::string(to_string(scene.rule.kind)) + " " + format_obis(reg) + " at " +
                format_rfc3339(fact.start_ms) + " reaches " + format_rfc3339(from_ms) + " .. " + format_rfc3339(to_ms) +
                " but " + (differ.first == expected.end() ? "" : shown(*differ.first)) + " became " +
                (differ.second == actual.end() ? "" : shown(*differ.second)));
      }
    }
  }));
  EXPECT_GT(changed, 100U);
}

}  // namespace
}  // namespace wattring::alert
