// SPDX-License-Identifier: Apache-2.0
// What travels with a shard, what is merged, and what a drop leaves.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>

#include "node/app/write_and_wait.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "tests/node/shard_moves.hpp"

namespace wattring::app {
namespace {

TEST(ShardMoves, ATransferBringsTheSealedFactsAndTheirCoverage) {
  Prng prng(1);
  EntryFleet fleet(kKey);
  Member a;
  Member b;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
  const auto claimed = b.node.fetch(a.node, kShard, transfer_of(1));
  ASSERT_TRUE(claimed);
  EXPECT_EQ(*claimed, fleet.all(kShard));
  EXPECT_EQ(b.node.claimed(kShard), fleet.all(kShard));
  EXPECT_TRUE(claims_what_is_there(b.node, fleet, kShard));
  EXPECT_EQ(*b.node.digest(kShard), *a.node.digest(kShard));
  EXPECT_EQ(b.node.claimed(ShardId{1}), Coverage{});
}

TEST(ShardMoves, ATransferIsMergedIntoWhatIsThere) {
  Prng prng(2);
  EntryFleet fleet(kKey);
  Member a;
  Member b;
  for (int i = 0; i < 30; ++i) ASSERT_TRUE((i % 3 == 0 ? a : b).node.append(fleet.random_pack(prng)));
  ASSERT_TRUE(b.node.fetch(a.node, kShard, transfer_of(1)));
  EXPECT_EQ(b.node.claimed(kShard), fleet.all(kShard));
  EXPECT_TRUE(claims_what_is_there(b.node, fleet, kShard));
  b.node.stop(true);
  EXPECT_FALSE((*b.memory.read())->last_key(persistence::Table::journal));
  b.node.start();
  EXPECT_EQ(b.node.claimed(kShard), fleet.all(kShard));
  EXPECT_TRUE(claims_what_is_there(b.node, fleet, kShard));
}

TEST(ShardMoves, PartsWithoutTheirClaimAreNothing) {
  Prng prng(3);
  EntryFleet fleet(kKey);
  Member a;
  Member b;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
  auto source = a.node.open_export(kShard);
  ASSERT_TRUE(source);
  ShardImport target(kShard, transfer_of(1), kKey);
  ASSERT_TRUE(b.node.append(*target.stage(**source->part(1))));
  EXPECT_EQ(b.node.claimed(kShard), Coverage{});
  EXPECT_EQ(b.node.digest(kShard)->facts, 0U);
  b.node.stop(true);
  EXPECT_TRUE((*b.memory.read())->last_key(persistence::Table::journal)) << "they may still be claimed";
  b.node.start();
  b.node.stop(true);
  EXPECT_FALSE((*b.memory.read())->last_key(persistence::Table::journal)) << "nobody goes on with them";
  b.node.start();
  EXPECT_EQ(b.node.digest(kShard)->facts, 0U);
}

TEST(ShardMoves, AClaimOfOtherPartsIsRefused) {
  Prng prng(4);
  EntryFleet fleet(kKey);
  Member a;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
  auto source = a.node.open_export(kShard);
  ASSERT_TRUE(source);
  const auto part = **source->part(1);
  ASSERT_FALSE(source->part(2)->has_value());
  ShardImport empty(kShard, transfer_of(1), kKey);
  EXPECT_EQ(empty.claim(source->claim()).error().code, ErrorCode::corrupt);
  ShardImport twice(kShard, transfer_of(2), kKey);
  ASSERT_TRUE(twice.stage(part) && twice.stage(part));
  EXPECT_EQ(twice.claim(source->claim()).error().code, ErrorCode::corrupt);
  ShardImport elsewhere(ShardId{1}, transfer_of(3), kKey);
  EXPECT_EQ(elsewhere.stage(part).error().code, ErrorCode::corrupt) << "meters of another shard";
}

TEST(ShardMoves, ADropLeavesNothingAndTheShardFillsAgain) {
  Prng prng(5);
  EntryFleet fleet(kKey);
  Member a;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
    if (i == 10) a.node.workers().request_checkpoint();
  }
  const Coverage others = a.node.claimed(ShardId{1});
  ASSERT_TRUE(a.node.drop(kShard, fleet.all(kShard)));
  EXPECT_EQ(a.node.claimed(kShard), Coverage{});
  EXPECT_EQ(a.node.digest(kShard)->facts, 0U);
  EXPECT_EQ(a.node.claimed(ShardId{1}), others);
  EXPECT_TRUE(claims_what_is_there(a.node, fleet, ShardId{1}));
  a.crash();
  EXPECT_EQ(a.node.claimed(kShard), Coverage{}) << "the journal's old entries stay dropped";
  EXPECT_EQ(a.node.digest(kShard)->facts, 0U);
  const auto pack = fleet.random_pack(prng);
  ASSERT_TRUE(a.node.append(pack));
  EXPECT_EQ(a.node.claimed(kShard).count(), 1U);
  EXPECT_TRUE(claims_what_is_there(a.node, fleet, kShard));
  a.node.stop(true);
  a.node.start();
  EXPECT_EQ(a.node.claimed(kShard).count(), 1U);
  EXPECT_TRUE(claims_what_is_there(a.node, fleet, kShard));
}

TEST(ShardMoves, WhatWasNotConfirmedIsNotDropped) {
  Prng prng(6);
  EntryFleet fleet(kKey);
  Member a;
  ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
  const Coverage confirmed = fleet.all(kShard);
  ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
  EXPECT_EQ(a.node.drop(kShard, confirmed).error().code, ErrorCode::busy);
  EXPECT_EQ(a.node.claimed(kShard), fleet.all(kShard));
  EXPECT_TRUE(claims_what_is_there(a.node, fleet, kShard));
}

using Rows = std::map<std::string, std::string>;
Rows rows_of(const persistence::Journal& disk, persistence::Table table) {
  Rows rows;
  const std::string prefix = persistence::shard_key(kShard);
  (void)(*disk.read())->scan(table, prefix, [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(prefix)) return false;
    rows.emplace(key, value);
    return true;
  });
  return rows;
}

