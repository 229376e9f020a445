// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace wattring::app {

/// What goes over the data sockets about one transfer of a shard (docs/protocols/replication.md).
struct TransferMessage {
  enum class Kind : std::uint8_t {
    want = 1,   ///< to the giver: this part, from 1; the first opens the transfer
    part = 2,   ///< its bytes
    claim = 3,  ///< instead of the part after the last: what all of them were
    no = 4,     ///< the giver cannot, or has forgotten about it
    wait = 5    ///< the part will come when the giver's rate allows it
  };
  Kind kind = Kind::want;
  std::uint64_t number = 0;  ///< of the transfer; the fetching node's
  ShardId shard;
  std::uint64_t part = 0;
  std::string_view bytes{};  ///< a view into what was parsed
};
[[nodiscard]] std::string encode(const TransferMessage& message);
[[nodiscard]] std::optional<TransferMessage> parse_transfer_message(std::string_view bytes);

}  // namespace wattring::app
