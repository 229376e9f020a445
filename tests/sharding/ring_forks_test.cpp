// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring_forks.hpp"

#include <gtest/gtest.h>

#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {
namespace {

constexpr std::int64_t kLater = RingForks::kRememberedNs;

TEST(RingForks, WhoDiffersIsNewsOnceAndRememberedSinceThen) {
  RingForks forks;
  EXPECT_TRUE(forks.differs(5, sample_node(1)));
  EXPECT_FALSE(forks.differs(kLater, sample_node(1)));
  EXPECT_TRUE(forks.differs(kLater, sample_node(2)));
  const auto seen = forks.seen(kLater + 5);
  ASSERT_EQ(seen.size(), 2U);
  for (const RingForks::Fork& fork : seen) EXPECT_EQ(fork.since_ns, fork.node == sample_node(1) ? 5 : kLater);
}

TEST(RingForks, WhoAgreesAgainOrFallsSilentIsForgotten) {
  RingForks forks;
  forks.differs(5, sample_node(1));
  forks.differs(5, sample_node(2));
  forks.agrees(sample_node(1));
  ASSERT_EQ(forks.seen(5).size(), 1U);
  EXPECT_EQ(forks.seen(5).front().node, sample_node(2));
  EXPECT_TRUE(forks.seen(kLater + 6).empty());
  EXPECT_TRUE(forks.differs(kLater + 6, sample_node(2))) << "after so long it is news";
}

}  // namespace
}  // namespace wattring::sharding
