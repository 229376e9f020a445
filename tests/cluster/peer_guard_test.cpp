// SPDX-License-Identifier: Apache-2.0
#include "cluster/peer_guard.hpp"

#include <gtest/gtest.h>

namespace wattring::cluster {
namespace {

const Route kPeer = Route::back(7);

/// Offences at the given distance; true when one brought the ban.
bool offend(PeerGuard& guard, const Route& from, std::int64_t start_ns, std::int64_t gap_ns, int times) {
  bool banned = false;
  for (int i = 0; i < times; ++i) banned = guard.offence(from, start_ns + i * gap_ns) || banned;
  return banned;
}

TEST(PeerGuard, BansAtTheTenthOffenceWithinAMinuteForAMinute) {
  PeerGuard guard;
  EXPECT_FALSE(offend(guard, kPeer, 0, kNsPerSecond, 9));
  EXPECT_TRUE(guard.admits(kPeer, 9 * kNsPerSecond));
  EXPECT_TRUE(guard.offence(kPeer, 9 * kNsPerSecond));
  EXPECT_FALSE(guard.admits(kPeer, 9 * kNsPerSecond));
  EXPECT_FALSE(guard.admits(kPeer, 69 * kNsPerSecond - 1));
  EXPECT_TRUE(guard.admits(kPeer, 69 * kNsPerSecond));
  EXPECT_EQ(guard.bans(), 1U);
  EXPECT_EQ(guard.turned_away(), 2U);
}

TEST(PeerGuard, ForgivesWhoOffendsSeldom) {
  PeerGuard guard;
  EXPECT_FALSE(offend(guard, kPeer, 0, 7 * kNsPerSecond, 500));
  EXPECT_TRUE(guard.admits(kPeer, 3'500 * kNsPerSecond));
}

TEST(PeerGuard, LooksAtAnyMinuteNotAtTheClocks) {
  PeerGuard guard;
  EXPECT_FALSE(offend(guard, kPeer, 0, 50 * kNsPerSecond, 1));
  EXPECT_FALSE(offend(guard, kPeer, 55 * kNsPerSecond, kNsPerSecond, 9));
  EXPECT_TRUE(guard.offence(kPeer, 64 * kNsPerSecond));
}

TEST(PeerGuard, StartsAnewAfterABan) {
  PeerGuard guard;
  ASSERT_TRUE(offend(guard, kPeer, 0, 0, 10));
  EXPECT_FALSE(offend(guard, kPeer, 60 * kNsPerSecond, 0, 9));
  EXPECT_TRUE(guard.offence(kPeer, 60 * kNsPerSecond));
}

TEST(PeerGuard, TellsConnectionsAndEndpointsApart) {
  PeerGuard guard;
  ASSERT_TRUE(offend(guard, kPeer, 0, 0, 10));
  EXPECT_TRUE(guard.admits(Route::back(8), 0));
  EXPECT_TRUE(guard.admits(Route::to("127.0.0.1:7412"), 0));
  ASSERT_TRUE(offend(guard, Route::to("127.0.0.1:7412"), 0, 0, 10));
  EXPECT_FALSE(guard.admits(Route::to("127.0.0.1:7412"), 0));
  EXPECT_TRUE(guard.admits(Route::to("127.0.0.1:7413"), 0));
}

TEST(PeerGuard, StaysBoundedAndKeepsThoseWhoAreStillHeardOf) {
  PeerGuard guard;
  ASSERT_TRUE(offend(guard, kPeer, 0, 0, 10));
  for (std::uint64_t other = 100; other < 100 + 3 * PeerGuard::kPeersMax; ++other) {
    guard.offence(Route::back(other), 0);
    ASSERT_LE(guard.size(), PeerGuard::kPeersMax);
    if (other % 1000 == 0) {
      EXPECT_FALSE(guard.admits(kPeer, 1));
    }
  }
  EXPECT_FALSE(guard.admits(kPeer, 1));
}

}  // namespace
}  // namespace wattring::cluster
