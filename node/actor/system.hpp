// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/actor/actor_ref.hpp"
#include "node/actor/event_stream.hpp"
#include "node/actor/events.hpp"
#include "node/actor/introspection.hpp"
#include "node/actor/props.hpp"
#include "node/actor/remote.hpp"
#include "node/actor/scheduler.hpp"

namespace wattring::actor {

namespace detail {
struct Core;
}

struct SystemOptions {
  NodeId node{};
  std::shared_ptr<const Clock> clock{};    ///< null: SystemClock
  std::unique_ptr<Scheduler> scheduler{};  ///< null: make_thread_scheduler()
  std::uint64_t seed = 0;                  ///< for jitter and Context::random
  std::shared_ptr<Log> log{};              ///< null: silent
  RemoteTransport* transport = nullptr;    ///< must outlive the System; null: this node is alone
  Strategy root_strategy{};                ///< for top-level actors; what escalates to the root is stopped
  /// Gets each poison message, on the failing actor's thread; must not throw. Null: only the event stream hears of it.
  std::function<void(const Quarantined&)> quarantine{};
};

struct SystemStats {
  std::uint64_t actors = 0;            ///< alive now, the root included
  std::uint64_t dead_letters = 0;      ///< messages nobody processed
  std::uint64_t refused_full = 0;      ///< messages a full mailbox refused
  std::uint64_t refused_no_route = 0;  ///< messages for a node no transport reaches
  std::uint64_t failures = 0;          ///< exceptions out of actors
  std::uint64_t restarts = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t asks_timed_out = 0;
  std::uint64_t refused_elsewhere = 0;  ///< messages of ours that the other node's actor did not take
};

/// The actors of one node. Constructed, start(), stop() (idempotent), destroyed; the destructor checks that it was
/// stopped. Any thread may call any method; none of them waits but stop().
class System {
 public:
  explicit System(SystemOptions options);
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  ~System();

  void start();
  /// Stops all actors after what they have queued, children before parents; when the time is over, stops the threads
  /// anyway. True when all had ended. Not from an actor.
  bool stop(std::int64_t timeout_ms = 10'000);

  /// A top-level actor, "/name". already_exists, invalid_argument for a bad name, busy when stopping.
  [[nodiscard]] Result<ActorRef> spawn(const Props& props, std::string_view name = {});
  /// Whoever lives at the address, here or elsewhere, now or later.
  [[nodiscard]] ActorRef ref(ActorAddress address);
  /// The actor that lives at a path of this node now; nobody when there is none.
  [[nodiscard]] ActorRef find(std::string_view path) const;

  /// After all that is queued there before; see Context::stop.
  void stop(const ActorRef& actor);
  void stop_now(const ActorRef& actor);
  /// Calls `ended` once when the actor is gone, or its node is down; on a thread of the runtime, must not block.
  void when_terminated(const ActorRef& actor, std::function<void(const Terminated&)> ended);
  /// Runs `action` after the delay, on the timer thread; must be short and must not throw.
  TimerId after(std::int64_t delay_ms, std::function<void()> action);
  bool cancel(TimerId timer);

  /// From the transport: what another node sent to this one.
  void receive_remote(RemoteEnvelope envelope);
  /// From membership: all who watch an actor of that node get Terminated, and whoever watches there is forgotten.
  void node_down(const NodeId& node);

  [[nodiscard]] EventStream& events();
  [[nodiscard]] const Clock& clock() const;
  [[nodiscard]] const NodeId& node() const;
  [[nodiscard]] SystemStats stats() const;
  /// The actor at `path` and what is below it, `depth` levels deep (0: itself alone). not_found.
  [[nodiscard]] Result<ActorTree> tree(std::string_view path = "/", std::uint32_t depth = 1) const;

  /// The runtime's side.
  [[nodiscard]] detail::Core& core() { return *core_; }

 private:
  std::unique_ptr<detail::Core> core_;
};

}  // namespace wattring::actor
