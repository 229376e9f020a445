// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/journal.hpp"

namespace wattring::meter {

/// Equal on nodes that hold the same facts of a shard, however they came, were cut and sealed: the sum of 128-bit
/// hashes of winners and kept losers within its limits. Flags, which are outside identity, and readings in quarantine
/// do not count.
struct ShardDigest {
  std::uint64_t facts = 0;
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] std::string text() const;  ///< 32 hex digits
  friend bool operator==(const ShardDigest&, const ShardDigest&) = default;
};

/// Of what is pending in the fold and sealed in `disk`, opened after the fold's last change. corrupt: a chunk does not
/// verify.
[[nodiscard]] Result<ShardDigest> digest_of(const ShardFold& fold, const persistence::ReadTransaction& disk);

}  // namespace wattring::meter
