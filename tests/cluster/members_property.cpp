// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "cluster/member_table.hpp"
#include "cluster/overlay.hpp"
#include "tests/cluster/any_message.hpp"

namespace wattring::cluster {
namespace {

NodeId any_id(Prng& prng) {
  NodeId id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(prng.next());
  return id;
}

/// Sayings about one member that differ in few things, so that every rule of the order decides now and then.
Record any_saying(const NodeId& id, Prng& prng) {
  Record record;
  record.id = id;
  record.life = {1 + prng.below(2), 7 + prng.below(2)};
  record.incarnation = static_cast<std::uint32_t>(prng.below(3));
  record.state = static_cast<MemberState>(prng.below(4));
  record.name = prng.chance(0.5) ? "n1" : "n2";
  return record;
}

Record merged(const Record& a, const Record& b) {
  return supersedes(b, a) ? b : a;
}

TEST(RecordProperty, MergeIsASemilattice) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const NodeId id = any_id(prng);
    const Record a = any_saying(id, prng);
    const Record b = any_saying(id, prng);
    const Record c = any_saying(id, prng);
    RC_ASSERT(merged(a, a) == a);
    RC_ASSERT(merged(a, b) == merged(b, a));
    RC_ASSERT(merged(merged(a, b), c) == merged(a, merged(b, c)));
    RC_ASSERT(!(supersedes(a, b) && supersedes(b, a)));
    RC_ASSERT(a == b || supersedes(a, b) || supersedes(b, a));
  }));
}

TEST(RecordProperty, EarlierTermsOfTheOrderOutweighLaterOnes) {
  const auto record = [](std::uint64_t epoch, std::uint32_t incarnation, MemberState state) {
    Record made;
    made.life = {epoch, 1};
    made.incarnation = incarnation;
    made.state = state;
    return made;
  };
  // The whole table of states at one incarnation.
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b)
      EXPECT_EQ(supersedes(record(1, 5, static_cast<MemberState>(a)), record(1, 5, static_cast<MemberState>(b))),
                a > b);
  EXPECT_TRUE(supersedes(record(1, 6, MemberState::alive), record(1, 5, MemberState::left)));
  EXPECT_TRUE(supersedes(record(2, 0, MemberState::alive), record(1, 9, MemberState::left)));
}

TEST(MemberTableProperty, AgreesWithAMap) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    std::vector<NodeId> ids;
    for (int i = 0; i < 40; ++i) ids.push_back(any_id(prng));
    MemberTable table;
    std::map<NodeId, Record> model;
    for (int step = 0; step < 300; ++step) {
      const NodeId& id = ids[prng.below(ids.size())];
      if (prng.chance(0.3)) {
        table.erase(id);
        model.erase(id);
      } else {
        const Record record = any_saying(id, prng);
        table.put(std::make_shared<const Record>(record), step);
        model.insert_or_assign(id, record);
      }
    }
    RC_ASSERT(table.size() == model.size());
    std::uint64_t hash = 0;
    std::size_t live = 0;
    for (const NodeId& id : ids) {
      const auto* slot = table.find(id);
      RC_ASSERT((slot != nullptr) == model.contains(id));
      if (slot == nullptr) continue;
      RC_ASSERT(*slot->record == model.at(id));
      if (!is_live(*slot->record)) continue;
      hash ^= fingerprint(*slot->record);
      ++live;
    }
    RC_ASSERT(table.view_hash() == hash);
    RC_ASSERT(table.live_count() == live);
  }));
}

TEST(MemberTableProperty, BucketsTellWhereTwoTablesDiffer) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const auto bits = static_cast<unsigned>(prng.below(MemberTable::kBucketBits + 1));
    MemberTable a;
    MemberTable b;
    std::set<std::uint32_t> changed;
    for (int i = 0; i < 50; ++i) {
      const Record record = any_saying(any_id(prng), prng);
      a.put(std::make_shared<const Record>(record), 0);
      Record other = record;
      if (prng.chance(0.1)) {
        ++other.incarnation;
        changed.insert(MemberTable::bucket_of(id_hash(record.id), bits));
      }
      b.put(std::make_shared<const Record>(other), 0);
    }
    const auto left = a.buckets(bits);
    const auto right = b.buckets(bits);
    for (std::uint32_t i = 0; i < left.size(); ++i) RC_ASSERT((left[i] != right[i]) == changed.contains(i));
  }));
}

TEST(OverlayProperty, RemovingLeavesTheNeighboursOfACleanStart) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const NodeId self = any_id(prng);
    MemberTable table;
    Overlay overlay(self, 8);
    std::vector<NodeId> live;
    for (int step = 0; step < 120; ++step) {
      if (live.empty() || prng.chance(0.65)) {
        Record record = any_saying(any_id(prng), prng);
        record.state = MemberState::alive;
        live.push_back(record.id);
        table.put(std::make_shared<const Record>(record), 0);
        overlay.add(live.back());
      } else {
        const NodeId gone = live[prng.below(live.size())];
        std::erase(live, gone);
        table.erase(gone);
        overlay.remove(gone, table);
      }
    }
    Overlay clean(self, 8);
    for (const NodeId& id : live) clean.add(id);
    RC_ASSERT(overlay.neighbours() == clean.neighbours());
  }));
}

TEST(OverlayProperty, WhoWatchesMeIsWatchedByMeAndNobodyIsOutOfReach) {
  Prng prng(7);
  std::map<NodeId, Overlay> overlays;
  std::vector<NodeId> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(any_id(prng));
  for (const NodeId& id : ids) {
    Overlay& overlay = overlays.emplace(id, Overlay(id, 8)).first->second;
    for (const NodeId& other : ids) overlay.add(other);
    EXPECT_GE(overlay.neighbours().size(), 10U);
    EXPECT_LE(overlay.neighbours().size(), 16U);
  }
  for (const auto& [id, overlay] : overlays)
    for (const NodeId& other : overlay.neighbours()) EXPECT_TRUE(overlays.at(other).watches(id));
  std::set<NodeId> reached{ids[0]};
  std::vector<NodeId> border{ids[0]};
  int hops = 0;
  for (; reached.size() < ids.size() && hops < 5; ++hops) {
    std::vector<NodeId> next;
    for (const NodeId& id : border)
      for (const NodeId& other : overlays.at(id).neighbours())
        if (reached.insert(other).second) next.push_back(other);
    border = next;
  }
  EXPECT_EQ(reached.size(), ids.size());
  EXPECT_LE(hops, 4);
}

}  // namespace
}  // namespace wattring::cluster
