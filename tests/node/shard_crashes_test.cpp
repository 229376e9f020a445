// SPDX-License-Identifier: Apache-2.0
// Entries pulled, shards transferred and dropped between disks, with crashes at any commit: what a disk claims is what
// is there, no more and no less.
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "persistence/lmdb_journal.hpp"
#include "persistence/verify.hpp"
#include "tests/node/shard_moves.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::app {
namespace {

/// One crash at the nth commit of b, for every n that the operation has.
template <class Operation>
void crash_at_every_commit(const Operation& operation) {
  for (const auto fault : {FaultyJournal::Fault::unknown_there, FaultyJournal::Fault::unknown_lost}) {
    for (std::uint64_t nth = 1;; ++nth) {
      ASSERT_LT(nth, 200U);
      Prng prng(7);
      EntryFleet fleet(kKey);
      Member a;
      Member b;
      for (int i = 0; i < 12; ++i) ASSERT_TRUE((i % 3 == 0 ? b : a).node.append(fleet.random_pack(prng)));
      b.node.stop(true);
      b.node.start();
      const Coverage before = b.node.claimed(kShard);
      const std::uint64_t commits = b.disk.commits();
      b.disk.fail_commit(nth, fault);
      operation(a.node, b.node, fleet);
      b.node.workers().request_checkpoint();
      (void)b.node.settle(kShard);
      b.node.stop(false);
      const bool was_beyond = b.disk.commits() < commits + nth;
      b.disk.crash();
      b.node.start();
      const Coverage after = b.node.claimed(kShard);
      EXPECT_TRUE(after == before || after == fleet.all(kShard) || after == Coverage{}) << "commit " << nth;
      EXPECT_TRUE(claims_what_is_there(b.node, fleet, kShard)) << "commit " << nth;
      // And it can be begun anew.
      operation(a.node, b.node, fleet);
      EXPECT_TRUE(claims_what_is_there(b.node, fleet, kShard)) << "commit " << nth;
      if (was_beyond) break;
    }
  }
}

TEST(ShardCrashes, ACrashBetweenAnyTwoCommitsOfATransferClaimsWhatIsThere) {
  crash_at_every_commit([](DiskNode& a, DiskNode& b, const EntryFleet&) {
    static std::uint64_t transfers = 1000;
    (void)b.fetch(a, kShard, transfer_of(++transfers));
  });
}

TEST(ShardCrashes, ACrashBetweenAnyTwoCommitsOfADropClaimsWhatIsThere) {
  crash_at_every_commit([](DiskNode&, DiskNode& b, const EntryFleet& fleet) {
    if (!b.writer().failed()) (void)b.drop(kShard, fleet.all(kShard));
  });
}

TEST(ShardCrashes, ACrashBetweenAnyTwoCommitsOfALongMergeThatIsSealedMeanwhileClaimsAllOrNothing) {
  const EntryFleet fleet(kKey);
  Member a;
  ASSERT_TRUE(a.node.append(days_of(fleet.meter(kShard, 0), 1000)));
  const auto everything = *a.node.digest(kShard);
  bool claimed_once = false;
  for (std::uint64_t nth = 1;; ++nth) {
    ASSERT_LT(nth, 200U);
    Member b;
    b.disk.fail_commit(nth, nth % 2 == 0 ? FaultyJournal::Fault::unknown_there : FaultyJournal::Fault::unknown_lost);
    (void)b.node.fetch(a.node, kShard, transfer_of(nth));
    (void)b.node.settle(kShard);
    b.node.workers().request_checkpoint();
    ASSERT_TRUE(b.node.digest(kShard));
    b.node.stop(false);
    const bool was_beyond = b.disk.commits() < nth;
    b.crash();
    if (!b.node.settle(kShard)) b.crash();
    ASSERT_TRUE(b.node.settle(kShard));
    const bool claims = !b.node.claimed(kShard).empty();
    claimed_once = claimed_once || (claims && !was_beyond);
    EXPECT_EQ(*b.node.digest(kShard), claims ? everything : meter::ShardDigest{}) << "commit " << nth;
    if (was_beyond) break;
  }
  EXPECT_TRUE(claimed_once) << "no crash fell into the merge";
}

TEST(ShardCrashes, WhatComesForAShardWhileItIsDroppedStays) {
  Prng prng(12);
  EntryFleet fleet(kKey);
  Member a;
  ASSERT_TRUE(a.node.append(days_of(fleet.meter(kShard, 0), 4000)));
  a.node.stop(true);
  a.node.start();
  // A worker that still starts may see what is appended now before it sees the drop, which it would then refuse.
  ASSERT_TRUE(a.node.settle(kShard));
  const auto dropped = std::make_shared<std::promise<Result<void>>>();
  ASSERT_TRUE(a.node.workers().post_drop(kShard, a.node.claimed(kShard),
                                         [dropped](Result<void> result) { dropped->set_value(std::move(result)); }));
  auto outcome = dropped->get_future();
  for (int i = 0; outcome.wait_for(std::chrono::seconds(0)) != std::future_status::ready; ++i) {
    if (i < 20) {
      ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
    }
    a.node.workers().request_checkpoint();
    ASSERT_TRUE(a.node.digest(ShardId{1}));
  }
  const auto ended = outcome.get();
  ASSERT_TRUE(ended) << ended.error().text();
  EXPECT_TRUE(claims_what_is_there(a.node, fleet, kShard));
  a.node.stop(true);
  a.node.start();
  EXPECT_TRUE(claims_what_is_there(a.node, fleet, kShard));
  a.crash();
  EXPECT_TRUE(claims_what_is_there(a.node, fleet, kShard));
}

/// Several nodes, and what anybody might do with their disks.
class Weather {
 public:
  explicit Weather(std::uint64_t seed) : prng_(seed), fleet_(kKey) {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      Member& one = any();
      Member& other = any();
      if (prng_.chance(0.12)) one.disk.fail_commit(1 + prng_.below(6), any_fault());
      switch (prng_.below(8)) {
        case 0:
        case 1:
          write();
          break;
        case 2:
        case 3:
          pull(one, other);
          break;
        case 4:
          if (&one != &other) (void)one.node.fetch(other.node, any_shard(), transfer_of(++transfers_));
          break;
        case 5:
          drop(one);
          break;
        case 6:
          if (prng_.chance(0.5)) one.node.workers().request_checkpoint();
          one.node.workers().request_passivation();
          break;
        default:
          if (prng_.chance(0.5)) one.crash();
      }
      for (Member& member : members_) member.crash_if_failed();
      if (prng_.chance(0.1)) check("step " + std::to_string(step));
    }
    check("the end");
  }