TEST(ShardMoves, WhatRetentionLeftTravelsToo) {
  const EntryFleet fleet(kKey);
  Member a;
  Member b;
  ASSERT_TRUE(a.node.append(days_of(fleet.meter(kShard, 0), 6)));
  a.node.stop(true);
  a.node.start();
  ASSERT_TRUE(a.node.append(limits_of({meter::RetentionDays{4, meter::RetentionDays::kKeep}})));
  while (rows_of(a.memory, persistence::Table::interval).size() < 4) ASSERT_TRUE(a.node.digest(kShard));
  while (a.node.digest(kShard)->facts > 200) std::this_thread::yield();
  ASSERT_TRUE(b.node.fetch(a.node, kShard, transfer_of(1)));
  ASSERT_TRUE(b.node.settle(kShard));
  b.node.stop(true);
  using persistence::Table;
  for (const Table table : {Table::series, Table::interval, Table::text, Table::meter, Table::coverage, Table::limit}) {
    EXPECT_FALSE(rows_of(a.memory, table).empty()) << to_string(table);
    EXPECT_EQ(rows_of(a.memory, table), rows_of(b.memory, table)) << to_string(table);
  }
}

class Poison final : public meter::FoldFault {
 public:
  void folding(std::string_view, const Fact&) override { throw std::runtime_error("poisoned"); }
};

