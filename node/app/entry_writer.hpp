// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/app/write_door.hpp"
#include "node/gateway/write_token.hpp"

namespace wattring::app {

/// The way of entries that are not batches of readings to all owners of their shards: a writer of its own beside that
/// of the readings. Any thread.
class EntryWriter {
 public:
  using OfShard = std::map<ShardId, std::string>;  ///< payload of an entry

  /// writer: 128 random bits of this run. The door must outlive it.
  EntryWriter(const WriterId& writer, WriteDoor& door) : writer_(writer), door_(door) {}

  /// What became of entries, and the name of what was written.
  struct Written {
    WriteOutcome outcome;
    gateway::WriteToken token;
    /// Enough owners have all of it.
    [[nodiscard]] bool is_kept() const { return !outcome.failed && outcome.unknown.empty() && outcome.refused.empty(); }
  };
  /// Nothing: nobody takes them now, or nobody has answered in time; they may come to be kept all the same.
  [[nodiscard]] std::optional<Written> try_write(std::uint8_t format, const OfShard& entries,
                                                 std::chrono::milliseconds patience);
  /// Waits until enough owners have them. busy: they do not, though they may come to have them, or nobody takes them
  /// now. what: for that message.
  [[nodiscard]] Result<void> write(std::uint8_t format, const OfShard& entries, std::chrono::milliseconds patience,
                                   const char* what);

 private:
  struct Stream {
    std::uint64_t sequence = 0;
    std::uint64_t chain = 0;
  };
  /// Their names; empty: nobody takes them now.
  std::vector<gateway::WriteToken::Entry> hand_on(std::uint8_t format, const OfShard& entries, WriteDoor::OnDone done);

  const WriterId writer_;
  WriteDoor& door_;
  std::mutex mutex_;
  std::map<ShardId, Stream> streams_;  // guarded by mutex_
};

}  // namespace wattring::app
