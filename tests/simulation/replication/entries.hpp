// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "persistence/record.hpp"
#include "sharding/coverage.hpp"
#include "sharding/peer_message.hpp"
#include "tests/simulation/replication/bits.hpp"

namespace wattring::replication {

using Node = std::uint32_t;
inline constexpr Node kNoNode = ~Node{0};
inline constexpr std::size_t kNodesMax = 20;
/// Entries, and the facts in them: one fact an entry, its number is the payload.
using EntryNo = std::uint32_t;
inline constexpr EntryNo kNoEntry = ~EntryNo{0};
/// Place of a shard among those that get data.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};
inline constexpr std::size_t kSlotsMax = 4;
inline constexpr std::size_t kShardCount = kShardsMin;

/// What a process draws its entries with.
struct Pen {
  WriterId writer;
  std::array<std::uint64_t, kSlotsMax> last_sequence{};
  std::array<std::uint64_t, kSlotsMax> last_chain{};
};

struct Pack {
  sharding::PackPtr bytes;
  std::vector<EntryNo> entries;
};

/// Everything that was ever written, by number. What is not in here was invented.
class EntryBook {
 public:
  struct Entry {
    WriterId writer;
    std::uint64_t sequence = 0;
    std::uint64_t checksum = 0;
    std::uint64_t chain = 0;
    Slot slot = 0;
    EntryNo first = 0;  ///< the first with this identity: itself, unless a writer drew it twice
  };

  explicit EntryBook(std::vector<ShardId> shards) : shards_(std::move(shards)), of_slot_(shards_.size()) {}

  [[nodiscard]] const std::vector<ShardId>& shards() const { return shards_; }
  [[nodiscard]] Slot slot_of(ShardId shard) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool has_room(std::size_t more) const { return entries_.size() + more <= Bits::kSize; }
  [[nodiscard]] const Entry& at(EntryNo entry) const { return entries_[entry]; }
  [[nodiscard]] const Bits& of_slot(Slot slot) const { return of_slot_[slot]; }

  /// Writers that wrote to the slot.
  [[nodiscard]] std::size_t streams(Slot slot) const { return stream_counts_[slot]; }

  /// One new entry for each of the slots.
  [[nodiscard]] Pack draw(Pen& pen, std::span<const Slot> slots);
  /// A pack of entries that exist.
  [[nodiscard]] sharding::PackPtr pack(std::span<const EntryNo> entries) const;
  /// Nothing when a byte of it is not as it was written, or was never written.
  [[nodiscard]] bool read(const std::string& pack, std::vector<EntryNo>& out) const;

  /// False when it names what was never written.
  [[nodiscard]] bool to_bits(Slot slot, const sharding::Coverage& coverage, Bits& out) const;
  [[nodiscard]] sharding::Coverage to_coverage(Slot slot, const Bits& bits) const;

 private:
  [[nodiscard]] const std::vector<EntryNo>* stream(const WriterId& writer, Slot slot) const;
  [[nodiscard]] EntryNo add(const persistence::EntryView& view, Slot slot);

  std::vector<ShardId> shards_;
  std::vector<Bits> of_slot_;
  std::vector<Entry> entries_;
  std::array<std::size_t, kSlotsMax> stream_counts_{};
  std::map<WriterId, std::array<std::vector<EntryNo>, kSlotsMax>> streams_;  ///< by sequence - 1
};

}  // namespace wattring::replication
