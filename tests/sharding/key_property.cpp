// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "sharding/key.hpp"

namespace wattring::sharding {
namespace {

rc::Gen<std::array<std::uint8_t, 16>> any_key() {
  return rc::gen::container<std::array<std::uint8_t, 16>>(rc::gen::arbitrary<std::uint8_t>());
}

TEST(ShardKeyProperty, EveryMeterHasAShardBelowTheCount) {
  EXPECT_TRUE(rc::check([](const std::string& meter_id) {
    const auto shards = std::size_t{1} << *rc::gen::inRange(6U, 13U);
    const ShardKey key(*any_key(), shards);
    RC_ASSERT(key.shard_of(meter_id).value < shards);
    RC_ASSERT(key.shard_of(meter_id) == key.shard_of_hash(key.hash(meter_id)));
  }));
}

TEST(ShardKeyProperty, DoublingTheCountSplitsEachShardInTwo) {
  EXPECT_TRUE(rc::check([](const std::string& meter_id) {
    const auto shards = std::size_t{1} << *rc::gen::inRange(6U, 12U);
    const auto hash_key = *any_key();
    const ShardKey few(hash_key, shards);
    const ShardKey many(hash_key, 2 * shards);
    RC_ASSERT(many.shard_of(meter_id).value / 2 == few.shard_of(meter_id).value);
  }));
}

TEST(ShardKeyProperty, ShardsAreContiguousRangesOfTheHash) {
  EXPECT_TRUE(rc::check([](std::uint64_t a, std::uint64_t b) {
    const ShardKey key({}, 256);
    if (a > b) std::swap(a, b);
    RC_ASSERT(key.shard_of_hash(a) <= key.shard_of_hash(b));
  }));
}

}  // namespace
}  // namespace wattring::sharding
