// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "persistence/chunk_codec.hpp"
#include "tests/meter/facts.hpp"
#include "tests/meter/generated_series.hpp"

namespace wattring::persistence {
namespace {

using test::any_fact;
using test::chunk_of;
using test::kImport;
using test::shuffled;

constexpr std::size_t kMany = 100'000;

std::vector<Fact> any_facts(Prng& prng, Register reg = kImport) {
  std::vector<Fact> facts(prng.below(120));
  for (Fact& fact : facts) fact = any_fact(prng, reg);
  return facts;
}

/// The set a chunk stands for, made the slow way.
SeriesChunk model_of(std::vector<Fact> facts) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Fact>> by_key;
  for (const Fact& fact : facts) {
    std::vector<Fact>& rivals = by_key[{fact.start_ms, fact.end_ms}];
    const auto same =
        std::find_if(rivals.begin(), rivals.end(), [&](const Fact& each) { return same_identity(each, fact); });
    if (same == rivals.end())
      rivals.push_back(fact);
    else
      same->flags |= fact.flags;
  }
  SeriesChunk chunk;
  for (auto& [key, rivals] : by_key) {
    std::sort(rivals.begin(), rivals.end(),
              [](const Fact& a, const Fact& b) { return compare_for_conflict(a, b) > 0; });
    rivals.resize(std::min(rivals.size(), kLosersPerKey + 1));
    chunk.winners.push_back(rivals.front());
    chunk.losers.insert(chunk.losers.end(), rivals.begin() + 1, rivals.end());
  }
  return chunk;
}

TEST(SeriesProperty, MergeIsTheUnionWhateverTheOrderRepeatsAndPortions) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    const std::vector<Fact> facts = any_facts(prng);
    const SeriesChunk expected = model_of(facts);
    RC_ASSERT(well_formed(expected));
    const std::vector<Fact> again = shuffled(facts, prng);
    SeriesChunk chunk;
    MergeStats total;
    for (std::size_t i = 0; i < again.size();) {
      const std::size_t portion = std::min<std::size_t>(1 + prng.below(30), again.size() - i);
      const SeriesChunk before = chunk;
      const MergeStats stats = merge(chunk, std::span<const Fact>(again).subspan(i, portion));
      RC_ASSERT(stats.added + stats.duplicates + stats.conflicts == portion);
      RC_ASSERT(stats.changed == (chunk != before));
      total.added += stats.added;
      i += portion;
    }
    RC_ASSERT(chunk == expected);
    RC_ASSERT(total.added == expected.winners.size());
    RC_ASSERT(encode_chunk(chunk) == encode_chunk(expected));
  }));
}

TEST(SeriesProperty, MergeOfChunksIsCommutativeAssociativeAndIdempotent) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    const SeriesChunk a = chunk_of(any_facts(prng));
    const SeriesChunk b = chunk_of(any_facts(prng));
    const SeriesChunk c = chunk_of(any_facts(prng));
    const auto joined = [](SeriesChunk left, const SeriesChunk& right) {
      merge(left, right);
      return left;
    };
    RC_ASSERT(joined(a, b) == joined(b, a));
    RC_ASSERT(joined(joined(a, b), c) == joined(a, joined(b, c)));
    SeriesChunk twice = a;
    RC_ASSERT(!merge(twice, a).changed);
    RC_ASSERT(twice == a);
  }));
}

TEST(SeriesProperty, ARoundTripKeepsEveryBit) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    const SeriesChunk chunk = chunk_of(any_facts(prng, Register{prng.next() >> 16U}));
    const Result<SeriesChunk> decoded = decode_chunk(encode_chunk(chunk), chunk.size());
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == chunk);
  }));
}

TEST(SeriesProperty, DamagedBytesGiveAnErrorOrAWellFormedChunk) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    std::string bytes = encode_chunk(chunk_of(any_facts(prng)));
    for (std::uint64_t mutations = 1 + prng.below(4); mutations > 0; --mutations) {
      const std::size_t at = prng.below(bytes.size());
      if (prng.chance(0.2))
        bytes.resize(at + 1);
      else if (prng.chance(0.2))
        bytes.insert(at, 1, static_cast<char>(prng.next()));
      else
        bytes[at] = static_cast<char>(prng.next());
    }
    const std::size_t facts_max = prng.below(200);
    const Result<SeriesChunk> decoded = decode_chunk(bytes, facts_max);
    if (!decoded) return;  // refused, as it should be
    RC_ASSERT(decoded->size() <= facts_max);
    RC_ASSERT(well_formed(*decoded));
    RC_ASSERT(decode_chunk(encode_chunk(*decoded), kMany).value() == *decoded);
  }));
}

TEST(SeriesProperty, PartitionLosesNothingAndItsPartsJoinAgain) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    std::vector<Fact> facts = any_facts(prng);
    for (Fact& fact : facts)
      fact.start_ms = test::kDay0 + static_cast<std::int64_t>(static_cast<std::uint64_t>(fact.start_ms) % kMsPerDay);
    const SeriesChunk day = chunk_of(facts);
    const std::size_t target = 1 + prng.below(12);
    SeriesChunk joined;
    std::int64_t previous_part = -1;
    for (const auto& [part, chunk] : partition(SeriesChunk(day), target)) {
      RC_ASSERT(std::int64_t{part} > previous_part);
      RC_ASSERT(well_formed(chunk));
      RC_ASSERT(!chunk.empty());
      RC_ASSERT(chunk.winners.front().start_ms >= test::kDay0 + part);
      RC_ASSERT(chunk.winners.size() <= target || chunk.winners.front().start_ms == chunk.winners.back().start_ms);
      if (previous_part >= 0) RC_ASSERT(joined.winners.back().start_ms < test::kDay0 + part);
      previous_part = part;
      merge(joined, chunk);
    }
    RC_ASSERT(joined == day);
  }));
}

}  // namespace
}  // namespace wattring::persistence
