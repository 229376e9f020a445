// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/ids.hpp"

namespace wattring::persistence {

/// Which record holds which entry, in memory: the journal's key is the LSN alone, so the entries of a stream are found
/// here, in time that grows with those that are asked for. One thread. About 16 bytes an entry.
class JournalIndex {
 public:
  struct Place {
    Lsn lsn;
    Sequence sequence;
    friend bool operator==(const Place&, const Place&) = default;
  };

  /// In ascending LSN order. Of an entry that comes again the newer place counts: the older one may be damaged.
  void add(Lsn lsn, ShardId shard, const WriterId& writer, Sequence sequence);
  /// Forgets the records below `upto`, after truncation.
  void drop_before(Lsn upto);
  /// Entries of a stream from first to last, in that order.
  void visit(ShardId shard, const WriterId& writer, Sequence first, Sequence last,
             const std::function<void(const Place&)>& each) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Stream {
    WriterId writer;
    std::deque<Place> places;  ///< by sequence
    bool in_order = true;      ///< by LSN too; a gap that was filled later is not
  };
  Stream& stream_of(ShardId shard, const WriterId& writer);
  void insert(Stream& stream, const Place& place);

  std::vector<std::vector<Stream>> shards_;  ///< by shard, as far as there are any
  std::size_t size_ = 0;
};

}  // namespace wattring::persistence
