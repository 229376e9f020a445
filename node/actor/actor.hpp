// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/actor/actor_ref.hpp"
#include "node/actor/message.hpp"
#include "node/actor/supervision.hpp"

namespace wattring::actor {

class Context;

/// State that one message at a time may touch. The runtime owns it, runs it on at most one thread at a time (what one
/// call wrote the next one sees) and destroys it with its incarnation. An exception out of any of these is the actor's
/// failure: its parent's Strategy decides, the runtime goes on.
class Actor {
 public:
  Actor() = default;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  virtual ~Actor() = default;

  virtual void receive(Context& context, const Message& message) = 0;

  /// Before the first message of each incarnation: rebuild state here.
  virtual void started(Context&) {}
  /// On the failed object, before it is dropped and built anew by the factory. Children are stopped afterwards.
  virtual void restarting(Context&, const Failure&) {}
  /// After the last message and after all children are gone.
  virtual void stopped(Context&) {}
};

}  // namespace wattring::actor