TEST(ShardMoves, ReadingsInQuarantineTravelAndAreTriedAgain) {
  Prng prng(9);
  EntryFleet fleet(kKey);
  Poison poison;
  ShardWorkers::Options poisoned = small();
  poisoned.fault = &poison;
  MemoryJournal disk;
  DiskNode a(disk, kKey, poisoned);
  Member b;
  ASSERT_TRUE(a.append(fleet.random_pack(prng)));
  EXPECT_EQ(a.digest(kShard)->facts, 0U);
  ASSERT_TRUE(b.node.fetch(a, kShard, transfer_of(1)));
  EXPECT_EQ(b.node.claimed(kShard), fleet.all(kShard));
  EXPECT_TRUE(claims_what_is_there(b.node, fleet, kShard));
}

struct Adopted {
  std::mutex mutex;
  std::vector<std::string> ids;
};
/// Keeps nothing but the names of what it adopts.
class Adopting final : public ShardExtension {
 public:
  explicit Adopting(Adopted& adopted) : adopted_(adopted) {}
  Result<void> recovered(meter::ShardFold&, const persistence::ReadTransaction&) override { return {}; }
  void adopt(std::string_view id, std::string_view payload) override {
    const std::lock_guard lock(adopted_.mutex);
    adopted_.ids.push_back(std::string(id) + "=" + std::string(payload));
  }
  void work(meter::ShardFold&, const persistence::Journal&, std::int64_t, bool) override {}
  void sealing(std::vector<persistence::OwnedOp>&) override {}
  [[nodiscard]] bool has_work(const meter::ShardFold&, std::int64_t) const override { return false; }
  [[nodiscard]] std::int64_t next_deadline_ms() const override { return std::numeric_limits<std::int64_t>::max(); }
  [[nodiscard]] bool may_passivate(const meter::ShardFold&, MeterIndex) const override { return true; }
  void passivating(meter::ShardFold&, MeterIndex) override {}

 private:
  Adopted& adopted_;
};

TEST(ShardMoves, AlertsOnRecordAreAdoptedAndGoWithTheShard) {
  const EntryFleet fleet(kKey);
  Member a;
  for (const std::string id : {"00ff", "~watches"}) {
    const std::string key = persistence::alert_key(kShard, id);
    ASSERT_TRUE(write_and_wait(a.node.writer(), {{persistence::WriteOp::Kind::put, persistence::Table::alert, key,
                                                  persistence::seal_value("told", persistence::position_of(key))}}));
  }
  ASSERT_TRUE(a.node.append(days_of(fleet.meter(kShard, 0), 1)));
  Adopted adopted;
  ShardWorkers::Options options = small();
  options.extension = [&](ShardId) { return std::make_unique<Adopting>(adopted); };
  MemoryJournal disk;
  DiskNode b(disk, kKey, options);
  ASSERT_TRUE(b.fetch(a.node, kShard, transfer_of(1)));
  ASSERT_TRUE(b.settle(kShard));
  EXPECT_EQ(adopted.ids, std::vector<std::string>{"00ff=told"});
  ASSERT_TRUE(a.node.drop(kShard, a.node.claimed(kShard)));
  EXPECT_TRUE(rows_of(a.memory, persistence::Table::alert).empty());
}

TEST(ShardMoves, AFlippedBitInAPartIsNotClaimedByTheFold) {
  Prng prng(10);
  EntryFleet fleet(kKey);
  Member a;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(a.node.append(fleet.random_pack(prng)));
  MemoryJournal disk;
  FaultyJournal faulty(disk);
  std::mutex mutex;
  Coverage unreadable;
  ShardWorkers::Options options = small();
  options.on_unreadable = [&](ShardId shard, const Coverage& coverage) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(shard, kShard);
    unreadable.join(coverage);
  };
  {
    // The claim is there, the worker never came to it.
    DiskNode b(faulty, kKey, options);
    auto source = a.node.open_export(kShard);
    ShardImport target(kShard, transfer_of(1), kKey);
    ASSERT_TRUE(b.append(*target.stage(**source->part(1))));
    ASSERT_FALSE(source->part(2)->has_value());
    b.workers().stop(false);
    const auto record = *target.claim(source->claim());
    std::promise<void> done;
    ASSERT_TRUE(b.writer().append(*record, [&](const persistence::Appended&) { done.set_value(); }));
    done.get_future().get();
  }
  ASSERT_TRUE(faulty.flip_bit(persistence::Table::journal, 0, 200));
  DiskNode b(faulty, kKey, options);
  EXPECT_TRUE(b.settle(kShard));
  EXPECT_EQ(b.digest(kShard)->facts, 0U);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(unreadable, fleet.all(kShard));
}

