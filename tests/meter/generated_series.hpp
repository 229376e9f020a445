// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <vector>

#include "base/fact.hpp"
#include "base/prng.hpp"
#include "node/meter/intervals.hpp"
#include "persistence/series_chunk.hpp"

/// Series with everything that goes wrong, drawn from a seed.

namespace wattring::test {

/// Whether a property holds for a few thousand draws; a failure names the seed (RC_PARAMS="seed=..." repeats the run).
template <class Property>
bool holds_for_seeds(const Property& property) {
  return rc::check([&](std::uint64_t seed) {
    Prng seeds(seed);
    for (int i = 0; i < 30; ++i) {
      Prng prng = seeds.fork();
      property(prng);
    }
  });
}

struct GeneratedSeries {
  std::vector<Fact> facts;  ///< in order of time, with repeats and conflicts
  std::vector<std::int64_t> exchange_times_ms;
  meter::FoldOptions options;
  std::int64_t from_ms = 0;  ///< a range around all of it
  std::int64_t to_ms = 0;
};

/// A register that behaves, with late data and gaps only: it never falls.
GeneratedSeries honest_register(Prng& prng);
/// A register with gaps, glitches, rollovers, resets, dips, exchanges, conflicts, repeats, null and period readings.
GeneratedSeries troubled_register(Prng& prng);
/// Few times, few values: every rule meets every other.
GeneratedSeries wild_register(Prng& prng);
/// Dips with spikes in them, one after the other: what is near decides, and there is as much of it as can be.
GeneratedSeries spiky_register(Prng& prng);
/// Gauge or amounts, with overlaps.
GeneratedSeries any_kind(Prng& prng);
/// One of all the above.
GeneratedSeries any_series(Prng& prng);

/// Any fact at all, from few keys so that they meet.
Fact any_fact(Prng& prng, Register reg);

/// Fails the property with the first two intervals that differ.
void assert_same(const std::vector<meter::Interval>& expected, const std::vector<meter::Interval>& actual);

persistence::SeriesChunk chunk_of(const std::vector<Fact>& facts);
/// The same facts in another order, some of them repeated.
std::vector<Fact> shuffled(std::vector<Fact> facts, Prng& prng);

}  // namespace wattring::test
