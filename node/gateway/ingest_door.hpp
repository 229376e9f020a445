// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "node/gateway/batch.hpp"
#include "node/gateway/refusal.hpp"

namespace wattring::gateway {

/// Which instants are taken as facts; a function of the wall clock at decode time and the configuration.
struct AcceptWindow {
  std::int64_t oldest_ms = 0;  ///< inclusive
  std::int64_t newest_ms = 0;  ///< inclusive
  [[nodiscard]] std::optional<Reason> check(std::int64_t time_ms) const {
    if (time_ms < oldest_ms) return Reason::ts_too_old;
    if (time_ms > newest_ms) return Reason::ts_in_future;
    return std::nullopt;
  }
};

/// What an acknowledgement promises.
enum class AckClass : std::uint8_t {
  none = 0,     ///< nothing was stored
  single = 1,   ///< synced on the one disk of a one-node cluster
  held = 2,     ///< synced on enough machines, some standing in
  durable = 3,  ///< synced on enough owners
};
[[nodiscard]] std::string_view to_string(AckClass ack);  ///< "SINGLE"; "NONE" for none

struct IngestReply {
  std::uint64_t stored = 0;
  /// Not stored, nothing kept.
  Refusals refusals;
  /// May or may not be stored; send again.
  std::uint64_t unknown_total = 0;
  AckClass ack = AckClass::none;
  int copies = 0;
  std::string token;  ///< read-your-writes, opaque, <= 256 bytes; empty when nothing was stored
  /// Set when nothing of the batch was taken because of load or space (busy, disk_reserve): an HTTP 503.
  std::optional<Reason> turned_away;
  std::uint32_t retry_after_ms = 0;
  std::string why{};  ///< of turned_away: a sentence, when there is more to say than the reason
};

/// The way in, behind every gateway. Any thread.
class IngestDoor {
 public:
  virtual ~IngestDoor() = default;
  using ReplyFunction = std::function<void(IngestReply&&)>;
  /// Takes the batch and answers exactly once, possibly before it returns, possibly on another thread that must not be
  /// held up: the function may only hand the reply on. The refusals already in the batch come back in the reply.
  virtual void submit(Batch&& batch, ReplyFunction reply) = 0;
  /// The window at this moment.
  [[nodiscard]] virtual AcceptWindow accept_window() const = 0;
};

}  // namespace wattring::gateway
