// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "node/sim/ledger.hpp"
#include "node/sim/reading.hpp"

namespace wattring::sim {

/// What a node said of the readings it stored; empty where the protocol has no place for it.
struct Promise {
  std::string node;       ///< who answered; set by senders that know several
  std::string ack_class;  ///< "SINGLE", "HELD", "DURABLE"
  int copies = 0;
  std::string token;
};

/// What came of one sending of a batch.
struct SendReply {
  enum class Kind : std::uint8_t {
    answered,  ///< the counts below hold
    busy,      ///< nothing was taken; send again after retry_after_ms
    lost       ///< no answer: it may have been stored
  };
  std::uint64_t ticket = 0;
  Kind kind = Kind::answered;
  std::uint64_t refused = 0;
  std::uint64_t unknown = 0;
  std::vector<RefusedRange> listed;
  std::int64_t retry_after_ms = 0;
  std::string trouble;  ///< why it was lost or refused as a whole, for people; may be empty
  Promise promise{};    ///< of the stored ones
};

/// One connection to a node. One thread.
class Sender {
 public:
  virtual ~Sender() = default;
  /// Batches that may be sent now.
  [[nodiscard]] virtual std::uint32_t credit() const = 0;
  /// The readings stay the caller's and must live until the reply. An error: nothing was sent, the connection is of no
  /// more use.
  [[nodiscard]] virtual Result<void> send(std::uint64_t ticket, std::span<const Reading> readings) = 0;
  /// Replies that have arrived; waits up to the time-out for the first.
  [[nodiscard]] virtual std::vector<SendReply> receive(std::int64_t timeout_ms) = 0;
};

/// Makes a new connection, to another node when the last one failed.
using Connect = std::function<Result<std::unique_ptr<Sender>>()>;

}  // namespace wattring::sim
