// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "base/ids.hpp"
#include "node/app/committed_batch.hpp"
#include "sharding/peer_message.hpp"

namespace wattring::app {

/// A record that is not a CutBatch of this node, between its arrival and the end of its fold: a pack of other nodes'
/// entries, or a staged part of a transfer. Charged to a budget while it lives; immutable once committed.
struct ForeignPack {
  /// The caller has taken `bytes` from the budget.
  ForeignPack(sharding::PackPtr pack, ByteBudget& budget, std::uint64_t bytes)
      : record(std::move(pack)), budget_(budget), bytes_(bytes) {}
  ~ForeignPack() { budget_.give_back(bytes_); }
  ForeignPack(const ForeignPack&) = delete;
  ForeignPack& operator=(const ForeignPack&) = delete;

  const sharding::PackPtr record;  ///< sealed for LSN 0
  Lsn lsn;
  std::int64_t committed_ns = 0;  ///< monotonic

 private:
  ByteBudget& budget_;
  const std::uint64_t bytes_;
};

}  // namespace wattring::app
