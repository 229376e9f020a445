// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "node/meter/transfer_format.hpp"

namespace wattring::backup {

/// A node's answer to the question for a part of a shard:
///
///   message := checksum u64 of all behind it | last u8 | complete u8 | taken at zigzag(ms) | part, or the claim when
///              it is the last
struct PartMessage {
  bool last = false;
  bool complete = false;      ///< of the whole shard
  std::int64_t taken_ms = 0;  ///< likewise: wall clock of the node when it was asked for the first part
  std::string part;
  meter::TransferClaim claim;
};
[[nodiscard]] std::string encode(const PartMessage& message);
[[nodiscard]] Result<PartMessage> decode_part_message(std::string_view bytes);

}  // namespace wattring::backup
