// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "node/actor/actor_ref.hpp"
#include "node/actor/message.hpp"

/// Messages that the runtime itself sends.

namespace wattring::actor {

/// To whoever watches: exactly one for each watch, after all messages the actor had sent before.
struct Terminated {
  enum class Reason : std::uint8_t {
    stopped,    ///< it ended, for whatever reason, or was gone already
    node_down,  ///< its node was declared down; it may still be running there
  };
  ActorRef who;
  Reason reason = Reason::stopped;
};

/// Nothing came for the time set by Context::set_receive_timeout.
struct ReceiveTimeout {};

/// On the event stream: a message nobody will process.
struct DeadLetter {
  enum class Reason : std::uint8_t { no_actor, stopped, unhandled, failed, late_answer, no_route };
  Message message;
  ActorRef sender;
  ActorAddress to;
  Reason reason = Reason::no_actor;
};
[[nodiscard]] const char* to_string(DeadLetter::Reason reason);

/// On the event stream and to SystemOptions::quarantine: a message that failed its actor as often as Props allow.
struct Quarantined {
  Message message;
  ActorRef sender;
  ActorAddress actor;
  std::string why;  ///< the last failure's text
  std::uint32_t failures = 0;
};

/// On the event stream: what a supervisor decided about a failed child.
struct ChildFailed {
  ActorAddress child;
  std::string what;
  std::string during;
  std::string decision;  ///< "restart in 100 ms", "stop", ...
};

}  // namespace wattring::actor
