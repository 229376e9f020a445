// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/app/committed_batch.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_index.hpp"
#include "sharding/coverage.hpp"
#include "sharding/peer_message.hpp"

namespace wattring::app {

/// What the journal still has in log form, for others to pull. One owner.
class LogReader {
 public:
  /// index: of recover_holdings(). The disk must outlive it.
  LogReader(const persistence::Journal& disk, persistence::JournalIndex index)
      : disk_(disk), index_(std::move(index)) {}

  /// A record was committed there; `record` as it was before it had an LSN. In LSN order.
  void committed(Lsn lsn, std::string_view record);
  /// Likewise an own batch, as far as it is in this node's record.
  void committed(Lsn lsn, const CutBatch& cut);
  /// The journal may have been truncated up to there.
  void drop_before(Lsn upto) { index_.drop_before(upto); }

  struct Answer {
    sharding::PackPtr pack;     ///< null: none
    std::vector<ShardId> gone;  ///< something wanted of these shards is not in the journal; ascending
    /// What is there and does not verify: to be told as damaged, never as absent.
    std::map<ShardId, sharding::Coverage> unreadable;
  };
  /// At most about pull.bytes_max bytes, but an entry at least; each entry once, with the payload that its writer gave
  /// it. An error: the disk's own.
  [[nodiscard]] Result<Answer> answer(const sharding::message::Pull& pull) const;

 private:
  const persistence::Journal& disk_;
  persistence::JournalIndex index_;
};

}  // namespace wattring::app