  /// Everybody pulls or fetches until nothing is missing anywhere.
  void heal() {
    // Faults that did not come about yet may still do so in the first rounds.
    for (int round = 0; round < 10; ++round)
      for (Member& one : members_)
        for (Member& other : members_) {
          if (&one != &other) pull(one, other);
          for (Member& member : members_) member.crash_if_failed();
        }
    check("healed");
    for (std::uint16_t shard = 0; shard < EntryFleet::kShards; ++shard)
      for (Member& member : members_) {
        EXPECT_EQ(*member.node.digest(ShardId{shard}), *members_[0].node.digest(ShardId{shard}));
        EXPECT_EQ(member.node.claimed(ShardId{shard}), members_[0].node.claimed(ShardId{shard}));
      }
  }

 private:
  Member& any() { return members_[prng_.below(members_.size())]; }
  ShardId any_shard() { return ShardId{static_cast<std::uint16_t>(prng_.below(EntryFleet::kShards))}; }
  FaultyJournal::Fault any_fault() {
    return std::array{FaultyJournal::Fault::refuse, FaultyJournal::Fault::unknown_there,
                      FaultyJournal::Fault::unknown_lost}[prng_.below(3)];
  }

  void write() {
    const auto pack = fleet_.random_pack(prng_);
    for (Member& member : members_)
      if (prng_.chance(0.6)) (void)member.node.append(pack);
  }

