// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/meter/transfer_format.hpp"
#include "persistence/journal.hpp"

namespace wattring::meter {

/// All that one shard has sealed, for another node, out of one snapshot of the disk: what is not derived from facts
/// alone, or cannot be any more. Limits go first: what is beyond them is not taken at all. Then alerts, so that what
/// was told is known before the facts that told it; the meters' snapshots after their facts (ShardFold::join_snapshot).
/// Windows that have not closed do not travel: the facts open them anew. One owner.
class ShardExport {
 public:
  /// snapshot: one in which the shard holds exactly what its coverage says (ShardWorkers::post_export). corrupt: the
  /// coverage does not verify.
  [[nodiscard]] static Result<ShardExport> open(std::unique_ptr<persistence::ReadTransaction> snapshot, ShardId shard);

  /// Part `number`, from 1: the next one, or the one before again. Nothing: there are no more; claim() then says what
  /// they were. corrupt: a value does not verify, and this node cannot give the shard away.
  [[nodiscard]] Result<std::optional<std::string>> part(std::uint64_t number);
  /// Of all parts; only after the last.
  [[nodiscard]] const TransferClaim& claim() const { return claim_; }

 private:
  ShardExport(std::unique_ptr<persistence::ReadTransaction> snapshot, ShardId shard, Lsn applied, TransferClaim claim);
  [[nodiscard]] bool stays(persistence::Table table, std::string_view key) const;
  Result<void> fill(TransferPartWriter& part);

  std::unique_ptr<persistence::ReadTransaction> snapshot_;
  ShardId shard_;
  Lsn applied_;          ///< records up to here are sealed
  TransferClaim claim_;  ///< of the parts until now
  std::string last_;
  std::size_t table_ = 0;  ///< place in the order of tables
  std::string from_;       ///< next key in it
};

}  // namespace wattring::meter
