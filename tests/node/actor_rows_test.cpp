// SPDX-License-Identifier: Apache-2.0
#include "node/app/actor_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "persistence/memory_journal.hpp"
#include "tests/node/core_harness.hpp"

namespace wattring::app {
namespace {

gateway::Batch reading_of(const std::string& meter) {
  gateway::Batch batch;
  batch.meter(meter);
  batch.add({obis(1, 0, 1, 8, 0), 1000, 1000, 5, 0, Quality::actual, 0, 0});
  return batch;
}

TEST(ActorPath, NamesAllShardsOneShardOrAMeterWhateverItsId) {
  EXPECT_FALSE(ActorPath::parse("/shards", 64)->shard);
  EXPECT_EQ(ActorPath::parse("/shards/63", 64)->shard, ShardId{63});
  EXPECT_EQ(ActorPath::parse("/shards/0/a/b 1", 64)->meter, "a/b 1");
  for (const std::string_view text :
       {"", "/", "/shard", "/shardsx", "/shards/64", "/shards/x", "/shards/1x", "/alerts"})
    EXPECT_EQ(ActorPath::parse(text, 64).error().code, ErrorCode::invalid_argument) << text;
}

TEST(Actors, TheTreeIsListedParentsFirst) {
  persistence::MemoryJournal disk;
  ShardWorkers::Options options;
  options.passivate_after_ms = 0;
  CoreHarness core(disk, options);
  for (int i = 0; i < 30; ++i) ASSERT_EQ(core.submit(reading_of("M" + std::to_string(i))).stored, 1U);
  EXPECT_EQ(core.workers().actors("/shards", 0)->size(), 1U);
  EXPECT_EQ(core.workers().actors("/shards", 0)->front().children, 64U);
  EXPECT_EQ(core.workers().actors("/shards", 1)->size(), 1U + 64U);
  const auto all = core.workers().actors("/shards", 2);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U + 64U + 30U);
  std::string parent;
  for (const auto& row : *all) {
    if (std::count(row.path.begin(), row.path.end(), '/') == 2) parent = row.path + "/";
    if (std::count(row.path.begin(), row.path.end(), '/') == 3) {
      EXPECT_EQ(row.path.substr(0, parent.size()), parent);
    }
    EXPECT_EQ(row.state, "running") << row.path;
  }
  core.stop(true);
  core.start();
  const std::string shard = "/shards/" + std::to_string(core.key().shard_of("M7").value);
  EXPECT_EQ(core.workers().actors(shard + "/M7", 0)->front().state, "passivated");
  EXPECT_EQ(core.workers().actors(shard, 0)->front().path, shard);
  EXPECT_EQ(core.workers().actors(shard, 1)->size(), 1 + core.workers().actors(shard, 0)->front().children);
  EXPECT_EQ(core.workers().actors(shard + "/NOBODY", 0).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace wattring::app
