// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/meter/transfer_format.hpp"
#include "sharding/key.hpp"
#include "sharding/peer_message.hpp"

namespace wattring::app {

/// The receiving side of one transfer: makes of each part, and in the end of the claim, a record for the journal. Each
/// is taken (ShardWorkers::try_take), appended and dispatched like a pack of others, and the next one made only after
/// its commit: the order on the disk proves that none is missing. When the claim is committed, all of it is durable
/// here and claimed, by a start too; the worker folds it in the background. One owner.
class ShardImport {
 public:
  /// transfer: 128 random bits, never used before. key: outlives it.
  ShardImport(ShardId shard, const WriterId& transfer, const sharding::ShardKey& key)
      : shard_(shard), transfer_(transfer), key_(key) {}

  /// The next part. corrupt: it is not what a node with this shard would send; the transfer has failed.
  [[nodiscard]] Result<sharding::PackPtr> stage(std::string_view part);
  /// The same of a part that meter::check_transfer_part() has taken, which is most of the work.
  [[nodiscard]] sharding::PackPtr stage_checked(std::string_view part);
  /// After all parts. corrupt: it does not speak of the parts that came.
  [[nodiscard]] Result<sharding::PackPtr> claim(const meter::TransferClaim& claim);
  /// Parts staged.
  [[nodiscard]] std::uint64_t parts() const { return parts_; }

 private:
  sharding::PackPtr record_of(std::uint8_t format, std::string_view payload);

  const ShardId shard_;
  const WriterId transfer_;
  const sharding::ShardKey& key_;
  std::uint64_t parts_ = 0;
  std::uint64_t digest_ = 0;
  std::uint64_t chain_ = 0;
};

}  // namespace wattring::app
