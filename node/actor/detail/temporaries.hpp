// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>

#include "node/actor/ask.hpp"
#include "node/actor/detail/recipient.hpp"
#include "node/actor/timers.hpp"

namespace wattring::actor::detail {

struct Core;

/// Recipients without an actor that other nodes can reach all the same: "/temp/<number>". They are listed from the
/// moment somebody asks for their address until they are gone. Any thread.
class Temporaries {
 public:
  void add(std::uint64_t number, Recipient& recipient);
  void remove(std::uint64_t number);
  /// Nobody when it is gone.
  [[nodiscard]] ActorRef find(std::string_view number) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Recipient*> listed_;  ///< guarded by mutex_
};

class Temporary : public Recipient {
 public:
  [[nodiscard]] ActorAddress address() const final;
  [[nodiscard]] std::uint64_t number() const final { return number_; }

 protected:
  explicit Temporary(Core& core);
  ~Temporary() override;
  Core& core_;

 private:
  /// Differs between starts with different seeds, so that an answer to a former life's question finds nobody.
  [[nodiscard]] std::uint64_t shown() const;

  std::uint64_t number_;
  mutable std::atomic<bool> listed_{false};
};

/// Waits for one answer or its deadline, whichever comes first.
class Question final : public Temporary {
 public:
  using Answered = std::function<void(AskResult)>;
  Question(Core& core, Answered answered) : Temporary(core), answered_(std::move(answered)) {}

  /// Sets the deadline and sends the question; the outcome may come before this returns.
  void send(const ActorRef& to, Message&& question, std::int64_t timeout_ms);
  Delivery deliver(Message&& message, const ActorRef& sender) override;
  void on_refused(const ActorAddress& by, Delivery why) override;

 private:
  void time_out(const ActorAddress& to, std::int64_t timeout_ms);
  /// True for the first outcome alone.
  [[nodiscard]] bool claim() { return !finished_.exchange(true); }
  void complete(AskResult outcome);

  Answered answered_;
  std::atomic<bool> finished_{false};
  TimerId timer_;  ///< not for the timer itself: it may fire before this is set
};

/// Watches for somebody who is no actor.
class Watcher final : public Temporary {
 public:
  using Ended = std::function<void(const Terminated&)>;
  Watcher(Core& core, Ended ended) : Temporary(core), ended_(std::move(ended)) {}
  Delivery deliver(Message&& message, const ActorRef& sender) override;
  void on_terminated(const Terminated& terminated) override;

 private:
  Ended ended_;
  std::atomic<bool> told_{false};
};

}  // namespace wattring::actor::detail
