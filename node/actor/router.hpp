// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "node/actor/actor_ref.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

class System;

enum class Routing : std::uint8_t { round_robin, broadcast, consistent_hash };

/// One handle for many actors, here or on other nodes. The choice is made on the sender's thread from an immutable
/// table, so no actor sees all messages. `delivered` is what the chosen routee said; broadcast says `accepted` when one
/// of them did. A routee that is dead or full is not replaced by another one: that would break order and affinity.
class Router {
 public:
  /// consistent_hash needs hash_key: messages with one key go to one routee, and a change of routees moves only the
  /// keys of those that came or went.
  using HashKey = std::function<std::uint64_t(const Message&)>;

  Router(System& system, Routing routing, std::vector<ActorRef> routees, HashKey hash_key = {});

  [[nodiscard]] const ActorRef& ref() const { return ref_; }
  /// Any thread; messages under way keep the table they began with.
  void set_routees(std::vector<ActorRef> routees);

 private:
  ActorRef ref_;
};

}  // namespace wattring::actor
