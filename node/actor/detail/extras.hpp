// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "node/actor/context.hpp"
#include "node/actor/detail/control.hpp"
#include "node/actor/detail/envelope.hpp"
#include "node/actor/timers.hpp"

namespace wattring::actor::detail {

/// Handles by identity: those of this node by their number, others by their address.
class RefSet {
 public:
  /// False when it was there.
  bool add(const ActorRef& ref);
  bool remove(const ActorRef& ref);
  [[nodiscard]] std::vector<ActorRef> take_all();

 private:
  std::map<std::uint64_t, ActorRef> here_;  ///< by number, so that the order is the same in each run
  std::map<ActorAddress, ActorRef> elsewhere_;
};

using Continuation = std::function<void(Context&, AskResult)>;

struct ActorTimer {
  std::uint64_t number = 0;  ///< tells this setting of the key from earlier ones
  Message message;
  std::int64_t period_ms = 0;  ///< 0: once
  TimerId queued;
};

/// What many actors never need, so that those do not pay for it. Belongs to the cell's owner.
struct Extras {
  explicit Extras(std::uint64_t seed) : random(seed) {}

  // Of the incarnation.
  std::vector<std::shared_ptr<const Context::Behaviour>> behaviours;
  std::map<std::string, ActorTimer, std::less<>> timers;
  std::map<std::uint64_t, Continuation> asks;
  std::int64_t receive_timeout_ms = 0;
  std::int64_t last_message_ns = 0;
  std::uint64_t idle_timer_number = 0;
  TimerId idle_timer;
  // Of the cell.
  EnvelopeList stash;
  std::size_t stashed = 0;
  RefSet watching;
  RefSet watchers;
  std::vector<ActorRef> escalated;  ///< children whose failures became ours
  RestartOrder restart_order;       ///< while backing off
  TimerId restart_timer;
  Prng random;
};

}  // namespace wattring::actor::detail
