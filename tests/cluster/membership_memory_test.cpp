// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_memory.hpp"

#include <gtest/gtest.h>

namespace wattring::cluster {
namespace {

const MembershipMemory kMemory{1795436788567, {"node1.example:7411"}, {"10.0.0.2:7411", "[2001:db8::1]:7411"}};

TEST(MembershipMemory, IsLinesThatPeopleCanRead) {
  EXPECT_EQ(format(kMemory).substr(0, format(kMemory).rfind("check ")),
            "wattring-membership 1\n"
            "epoch 1795436788567\n"
            "seed node1.example:7411\n"
            "peer 10.0.0.2:7411\n"
            "peer [2001:db8::1]:7411\n");
}

TEST(MembershipMemory, ReadsWhatItWrote) {
  EXPECT_EQ(parse_membership_memory(format(kMemory)).value(), kMemory);
  EXPECT_EQ(parse_membership_memory(format({})).value(), MembershipMemory{});
}

TEST(MembershipMemory, AFileThatWasCutOffAnywhereIsDamaged) {
  const std::string whole = format(kMemory);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parse_membership_memory(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().code, ErrorCode::corrupt);
  }
}

TEST(MembershipMemory, NoByteCanChangeUnnoticed) {
  const std::string whole = format(kMemory);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(parse_membership_memory(changed)) << at;
  }
}

TEST(MembershipMemory, WhatIsNoAddressOrTooManyIsLeftOut) {
  MembershipMemory memory;
  memory.peers = {"10.0.0.1:7411", "name:7411", "10.0.0.2:7411\nepoch 9"};
  memory.seeds = {"two words:1", "", "a:1"};
  MembershipMemory kept = parse_membership_memory(format(memory)).value();
  EXPECT_EQ(kept.peers, std::vector<std::string>{"10.0.0.1:7411"});
  EXPECT_EQ(kept.seeds, std::vector<std::string>{"a:1"});
  memory.peers.assign(1000, "10.0.0.1:7411");
  memory.seeds.assign(1000, "a:1");
  kept = parse_membership_memory(format(memory)).value();
  EXPECT_EQ(kept.peers.size(), MembershipMemory::kPeersMax);
  EXPECT_EQ(kept.seeds.size(), MembershipMemory::kSeedsMax);
}

TEST(MembershipMemory, EpochsGrowWithTheClockAndPastWhatWasUsed) {
  EXPECT_EQ(next_epoch(0, 1'700'000'000'000), 1'700'000'000'000U);
  EXPECT_EQ(next_epoch(1'700'000'000'000, 1'700'000'000'000), 1'700'000'000'001U);
  EXPECT_EQ(next_epoch(1'700'000'000'000, 1'600'000'000'000), 1'700'000'000'001U) << "the clock was put back";
  EXPECT_EQ(next_epoch(0, -5), 1U);
}

}  // namespace
}  // namespace wattring::cluster
