// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"

namespace wattring::sharding {

/// Meter id -> shard: the top bits of the keyed 64-bit hash, so that a doubling of the shard count is a clean split.
/// Immutable after construction; any thread.
class ShardKey {
 public:
  ShardKey(const std::array<std::uint8_t, 16>& hash_key, std::size_t shard_count)
      : hash_(hash_key), shard_count_(shard_count), shift_(64U - static_cast<unsigned>(std::countr_zero(shard_count))) {
    WATTRING_CHECK(std::has_single_bit(shard_count) && shard_count >= kShardsMin && shard_count <= kShardsMax);
  }

  [[nodiscard]] std::uint64_t hash(std::string_view meter_id) const { return hash_(meter_id); }
  [[nodiscard]] ShardId shard_of_hash(std::uint64_t meter_hash) const {
    return ShardId{static_cast<std::uint16_t>(meter_hash >> shift_)};
  }
  [[nodiscard]] ShardId shard_of(std::string_view meter_id) const { return shard_of_hash(hash(meter_id)); }
  [[nodiscard]] std::size_t shard_count() const { return shard_count_; }

 private:
  KeyedHash hash_;
  std::size_t shard_count_;
  unsigned shift_;
};

}  // namespace wattring::sharding