  void pull(Member& one, Member& other) {
    sharding::message::Pull pull;
    pull.bytes_max = prng_.chance(0.5) ? 1000 : sharding::kPullBytesMax;
    for (std::uint16_t shard = 0; shard < EntryFleet::kShards; ++shard) {
      Coverage missing = other.node.claimed(ShardId{shard}).minus(one.node.claimed(ShardId{shard}));
      if (!missing.empty()) pull.wants.push_back({ShardId{shard}, std::move(missing)});
    }
    for (int turn = 0; turn < 200 && !pull.wants.empty(); ++turn) {
      const auto answer = other.node.pull(pull);
      ASSERT_TRUE(answer);
      ASSERT_TRUE(answer->unreadable.empty());
      for (const ShardId shard : answer->gone)
        if (!one.node.fetch(other.node, shard, transfer_of(++transfers_))) return;
      if (answer->pack && !one.node.append(answer->pack)) return;
      std::erase_if(pull.wants, [&](auto& want) {
        want.coverage = want.coverage.minus(one.node.claimed(want.shard));
        return want.coverage.empty();
      });
    }
    ASSERT_TRUE(pull.wants.empty());
  }

  void drop(Member& member) {
    const ShardId shard = any_shard();
    const Coverage held = member.node.claimed(shard);
    if (member.node.writer().failed() || !member.node.settle(shard)) return;
    if (member.node.drop(shard, held)) {
      EXPECT_EQ(member.node.claimed(shard), Coverage{});
    }
  }

  void check(const std::string& when) {
    for (Member& member : members_)
      for (std::uint16_t shard = 0; shard < EntryFleet::kShards; ++shard) {
        while (!member.node.settle(ShardId{shard})) member.crash();
        EXPECT_TRUE(claims_what_is_there(member.node, fleet_, ShardId{shard})) << when;
      }
  }

  Prng prng_;
  EntryFleet fleet_;
  std::array<Member, 3> members_;
  std::uint64_t transfers_ = 0;
};

TEST(ShardCrashes, AnyCutOfTheEntriesPulledTransferredAndDroppedInAnyOrderIsClaimedExactly) {
  for (std::uint64_t seed = 1; seed <= 12 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Weather weather(seed);
    weather.run(60);
    weather.heal();
  }
}

TEST(ShardCrashes, TheSameOnLmdb) {
  test::TempDirectory directories[2];
  Prng prng(8);
  EntryFleet fleet(kKey);
  std::unique_ptr<persistence::LmdbJournal> disks[2];
  std::unique_ptr<DiskNode> nodes[2];
  const auto open = [&](int i) {
    nodes[i].reset();
    disks[i].reset();
    disks[i] = std::move(*persistence::LmdbJournal::open(directories[i].path(), {}));
    nodes[i] = std::make_unique<DiskNode>(*disks[i], kKey, ShardWorkers::Options{2, 4 << 20, 1 << 20});
  };
  open(0);
  open(1);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(nodes[0]->append(fleet.random_pack(prng, 400)));
  ASSERT_TRUE(nodes[1]->fetch(*nodes[0], kShard, transfer_of(1)));
  open(1);
  EXPECT_EQ(nodes[1]->claimed(kShard), fleet.all(kShard));
  EXPECT_TRUE(claims_what_is_there(*nodes[1], fleet, kShard));
  nodes[1]->stop(true);
  const auto report =
      persistence::verify(**disks[1]->read(), {}, {}, [](std::string_view line) { ADD_FAILURE() << line; });
  EXPECT_TRUE(report && report->ok());
  open(1);
  ASSERT_TRUE(nodes[1]->drop(kShard, fleet.all(kShard)));
  open(1);
  EXPECT_EQ(nodes[1]->claimed(kShard), Coverage{});
  EXPECT_EQ(nodes[1]->digest(kShard)->facts, 0U);
}

}  // namespace
}  // namespace wattring::app
