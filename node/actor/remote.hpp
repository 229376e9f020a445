// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "node/actor/address.hpp"
#include "node/actor/events.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

/// What goes from one node to another.
struct RemoteEnvelope {
  enum class Kind : std::uint8_t {
    message,
    watch,        ///< from: the watcher, to: whom it watches
    unwatch,      ///< likewise
    terminated,   ///< from: who ended, to: the watcher
    refused,      ///< from: who did not take a message, to: its sender
    watch_known,  ///< from: who is watched, to: the watcher; between transports, a System never sees it
  };
  Kind kind = Kind::message;
  ActorAddress from;  ///< empty path: no sender
  ActorAddress to;
  Message message{};                      ///< for Kind::message
  Delivery refusal = Delivery::accepted;  ///< for Kind::refused: full or dead
  // Between transports.
  std::uint64_t watch = 0;     ///< for Kind::watch, watch_known and terminated: the watch's number among its node's
  std::uint32_t known_in = 0;  ///< for Kind::watch: the other side's session in which it said so; 0: never
};

/// The door to other nodes: it knows how messages become bytes and who is connected. Any thread calls it; it must not
/// block and must not call back into the System from inside send(). Messages at most once: it never sends one twice,
/// and loss shows as a time-out of whoever asked. A watch it accepted holds until it is told of, taken back, or the
/// node is down. What arrives goes to System::receive_remote, what it learns about dead nodes to System::node_down.
class RemoteTransport {
 public:
  virtual ~RemoteTransport() = default;
  /// accepted, full or no_route; the envelope is gone in each case.
  virtual Delivery send(RemoteEnvelope envelope) = 0;
};

}  // namespace wattring::actor
