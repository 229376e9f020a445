// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fact.hpp"
#include "base/result.hpp"
#include "node/meter/shard_limits.hpp"
#include "node/meter/transfer_format.hpp"
#include "sharding/key.hpp"

/// Rows of a transfer taken apart. The bytes come from another node: everything is checked, whose meter it is included.

namespace wattring::meter {

/// Of one meter: a sealed chunk's, winners and losers, or readings that the sender has in quarantine, to be tried here.
struct TransferFacts {
  std::string_view meter;  ///< as all views here, into the row
  std::uint64_t hash = 0;
  std::vector<Fact> facts;
};
struct TransferText {
  std::string_view text;
};
/// What the sender's table says of a meter (ShardFold::join_snapshot).
struct TransferSnapshot {
  std::string_view meter;
  std::uint64_t hash = 0;
  std::string_view payload;
};
/// A day of intervals whose readings retention dropped.
struct TransferIntervals {
  std::string key;  ///< of Table::interval
  std::string_view payload;
};
/// An alert on record; its payload is checked by whoever keeps alerts.
struct TransferAlert {
  std::string_view id;
  std::string_view payload;
};
/// What is no longer wanted.
struct TransferLimit {
  Limit limit;
  std::uint64_t hash = 0;  ///< of the meter, if it is one's
};
using TransferItem =
    std::variant<TransferFacts, TransferText, TransferSnapshot, TransferIntervals, TransferAlert, TransferLimit>;

/// corrupt when the row is not what a node with this shard and this key would have.
[[nodiscard]] Result<TransferItem> decode_transfer_row(const TransferRow& row, ShardId shard,
                                                       const sharding::ShardKey& key);

/// The same of a row that comes from any cluster: whoever's meter it is, of whatever shard. Hashes are 0.
[[nodiscard]] Result<TransferItem> decode_transfer_row(const TransferRow& row);

/// The whole part: structure and every row.
[[nodiscard]] Result<void> check_transfer_part(std::string_view part, ShardId shard, const sharding::ShardKey& key);

}  // namespace wattring::meter
