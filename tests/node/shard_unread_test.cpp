// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "tests/node/shard_moves.hpp"

namespace wattring::app {
namespace {

using persistence::Table;

bool same(const MemoryJournal::Image& a, const MemoryJournal::Image& b) {
  for (std::size_t table = 0; table < a.size(); ++table)
    if (*a[table] != *b[table]) return false;
  return true;
}

/// A node that has something sealed and something in the journal, and whose disk then cannot be read.
class ShardUnreadTest : public testing::Test {
 protected:
  ShardUnreadTest() {
    ShardWorkers::Options options{1, 256U << 20U, 1U << 30U};
    options.on_unrecovered = [this] { ++unrecovered_; };
    node_ = std::make_unique<DiskNode>(disk_, kKey, options);
    fill(true);
    fill(false);
  }
  void fill(bool checkpoint) {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(node_->append(fleet_.random_pack(prng_)));
    node_->stop(checkpoint);
    node_->start();
  }

  MemoryJournal memory_;
  FaultyJournal disk_{memory_};
  EntryFleet fleet_{kKey};
  Prng prng_{3};
  std::atomic<int> unrecovered_{0};
  std::unique_ptr<DiskNode> node_;
};

class ShardUnread : public ShardUnreadTest, public testing::WithParamInterface<Table> {};

TEST_P(ShardUnread, EndsTheProcessAndChangesNothing) {
  node_->stop(false);
  const auto before = memory_.image();
  disk_.set_unreadable(GetParam());
  node_->start();
  node_->workers().request_checkpoint();
  node_->stop(true);
  EXPECT_EQ(unrecovered_, 1);
  EXPECT_TRUE(same(memory_.image(), before));
  disk_.set_unreadable(std::nullopt);
  node_->start();
  for (std::uint16_t shard = 0; shard < EntryFleet::kShards; ++shard) {
    EXPECT_EQ(node_->claimed(ShardId{shard}), fleet_.all(ShardId{shard}));
    EXPECT_TRUE(claims_what_is_there(*node_, fleet_, ShardId{shard}));
  }
  EXPECT_EQ(unrecovered_, 1);
}

INSTANTIATE_TEST_SUITE_P(OneTable, ShardUnread,
                         testing::Values(Table::journal, Table::coverage, Table::applied, Table::meter, Table::limit,
                                         Table::quarantine),
                         [](const auto& table) { return std::string(persistence::to_string(table.param)); });

TEST_F(ShardUnreadTest, WhoAsksMeanwhileHearsThatTheAnswerIsNotComplete) {
  node_->stop(false);
  disk_.set_unreadable(Table::meter);
  node_->start();
  std::atomic<bool> complete{false};
  const bool asked = node_->workers().post(kShard, [&](const meter::ShardFold& fold) { complete = fold.complete(); });
  node_->stop(false);
  EXPECT_FALSE(asked && complete);
  EXPECT_EQ(unrecovered_, 1);
}

}  // namespace
}  // namespace wattring::app
