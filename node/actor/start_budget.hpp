// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>

#include "node/actor/actor_ref.hpp"

namespace wattring::actor {

/// At most so many of the actors that share it are starting at once; the others wait in line, their mailboxes open.
/// Against the flood when a node recovers a million actors. Any thread.
class StartBudget {
 public:
  explicit StartBudget(std::size_t starting_max) : free_(starting_max) {}

  [[nodiscard]] std::size_t waiting() const;

  /// For the runtime: true when a place was free, else the actor is queued and told to start when its turn comes.
  [[nodiscard]] bool acquire_or_wait(const ActorRef& actor);
  /// For the runtime: passes the place on to the next in line that still lives.
  void release();

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t free_;
  std::deque<ActorRef> waiting_;
};

}  // namespace wattring::actor
