// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/alert/troubled_shard.hpp"

// Points that have to wait for the wall clock, and facts that come in any order: at no moment is anything overlooked.

namespace wattring::alert {
namespace {

struct Arrival {
  std::int64_t at_ms;
  Fact fact;
};

/// As they come: soon after their time, at times minutes or hours later; one register may lag behind, and the clock of
/// the meter be ahead.
std::vector<Arrival> arrivals_of(const std::vector<Fact>& facts, Prng& prng) {
  const auto up_to = [&](std::int64_t most_ms) {
    return static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(most_ms)));
  };
  const Register lags = facts[prng.below(facts.size())].reg;
  const std::int64_t lag_ms = prng.chance(0.4) ? up_to(40 * kMsPerMinute) : 0;
  const std::int64_t ahead_ms = prng.chance(0.2) ? up_to(4 * kMsPerMinute) : 0;
  std::vector<Arrival> arrivals;
  for (const Fact& one : facts) {
    std::int64_t at_ms = one.start_ms - ahead_ms + up_to(10'000) + (one.reg == lags ? lag_ms : 0);
    if (prng.chance(0.03)) at_ms += up_to(20 * kMsPerMinute);
    if (prng.chance(0.01)) at_ms += up_to(10 * kMsPerHour);
    arrivals.push_back({at_ms, one});
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at_ms < b.at_ms; });
  return arrivals;
}

/// Daily kinds are looked at within the hour, not at once.
Lines without_days(const Lines& lines) {
  Lines kept;
  for (const std::string& line : lines)
    if (!line.starts_with("drop ") && !line.starts_with("night ")) kept.insert(line);
  return kept;
}

TEST(AlertWatch, AtEachMomentAllIsAsThePageSays) {
  std::size_t found = 0;
  const bool held = rc::check("nothing that is due is overlooked", [&] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    std::vector<Fact> facts = troubled_meter(prng, false);
    // The longer a story, the dearer each look at it.
    const std::int64_t end_ms = kStart + static_cast<std::int64_t>(1 + prng.below(14)) * kMsPerHour;
    std::erase_if(facts, [&](const Fact& one) { return one.start_ms > end_ms; });
    const std::vector<Arrival> arrivals = arrivals_of(facts, prng);
    std::vector<Fact> so_far;
    Shard shard;
    std::int64_t now_ms = 0;
    for (std::size_t next = 0; next < arrivals.size();) {
      now_ms = arrivals[next].at_ms;
      wait_until(shard, now_ms);
      const std::size_t first = so_far.size();
      while (next < arrivals.size() && arrivals[next].at_ms < now_ms + 500) so_far.push_back(arrivals[next++].fact);
      now_ms += 500;
      shard.apply(std::span(so_far).subspan(first));
      shard.work(now_ms);
      if (prng.chance(0.003)) shard.seal(now_ms);
      if (prng.chance(0.003)) {
        shard.crash();
        shard.work(now_ms);
      }
      if (!prng.chance(0.005)) continue;
      const std::int64_t later_ms = next < arrivals.size() ? arrivals[next].at_ms : now_ms + kMsPerHour;
      now_ms += static_cast<std::int64_t>(
          prng.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, later_ms - now_ms))));
      wait_until(shard, now_ms);
      const Lines expected = without_days(all_at_once(so_far, now_ms));
      found += expected.size();
      const std::string wrong = difference(expected, without_days(shown(shard.alerts())));
      if (!wrong.empty()) RC_FAIL("at " + format_rfc3339(now_ms) + ":\n" + wrong);
    }
  });
  EXPECT_TRUE(held);
  EXPECT_GT(found, 100U) << "too little happened";
}

}  // namespace
}  // namespace wattring::alert
