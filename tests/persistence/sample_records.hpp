// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "persistence/journal.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace wattring::test {

inline WriterId writer(std::uint8_t n) {
  WriterId id;
  id.bytes.fill(n);
  return id;
}

/// Writes records as a node does: sequences without gaps, chains kept.
class Streams {
 public:
  explicit Streams(std::uint8_t n) : writer_(writer(n)), builder_(writer_) {}

  Streams& add(std::uint16_t shard, std::string_view payload) {
    auto& [sequence, chain] = ends_[shard];
    builder_.begin_entry(ShardId{shard}, Sequence{++sequence}, 1, chain).append(payload);
    chain = builder_.end_entry();
    return *this;
  }
  /// Leaves a hole in the stream: the entry exists on another node only.
  Streams& skip(std::uint16_t shard) {
    auto& [sequence, chain] = ends_[shard];
    ++sequence;
    chain = 0x5111;
    return *this;
  }
  std::string finish() { return builder_.finish(); }
  std::string finish(Lsn lsn) {
    std::string record = builder_.finish();
    (void)persistence::seal_record(record, lsn);
    return record;
  }

 private:
  WriterId writer_;
  persistence::RecordBuilder builder_;
  std::map<std::uint16_t, std::pair<std::uint64_t, std::uint64_t>> ends_;
};

inline persistence::CommitResult put(persistence::Journal& journal, persistence::Table table, std::string_view key,
                                     std::string_view value) {
  const persistence::WriteOp op{persistence::WriteOp::Kind::put, table, key, value};
  return journal.commit({&op, 1});
}

inline persistence::CommitResult put_record(persistence::Journal& journal, Lsn lsn, std::string_view record) {
  return put(journal, persistence::Table::journal, persistence::journal_key(lsn), record);
}

}  // namespace wattring::test
