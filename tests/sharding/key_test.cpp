// SPDX-License-Identifier: Apache-2.0
#include "sharding/key.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace wattring::sharding {
namespace {

constexpr std::array<std::uint8_t, 16> kKey{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

TEST(ShardKey, TakesTheTopBitsOfTheHash) {
  const ShardKey key(kKey, 1024);
  EXPECT_EQ(key.shard_count(), 1024U);
  EXPECT_EQ(key.shard_of_hash(0), ShardId{0});
  EXPECT_EQ(key.shard_of_hash(~std::uint64_t{0}), ShardId{1023});
  EXPECT_EQ(key.shard_of_hash(std::uint64_t{1} << 54U), ShardId{1});
  EXPECT_EQ(key.shard_of_hash((std::uint64_t{1} << 54U) - 1), ShardId{0});
}

TEST(ShardKey, TheSmallestAndTheLargestCountWork) {
  EXPECT_EQ(ShardKey(kKey, kShardsMin).shard_of_hash(~std::uint64_t{0}), ShardId{63});
  EXPECT_EQ(ShardKey(kKey, kShardsMax).shard_of_hash(~std::uint64_t{0}), ShardId{4095});
}

// Journals on disk hold readings by these numbers, which were computed apart from this code.
TEST(ShardKey, AMetersShardNeverChangesBetweenReleases) {
  const ShardKey key(kKey, 1024);
  EXPECT_EQ(key.shard_of("M-000001"), ShardId{957});
  EXPECT_EQ(key.shard_of("EAN871690000000000123"), ShardId{248});
  EXPECT_EQ(key.shard_of(std::string(kMeterIdBytesMax, 'x')), ShardId{915});
}

TEST(ShardKey, NumberedMetersSpreadEvenly) {
  static constexpr std::size_t kShards = 64;
  static constexpr int kMeters = 64'000;
  const ShardKey key(kKey, kShards);
  std::vector<int> count(kShards);
  for (int i = 0; i < kMeters; ++i) ++count[key.shard_of("M-" + std::to_string(i)).value];
  double chi_square = 0;
  for (const int n : count) chi_square += (n - 1000.0) * (n - 1000.0) / 1000.0;
  // 63 degrees of freedom: chance alone passes 120 once in 60,000 keys; this key is fixed.
  EXPECT_LT(chi_square, 120.0);
}

TEST(ShardKey, AnotherClustersKeyPlacesMetersElsewhere) {
  std::array<std::uint8_t, 16> other = kKey;
  other[0] = 99;
  const ShardKey a(kKey, 1024);
  const ShardKey b(other, 1024);
  int same = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = "M-" + std::to_string(i);
    if (a.shard_of(id) == b.shard_of(id)) ++same;
  }
  EXPECT_LT(same, 20) << "about 2 by chance";
}

TEST(ShardKeyDeathTest, ACountThatIsNoPowerOfTwoOrOutOfBoundsIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(ShardKey(kKey, 1000), "CHECK failed");
  EXPECT_DEATH(ShardKey(kKey, 32), "CHECK failed");
  EXPECT_DEATH(ShardKey(kKey, 8192), "CHECK failed");
}

}  // namespace
}  // namespace wattring::sharding
