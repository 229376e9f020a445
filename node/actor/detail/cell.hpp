// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "node/actor/actor.hpp"
#include "node/actor/context.hpp"
#include "node/actor/detail/children.hpp"
#include "node/actor/detail/control.hpp"
#include "node/actor/detail/extras.hpp"
#include "node/actor/detail/mailbox.hpp"
#include "node/actor/detail/recipient.hpp"
#include "node/actor/introspection.hpp"
#include "node/actor/props.hpp"

namespace wattring::actor::detail {

struct Core;
class Worker;

/// The place where an actor lives, from its birth to its end, across its incarnations. One thread at a time runs it: it
/// is either idle, or queued in the scheduler once, or running. What is marked "owner" belongs to that thread.
class Cell final : public Recipient {
 public:
  enum class RunResult : std::uint8_t {
    idle,   ///< a message will wake it; it may be running elsewhere already, so hands off
    again,  ///< there is more: queue it again
    ended,  ///< gone, hands off
  };

  Cell(Core& core, Cell* parent, const Props& props, std::string_view name);
  ~Cell() override;

  // Any thread.
  Delivery deliver(Message&& message, const ActorRef& sender) override;
  [[nodiscard]] ActorAddress address() const override;
  [[nodiscard]] Cell* cell() noexcept override { return this; }
  void watched_by(const ActorRef& watcher) override;
  void unwatched_by(const ActorRef& watcher) override;
  void on_terminated(const Terminated& terminated) override;
  void stop(bool now) override;
  /// False when the actor is gone.
  bool push_control(Kind kind, Message message = {}, const ActorRef& sender = {});
  [[nodiscard]] Result<ActorRef> spawn(const Props& props, std::string_view name);
  [[nodiscard]] ActorRef find_child(std::string_view name) const;
  [[nodiscard]] const Children* children() const { return children_.load(std::memory_order_acquire); }
  [[nodiscard]] const Dispatch& dispatch() const { return props_->dispatch; }
  [[nodiscard]] std::uint64_t number() const override { return number_; }
  [[nodiscard]] Core& core() const { return core_; }
  [[nodiscard]] Cell* parent() const { return parent_; }
  [[nodiscard]] bool closed() const { return mailbox_.closed(); }
  /// Without its path.
  [[nodiscard]] ActorRow row(std::int64_t now_ns) const;

  // Names. A nameless child is called "$" and its number.
  [[nodiscard]] bool is_nameless() const { return name_.empty(); }
  [[nodiscard]] std::string name() const { return name_.empty() ? "$" + std::to_string(number_) : name_; }
  [[nodiscard]] bool has_name(std::string_view name) const {
    return name_.empty() ? this->name() == name : name_ == name;
  }
  [[nodiscard]] std::uint64_t name_hash() const { return name_hash_; }
  [[nodiscard]] static std::uint64_t hash_name(std::string_view name);

  /// The scheduler: processes up to so many messages.
  [[nodiscard]] RunResult run(std::uint32_t messages_max);
  /// When all threads have ended: gives up without asking the actor, so that no handle keeps another alive.
  void abandon();

  // Guarded by the parent's Children.
  Cell* sibling_next_ = nullptr;
  Cell* sibling_previous_ = nullptr;
  Cell* hash_next_ = nullptr;
  // The scheduler's: the next in the same queue, and the worker it is bound to (set once, before it first runs).
  Cell* run_next_ = nullptr;
  Worker* home_ = nullptr;

 private:
  friend class actor::Context;

  // Owner. Lifecycle (cell_life.cpp).
  void start();
  void build();
  void release_budget();
  void order_restart(const RestartOrder& order);
  void begin_restart(const Failure& failure);
  void rebuild();
  void begin_stop(bool now);
  void end();
  void drain(EnvelopeList control, EnvelopeList user);
  void drop_incarnation();
  void announce_end();
  // Messages (cell_run.cpp).
  [[nodiscard]] bool step();
  [[nodiscard]] bool rest();
  void process(Envelope* envelope);
  void receive(Envelope* envelope);
  void call_actor(const Message& message);
  void failed(Envelope* culprit);
  // Timers and answers (cell_timers.cpp).
  void queue_timer(const std::string& key, ActorTimer& timer, std::int64_t due_ns);
  void queue_idle_timer(std::int64_t due_ns);
  void process_timer(Envelope* envelope);
  void process_idle_timer(Envelope* envelope);
  void process_answer(Envelope* envelope);
  // Control and supervision (cell_control.cpp).
  void handle(Envelope* control);
  void suspend(Failure failure, std::uint32_t forgiven, bool quarantined);
  void resume();
  void child_failed(const ActorRef& child, const ChildFailure& failure);
  void carry_out(Cell& child, const Decision& decision, const Failure& failure);
  void siblings_too(const Cell& child, const Decision& decision, const Failure& failure);
  void child_ended(const ActorRef& child);
  void stop_children(bool now);
  [[nodiscard]] bool has_children() const;
  void quarantine(Envelope& envelope, const std::string& why);

  Extras& extras();
  Children& make_children();
  void set_state(ActorState state) { state_.store(state, std::memory_order_relaxed); }
  [[nodiscard]] ActorState state() const { return state_.load(std::memory_order_relaxed); }
  void dead_letter(Envelope& envelope, DeadLetter::Reason reason);

  Core& core_;
  Cell* const parent_;  ///< null for the root; kept, since handles outlive both
  const std::shared_ptr<const Props::Data> props_;
  const std::string name_;
  const std::uint64_t number_;
  const std::uint64_t name_hash_;

  Mailbox mailbox_;
  std::atomic<Children*> children_{nullptr};  ///< made at the first birth or failure, owned
  // Written by the owner, read by any thread.
  std::atomic<std::int64_t> oldest_ns_{0};
  std::atomic<std::uint32_t> restarts_{0};
  std::atomic<ActorState> state_{ActorState::running};

  // Owner.
  bool is_born_ = false;
  bool has_behaviour_ = false;
  bool stash_current_ = false;
  bool holds_budget_ = false;
  bool hold_start_ = false;
  bool has_ended_ = false;
  std::uint32_t forget_every_;
  std::uint64_t incarnation_ = 0;
  Context context_;
  std::unique_ptr<Actor> actor_;
  std::unique_ptr<Extras> extras_;
  Envelope* current_ = nullptr;  ///< processed now
  Envelope* culprit_ = nullptr;  ///< failed the actor; waits for the parent's decision
  // The parent's owner.
  FailureHistory history_;
};

}  // namespace wattring::actor::detail
