// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "persistence/journal.hpp"
#include "persistence/record.hpp"
#include "sharding/coverage.hpp"

/// A shard on its way from one node to another: parts of about 1 MiB, then the claim. The receiver stages each as a
/// journal entry of a local format under the transfer's own random writer id; its sequence is the part's number.
///
///   part  := version u8 (1) | row+
///   row   := table u8 | key without the shard, sized | payload without its envelope, sized
///   claim := version u8 (1) | parts varint | digest of the parts u64 | coverage (sharding/coverage.hpp)
///   digest of n parts := XXH3-64 of part n, seeded with the digest of n - 1 parts; of no parts: 0

namespace wattring::meter {

inline constexpr std::uint8_t kTransferPartFormat = persistence::kLocalFormatsFrom;
inline constexpr std::uint8_t kTransferClaimFormat = persistence::kLocalFormatsFrom + 1;
/// An entry of a shard, with a part of a transfer as payload: what a backup brings beside readings.
inline constexpr std::uint8_t kRestoredRowsFormat = 5;
static_assert(persistence::is_local_format(kTransferPartFormat) && persistence::is_local_format(kTransferClaimFormat));

/// A part is closed when it has reached this; one row may take it far beyond.
inline constexpr std::size_t kTransferPartBytes = 1U << 20U;
/// A part above this is refused.
inline constexpr std::size_t kTransferPartBytesMax = 8U << 20U;

/// Views into the part.
struct TransferRow {
  persistence::Table table;
  std::string_view key;  ///< behind the shard
  std::string_view payload;
};

class TransferPartWriter {
 public:
  void add(const TransferRow& row);
  [[nodiscard]] bool is_full() const { return part_.size() >= kTransferPartBytes; }
  [[nodiscard]] bool empty() const { return part_.empty(); }
  /// The part; the writer is then empty.
  [[nodiscard]] std::string finish();

 private:
  std::string part_;
};

/// Rows of the table go with a shard.
[[nodiscard]] bool travels(persistence::Table table);

/// Structure only; what the rows hold is checked by shard_import.hpp. corrupt, or newer_format.
[[nodiscard]] Result<std::vector<TransferRow>> read_transfer_part(std::string_view part);

/// The same with rows of tables that this release does not know.
[[nodiscard]] Result<std::vector<TransferRow>> read_transfer_rows(std::string_view part);

[[nodiscard]] std::uint64_t transfer_digest(std::uint64_t before, std::string_view part);

struct TransferClaim {
  std::uint64_t parts = 0;
  std::uint64_t digest = 0;
  sharding::Coverage coverage;  ///< of the sender, for exactly the facts of the parts
  friend bool operator==(const TransferClaim&, const TransferClaim&) = default;
};
[[nodiscard]] std::string encode_transfer_claim(const TransferClaim& claim);
[[nodiscard]] Result<TransferClaim> decode_transfer_claim(std::string_view bytes);

}  // namespace wattring::meter