TEST(ShardMoves, WhatVanishedFromADiskShowsUnderTheSameCoverageAndATransferBringsItBack) {
  const EntryFleet fleet(kKey);
  Member a;
  Member b;
  for (Member* const member : {&a, &b}) {
    ASSERT_TRUE(member->node.append(days_of(fleet.meter(kShard, 0), 3)));
    member->node.stop(true);
  }
  std::string row;
  ASSERT_TRUE((*b.memory.read())->scan(persistence::Table::series, {}, [&](std::string_view key, std::string_view) {
    row = key;
    return false;
  }));
  a.node.start();
  b.node.start();
  ASSERT_TRUE(a.node.content(kShard));
  EXPECT_EQ(a.node.content(kShard), b.node.content(kShard));
  b.node.stop(true);
  const std::array gone{persistence::WriteOp{persistence::WriteOp::Kind::erase, persistence::Table::series, row, {}}};
  ASSERT_EQ(b.memory.commit(gone).status, persistence::CommitStatus::committed);
  b.node.start();
  EXPECT_EQ(a.node.content(kShard)->coverage_hash, b.node.content(kShard)->coverage_hash);
  EXPECT_GT(a.node.content(kShard)->facts, b.node.content(kShard)->facts);
  ASSERT_TRUE(b.node.fetch(a.node, kShard, transfer_of(1)));
  ASSERT_TRUE(b.node.settle(kShard));
  EXPECT_EQ(a.node.content(kShard), b.node.content(kShard));
}

TEST(ShardMoves, AnOwnBatchIsFoldedOnlyWhereItsEntryIs) {
  const EntryFleet fleet(kKey);
  Member a;
  gateway::Batch batch;
  for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
    batch.meter(fleet.meter(shard, 0));
    batch.add({obis(1, 0, 1, 8, 0), 1000, 1000, 5, 0, Quality::actual, 0, 0});
  }
  const auto cut = std::make_shared<CutBatch>(std::move(batch), kKey);
  ASSERT_EQ(cut->slices.size(), 2U);
  cut->slices[1].local = false;
  for (CutBatch::Slice& slice : cut->slices) slice.sequence = Sequence{1};
  cut->lsn = Lsn{1};
  a.node.workers().dispatch(std::shared_ptr<const CutBatch>(cut));
  EXPECT_EQ(a.node.digest(kShard)->facts, 1U);
  EXPECT_EQ(a.node.digest(ShardId{1})->facts, 0U);
}

TEST(ShardMoves, PacksOfOthersAreTurnedAwayWhenTheirBudgetIsFull) {
  Prng prng(11);
  EntryFleet fleet(kKey);
  ShardWorkers::Options options = small();
  options.foreign_bytes_max = 10'000;
  MemoryJournal disk;
  DiskNode a(disk, kKey, options);
  const auto pack = fleet.random_pack(prng);
  {
    std::vector<std::shared_ptr<ForeignPack>> taken;
    while (auto one = a.workers().try_take(pack)) taken.push_back(std::move(one));
    EXPECT_EQ(taken.size(), 2U) << "each counts as a page at least";
  }
  EXPECT_TRUE(a.workers().can_take());
  EXPECT_TRUE(a.append(pack));
}

