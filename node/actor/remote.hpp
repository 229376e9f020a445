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
    watch,       ///< from: the watcher, to: whom it watches
    unwatch,     ///< likewise
    terminated,  ///< from: who ended, to: the watcher
  };
  Kind kind = Kind::message;
  ActorAddress from;  ///< empty path: no sender
  ActorAddress to;
  Message message;  ///< for Kind::message
};

/// The door to other nodes: it knows how messages become bytes and who is connected. Any thread calls it; it must not
/// block and must not call back into the System from inside send(). At most once: it never sends a thing twice, and
/// loss shows as a time-out of whoever asked. What arrives goes to System::receive_remote, what it learns about dead
/// nodes to System::node_down.
class RemoteTransport {
 public:
  virtual ~RemoteTransport() = default;
  /// accepted, full or no_route; the envelope is gone in each case.
  virtual Delivery send(RemoteEnvelope envelope) = 0;
};

}  // namespace wattring::actor
