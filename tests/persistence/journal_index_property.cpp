// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <tuple>
#include <vector>

#include "persistence/journal_index.hpp"
#include "tests/persistence/sample_records.hpp"

namespace wattring::persistence {
namespace {

using Key = std::tuple<std::uint16_t, std::uint8_t, std::uint64_t>;

/// The same without a plan.
class Plain {
 public:
  void add(Lsn lsn, const Key& key) { places_[key] = lsn; }
  void drop_before(Lsn upto) {
    std::erase_if(places_, [upto](const auto& place) { return place.second < upto; });
  }
  std::vector<JournalIndex::Place> between(std::uint16_t shard, std::uint8_t stream, std::uint64_t first,
                                           std::uint64_t last) const {
    std::vector<JournalIndex::Place> found;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence)
      if (const auto at = places_.find({shard, stream, sequence}); at != places_.end())
        found.push_back({at->second, Sequence{sequence}});
    return found;
  }
  std::size_t size() const { return places_.size(); }

 private:
  std::map<Key, Lsn> places_;
};

// Streams with gaps that are filled later, entries that come again, truncation in between.
TEST(JournalIndexProperty, KnowsTheNewestPlaceOfEachEntry) {
  EXPECT_TRUE(rc::check([] {
    JournalIndex index;
    Plain plain;
    std::uint64_t lsn = 1;
    const auto steps = *rc::gen::inRange(1, 120);
    for (int step = 0; step < steps; ++step) {
      lsn += *rc::gen::inRange<std::uint64_t>(0, 2);
      if (*rc::gen::inRange(0, 10) == 0) {
        const Lsn upto{*rc::gen::inRange<std::uint64_t>(0, lsn + 2)};
        index.drop_before(upto);
        plain.drop_before(upto);
      } else {
        const auto shard = *rc::gen::inRange<std::uint16_t>(0, 3);
        const auto stream = *rc::gen::inRange<std::uint8_t>(0, 3);
        const auto sequence = *rc::gen::inRange<std::uint64_t>(1, 25);
        index.add(Lsn{lsn}, ShardId{shard}, test::writer(stream), Sequence{sequence});
        plain.add(Lsn{lsn}, {shard, stream, sequence});
      }
      RC_ASSERT(index.size() == plain.size());
    }
    for (std::uint16_t shard = 0; shard < 4; ++shard) {
      for (std::uint8_t stream = 0; stream < 4; ++stream) {
        const auto first = *rc::gen::inRange<std::uint64_t>(1, 25);
        const auto last = *rc::gen::inRange<std::uint64_t>(0, 30);
        std::vector<JournalIndex::Place> found;
        index.visit(ShardId{shard}, test::writer(stream), Sequence{first}, Sequence{last},
                    [&](const auto& place) { found.push_back(place); });
        RC_ASSERT(found == plain.between(shard, stream, first, last));
      }
    }
  }));
}

}  // namespace
}  // namespace wattring::persistence