/// An owner whose disk changed bits in some chunks; it has what the other one has, and maybe more.
struct Rotten {
  Rotten(EntryFleet& fleet, int packs_of_its_own) {
    Prng prng(12);
    ShardWorkers::Options options = small();
    options.on_damaged = [this](ShardId shard) { told = told || shard == kShard; };
    for (int i = 0; i < 20; ++i) {
      const auto pack = fleet.random_pack(prng);
      EXPECT_TRUE(node_with(options).append(pack));
      EXPECT_TRUE(i < packs_of_its_own || sound.node.append(pack));
    }
    node->stop(true);
    const std::size_t rows = rows_of(memory, persistence::Table::series).size();
    EXPECT_GT(rows, 4U);
    for (std::size_t row = 0; row < rows; row += 3) {
      EXPECT_TRUE(disk.flip_bit(persistence::Table::series, row, 150)) << row;
      ++flipped;
    }
    EXPECT_EQ(damaged(), flipped);
    node->start();
  }
  DiskNode& node_with(const ShardWorkers::Options& options) {
    if (!node) node = std::make_unique<DiskNode>(disk, kKey, options);
    return *node;
  }

  [[nodiscard]] std::size_t damaged() const {
    const Rows rows = rows_of(memory, persistence::Table::series);
    return static_cast<std::size_t>(std::ranges::count_if(rows, [](const auto& row) {
      return !persistence::open_value(row.second, persistence::position_of(row.first));
    }));
  }

  std::size_t flipped = 0;
  Member sound;
  MemoryJournal memory;
  FaultyJournal disk{memory};
  std::atomic<bool> told = false;
  std::unique_ptr<DiskNode> node;
};

TEST(ShardMoves, DamagedChunksGiveWayToWhatAnotherOwnerHas) {
  EntryFleet fleet(kKey);
  Rotten owner(fleet, 0);
  EXPECT_EQ(owner.node->digest(kShard).error().code, ErrorCode::corrupt);
  EXPECT_FALSE(owner.told);
  EXPECT_FALSE(owner.node->content(kShard));
  EXPECT_TRUE(owner.told) << "who hashes tells";
  ASSERT_TRUE(owner.node->fetch(owner.sound.node, kShard, transfer_of(1)));
  ASSERT_TRUE(owner.node->settle(kShard));
  // It is sealed by itself, soon.
  while (!owner.node->digest(kShard)) std::this_thread::yield();
  EXPECT_EQ(*owner.node->digest(kShard), *owner.sound.node.digest(kShard));
  EXPECT_TRUE(claims_what_is_there(*owner.node, fleet, kShard));
  owner.node->stop(true);
  owner.node->start();
  EXPECT_TRUE(claims_what_is_there(*owner.node, fleet, kShard));
}

TEST(ShardMoves, ADamagedChunkStaysAsAWarningWhenTheOtherOwnerLacksSomething) {
  EntryFleet fleet(kKey);
  Rotten owner(fleet, 5);
  ASSERT_TRUE(owner.node->fetch(owner.sound.node, kShard, transfer_of(1)));
  ASSERT_TRUE(owner.node->settle(kShard));
  owner.node->stop(true);
  EXPECT_EQ(owner.damaged(), owner.flipped);
  owner.node->start();
  EXPECT_EQ(owner.node->digest(kShard).error().code, ErrorCode::corrupt);
}

TEST(ShardMoves, ACrashInTheMiddleOfARenewalBeginsItAnew) {
  EntryFleet fleet(kKey);
  Rotten owner(fleet, 0);
  ASSERT_TRUE(owner.node->fetch(owner.sound.node, kShard, transfer_of(1)));
  owner.node->stop(false);
  owner.node->start();
  ASSERT_TRUE(owner.node->settle(kShard));
  while (!owner.node->digest(kShard)) std::this_thread::yield();
  EXPECT_TRUE(claims_what_is_there(*owner.node, fleet, kShard));
}

}  // namespace
}  // namespace wattring::app
