// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "node/actor/detail/remote_watchers.hpp"
#include "node/actor/detail/remote_watches.hpp"
#include "node/actor/detail/temporaries.hpp"
#include "node/actor/system.hpp"
#include "node/actor/timers.hpp"

namespace wattring::actor::detail {

/// Saturates, so that a delay without end is only that.
[[nodiscard]] std::int64_t later_ns(std::int64_t from_ns, std::int64_t delay_ms);

/// What all cells of a System share. Everything here may be used by any thread; members are constant after
/// construction or guard themselves.
struct Core {
  Core(System& owner, SystemOptions&& options);

  enum class Life : std::uint8_t { made, running, stopped };

  System& system;
  SystemOptions options;
  Life life = Life::made;  ///< of whoever starts and stops the system
  TimerQueue timers;
  EventStream events;
  Temporaries temporaries;
  RemoteWatches remote_watches;
  RemoteWatchers remote_watchers;
  ActorRef root;

  std::atomic<std::uint64_t> next_number{1};  ///< names, timers, asks: never the same twice
  std::atomic<std::uint64_t> actors{0};
  Counter dead_letters;
  Counter refused_full;
  Counter refused_no_route;
  Counter failures;
  Counter restarts;
  Counter quarantined;
  Counter asks_timed_out;
  Counter refused_elsewhere;

  [[nodiscard]] std::uint64_t draw_number() { return next_number.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t now_ns() const { return options.clock->monotonic_ns(); }
  [[nodiscard]] std::int64_t due_ns(std::int64_t delay_ms) const { return later_ns(now_ns(), delay_ms); }

  void dead_letter(Message&& message, const ActorRef& sender, ActorAddress to, DeadLetter::Reason reason);
  /// The actor, or whoever waits for an answer, at a path of this node.
  [[nodiscard]] ActorRef find(std::string_view path);
  /// A handle to another node's actor.
  [[nodiscard]] ActorRef remote(ActorAddress address);
  Delivery send(RemoteEnvelope&& envelope);
  /// A message from another node; its sender hears when `to` does not take it.
  void deliver(RemoteEnvelope&& envelope, const ActorRef& from, const ActorRef& to);

  // The end of the root actor.
  void root_ended();
  [[nodiscard]] bool wait_for_root(std::int64_t timeout_ms);

 private:
  std::mutex end_mutex_;
  std::condition_variable end_;
  bool ended_ = false;  ///< guarded by end_mutex_
};

}  // namespace wattring::actor::detail
