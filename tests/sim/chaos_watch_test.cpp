// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_watch.hpp"

#include <gtest/gtest.h>

namespace wattring::sim {
namespace {

constexpr std::int64_t kMs = 1'000'000;

std::vector<NodeLook> quiet_cluster() {
  std::vector<NodeLook> looks;
  for (const char* name : {"n1", "n2", "n3"}) {
    NodeLook look;
    look.name = name;
    look.status.emplace();
    look.status->ready = true;
    look.status->ring_version = 3;
    look.status->ring_members = 3;
    look.members = {{"n1", "up"}, {"n2", "up"}, {"n3", "up"}};
    looks.push_back(look);
  }
  return looks;
}

template <class Spoil>
std::string missing_when(Spoil spoil) {
  std::vector<NodeLook> looks = quiet_cluster();
  spoil(looks[1]);
  return what_is_missing(looks);
}

TEST(ChaosWatch, NothingIsMissingWhenAllIsQuiet) {
  EXPECT_EQ(what_is_missing(quiet_cluster()), "");
}

TEST(ChaosWatch, EachThingThatIsNotQuietIsNamed) {
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status.reset(); }), "n2 does not answer");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->ready = false; }), "n2 is not ready");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.members["n3"] = "suspect"; }), "n2 holds n3 suspect");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.members.erase("n3"); }), "n2 holds n3 unknown");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->ring_members = 2; }), "the ring of n2 has 2 members");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->ring_version = 2; }), "n1 and n2 have different rings");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->shards_owned = 0; }), "n2 owns no shard yet");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->shards_filling = 4; }), "n2 fills 4 shards");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->shards_held = 1; }), "");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->shards_missing = 1; }), "n2 misses something of 1 shards");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->lagging = 1; }), "n2 has 1 lagging peers");
  EXPECT_EQ(missing_when([](NodeLook& look) { look.status->disk_reserve = true; }), "n2 has reached its reserve");
}

FaultRecord fault_of(const char* node, std::int64_t at_ms, std::int64_t healed_ms) {
  FaultRecord fault;
  fault.node = node;
  fault.at_ms = at_ms;
  fault.healed_ms = healed_ms;
  return fault;
}

TEST(ChaosWatch, AFailureIsAgreedWhenTheLastHasNoticed) {
  const std::vector<SeenChange> changes = {{0, "n1", "n3", "up"},
                                           {0, "n2", "n3", "up"},
                                           {2500 * kMs, "n1", "n3", "suspect"},
                                           {4000 * kMs, "n1", "n3", "down"},
                                           {4700 * kMs, "n2", "n3", "down"},
                                           {9000 * kMs, "n1", "n3", "up"}};
  std::vector<FaultRecord> faults = {fault_of("n3", 2000, 8000)};
  measure_detection(changes, 0, faults);
  EXPECT_EQ(faults[0].suspected_ms, 500);
  EXPECT_EQ(faults[0].agreed_ms, 2700);
}

TEST(ChaosWatch, WhatFewNoticeIsNotAgreed) {
  const std::vector<SeenChange> changes = {
      {0, "n1", "n4", "up"}, {0, "n2", "n4", "up"}, {0, "n3", "n4", "up"}, {2500 * kMs, "n1", "n4", "down"}};
  std::vector<FaultRecord> faults = {fault_of("n4", 2000, 8000), fault_of("n4", 9000, -1)};
  measure_detection(changes, 0, faults);
  EXPECT_EQ(faults[0].suspected_ms, 500);
  EXPECT_EQ(faults[0].agreed_ms, -1);
  EXPECT_EQ(faults[1].suspected_ms, -1);
}

TEST(ChaosStatus, WhatANodeDoesNotSayIsUnknown) {
  const auto status = parse_chaos_status(R"({"node":"n1","node_id":"ab","ready":true,"journal":{"last_lsn":7}})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->last_lsn, 7U);
  EXPECT_EQ(status->ring_members, -1);
  EXPECT_EQ(status->shards_held, -1);
  EXPECT_FALSE(parse_chaos_status("{}"));
  EXPECT_FALSE(parse_chaos_status("nonsense"));
  EXPECT_FALSE(parse_chaos_status(R"({"node":5})"));
}

TEST(ChaosStatus, ShardsAreCountedByWhatTheNodeIsForThem) {
  ChaosStatus status;
  read_chaos_metrics(
      "# TYPE wattring_shards gauge\nwattring_shards{state=\"owner\"} 614\nwattring_shards{state=\"holder\"} 3\n"
      "wattring_replication_lagging 1\nwattring_shards{state=\"missing\"} x",
      status);
  EXPECT_EQ(status.shards_owned, 614);
  EXPECT_EQ(status.shards_held, 3);
  EXPECT_EQ(status.lagging, 1);
  EXPECT_EQ(status.shards_missing, -1);
  EXPECT_EQ(status.shards_filling, -1);
}

}  // namespace
}  // namespace wattring::sim
