// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/prng.hpp"
#include "base/result.hpp"
#include "node/actor/actor_ref.hpp"
#include "node/actor/ask.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

class Props;
class System;
namespace detail {
class Cell;
}

/// What an actor can do while one of its functions runs; handed in, never kept. Its thread alone may call it.
class Context {
 public:
  explicit Context(detail::Cell& cell) : cell_(cell) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] ActorRef self() const;
  [[nodiscard]] ActorRef parent() const;
  /// Who sent the current message; nobody when it came from outside the actors.
  [[nodiscard]] const ActorRef& sender() const;
  [[nodiscard]] System& system() const;

  // Messages.
  Delivery tell(const ActorRef& to, Message message);
  Delivery reply(Message message);
  /// The current message goes on to somebody else, who answers its first sender.
  Delivery forward(const ActorRef& to);
  /// The current message becomes a dead letter, so that a wrong type is seen.
  void unhandled();
  /// `answered` runs here, as a message of its own, exactly once: with the answer or with the reason that there is
  /// none (see ask.hpp). It is forgotten when the actor restarts or stops. False when kAsksMax are already open.
  bool ask(const ActorRef& to, Message question, std::int64_t timeout_ms,
           std::function<void(Context&, AskResult)> answered);
  static constexpr std::size_t kAsksMax = 1024;

  // Children. A name is unique among them; without one the system draws "$1", "$2", ...
  [[nodiscard]] Result<ActorRef> spawn(const Props& props, std::string_view name = {});
  [[nodiscard]] ActorRef child(std::string_view name) const;  ///< nobody when there is none
  [[nodiscard]] std::vector<ActorRef> children() const;       ///< in the order of their birth
  /// After all that is queued there before.
  void stop(const ActorRef& actor);
  /// After the message it is at; what is queued becomes dead letters.
  void stop_now(const ActorRef& actor);
  void stop();
  void stop_now();

  // Death watch: one Terminated for each actor watched. Watching twice is watching once.
  void watch(const ActorRef& actor);
  void unwatch(const ActorRef& actor);

  // Behaviour. The innermost one replaces Actor::receive; a restart forgets all of them.
  using Behaviour = std::function<void(Context&, const Message&)>;
  /// False when kBehavioursMax are already stacked.
  bool become(Behaviour behaviour);
  void unbecome();
  static constexpr std::size_t kBehavioursMax = 32;

  /// Sets the current message aside; false when the stash is full, and then nothing happened. A restart puts what is
  /// stashed back in front of the mailbox.
  [[nodiscard]] bool stash();
  /// In their old order, before everything queued.
  void unstash_all();

  // Timers: `key` names one; setting it again replaces it. A timer that fires goes before queued messages, at most one
  // firing is under way for each, and none reaches another incarnation than the one that set it.
  void start_timer(std::string_view key, Message message, std::int64_t delay_ms);
  void start_repeating(std::string_view key, Message message, std::int64_t first_ms, std::int64_t period_ms);
  void cancel_timer(std::string_view key);
  /// ReceiveTimeout after this long without a message; 0 ends it. Timers and answers to asks do not count as messages.
  void set_receive_timeout(std::int64_t timeout_ms);

  // Slow starts, for actors with a start budget: call hold_start in started(); the budget's place is given back by
  // start_finished (or by a failure or stop). Meanwhile messages are processed as usual.
  void hold_start();
  void start_finished();

  [[nodiscard]] std::int64_t now_ns() const;  ///< monotonic
  [[nodiscard]] std::int64_t wall_ms() const;
  [[nodiscard]] Prng& random();
  /// How often the current message has failed this actor before: 0 the first time.
  [[nodiscard]] std::uint32_t failures_of_message() const;

 private:
  detail::Cell& cell_;
};

}  // namespace wattring::actor
