// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "cluster/record.hpp"

namespace wattring::cluster {

/// Where an id stands in tables, rings and digests, which nodes compare: little-endian on every machine.
static_assert(std::endian::native == std::endian::little);
[[nodiscard]] inline std::uint64_t id_hash(const NodeId& id) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, id.bytes.data(), sizeof(bits));
  std::uint64_t hash = bits ^ (bits * 0x9e3779b97f4a7c15U);
  hash ^= hash >> 32U;
  hash *= 0xd6e8feb86659fd93U;
  return hash ^ (hash >> 32U);
}

/// What one node knows of everybody, itself included: the newest record of each id. 32 bytes a member beside the
/// shared records; order of iteration depends on the ids and the history of insertions only.
class MemberTable {
 public:
  static constexpr unsigned kBucketBits = 10;

  struct Slot {
    std::uint64_t hash = 0;
    RecordPtr record;  ///< null = empty
    std::int64_t since_ns = 0;
  };

  [[nodiscard]] const Slot* find(const NodeId& id) const;
  /// Inserts or replaces; the caller has decided that it supersedes. `since_ns`: when the member came into this state.
  void put(RecordPtr record, std::int64_t since_ns);
  void erase(const NodeId& id);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t count(MemberState state) const { return counts_[static_cast<std::size_t>(state)]; }
  [[nodiscard]] std::size_t live_count() const { return count(MemberState::alive) + count(MemberState::suspect); }
  /// Of live members: equal among nodes that agree on who is there.
  [[nodiscard]] std::uint64_t view_hash() const { return view_hash_; }
  /// Hashes of all records in 2^bits buckets by id; bits <= kBucketBits.
  [[nodiscard]] std::vector<std::uint64_t> buckets(unsigned bits) const;
  [[nodiscard]] static std::uint32_t bucket_of(std::uint64_t hash, unsigned bits) {
    return bits == 0 ? 0 : static_cast<std::uint32_t>(hash >> (64U - bits));
  }

  /// For walks: capacity() slots, empty ones among them.
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }

 private:
  [[nodiscard]] std::size_t home(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  [[nodiscard]] std::size_t locate(std::uint64_t hash, const NodeId& id) const;
  void grow();
  void account(const Record& record, bool add);

  std::vector<Slot> slots_ = std::vector<Slot>(16);
  std::size_t size_ = 0;
  std::array<std::size_t, 4> counts_{};
  std::uint64_t view_hash_ = 0;
  std::vector<std::uint64_t> bucket_hashes_ = std::vector<std::uint64_t>(std::size_t{1} << kBucketBits);
};

}  // namespace wattring::cluster
