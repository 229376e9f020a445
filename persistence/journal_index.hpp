// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace wattring::persistence {

/// Which record holds which entry, in memory: the journal's key is the LSN alone, so a shard's entries are found here.
/// One thread. About 24 bytes an entry.
class JournalIndex {
 public:
  struct Location {
    Lsn lsn;
    WriterId writer;
    Sequence sequence;
    friend bool operator==(const Location&, const Location&) = default;
  };

  /// In ascending LSN order.
  void add(Lsn lsn, ShardId shard, const WriterId& writer, Sequence sequence);
  /// Forgets the records below `upto`, after truncation.
  void drop_before(Lsn upto);

  /// A shard's entries with lsn >= from, in LSN order.
  [[nodiscard]] std::vector<Location> entries_of(ShardId shard, Lsn from = Lsn{0}) const;
  [[nodiscard]] std::optional<Lsn> find(ShardId shard, const WriterId& writer, Sequence sequence) const;
  /// The greatest sequence of a stream that is in the journal.
  [[nodiscard]] std::optional<Sequence> last_of(ShardId shard, const WriterId& writer) const;
  [[nodiscard]] std::vector<ShardId> shards() const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Item {
    std::uint64_t lsn;
    std::uint64_t sequence;
    std::uint32_t writer;  ///< index into writers_
  };
  [[nodiscard]] std::optional<std::uint32_t> number_of(const WriterId& writer) const;

  /// Null: nothing of the shard was ever here.
  [[nodiscard]] const std::deque<Item>* items_of(ShardId shard) const;

  std::vector<std::deque<Item>> shards_;  ///< by shard, as far as there are any
  std::map<WriterId, std::uint32_t> numbers_;
  std::vector<WriterId> writers_;
  std::size_t size_ = 0;
};

}  // namespace wattring::persistence
