// SPDX-License-Identifier: Apache-2.0
// A cell's birth, restarts and end.
#include <stdexcept>

#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"
#include "node/actor/start_budget.hpp"

namespace wattring::actor::detail {

void Cell::start() {
  if (props_->start_budget != nullptr && !holds_budget_) {
    // Before the wait begins: the turn may come at once, from another thread.
    set_state(ActorState::waiting_to_start);
    if (!props_->start_budget->acquire_or_wait(ActorRef(this))) return;
    holds_budget_ = true;
  }
  build();
}

void Cell::build() {
  set_state(ActorState::running);
  try {
    actor_ = props_->factory();
    if (actor_ == nullptr) throw std::logic_error("the factory made no actor");
    actor_->started(context_);
  } catch (...) {
    suspend(current_failure("start"), 0, false);
  }
  if (!hold_start_ || state() == ActorState::suspended) release_budget();
}

void Cell::release_budget() {
  hold_start_ = false;
  if (!std::exchange(holds_budget_, false)) return;
  props_->start_budget->release();
}

void Cell::order_restart(const RestartOrder& order) {
  if (state() != ActorState::running && state() != ActorState::suspended) return;
  if (order.delay_ms <= 0) return begin_restart(order.failure);
  set_state(ActorState::backing_off);
  Extras& more = extras();
  more.restart_order = order;
  more.restart_timer = core_.timers.add(core_.due_ns(order.delay_ms),
                                        [self = ActorRef(this), this] { push_control(Kind::restart_due); });
}

void Cell::begin_restart(const Failure& failure) {
  set_state(ActorState::restarting);
  if (actor_ != nullptr) {
    try {
      actor_->restarting(context_, failure);
    } catch (...) {
      core_.failures.add();
    }
  }
  actor_.reset();
  drop_incarnation();
  if (culprit_ != nullptr) mailbox_.put_back(std::exchange(culprit_, nullptr));
  if (extras_ != nullptr) {
    mailbox_.put_back(std::move(extras_->stash));
    extras_->stashed = 0;
  }
  if (!has_children()) return rebuild();
  make_children().close();
  stop_children(false);
}

void Cell::rebuild() {
  ++incarnation_;
  restarts_.fetch_add(1, std::memory_order_relaxed);
  core_.restarts.add();
  if (children() != nullptr) make_children().reopen();
  start();
}

void Cell::begin_stop(bool now) {
  if (state() != ActorState::stopping) {
    set_state(ActorState::stopping);
    release_budget();
    if (extras_ != nullptr) core_.timers.cancel(extras_->restart_timer);
    if (children() != nullptr) make_children().close();
    stop_children(now);
  } else if (now) {
    stop_children(true);
  }
  if (!has_children()) end();
}

void Cell::end() {
  if (actor_ != nullptr) {
    try {
      actor_->stopped(context_);
    } catch (...) {
      core_.failures.add();
    }
  }
  actor_.reset();
  drop_incarnation();
  set_state(ActorState::stopped);
  EnvelopeList control;
  EnvelopeList user;
  if (culprit_ != nullptr) user.push_back(std::exchange(culprit_, nullptr));
  if (extras_ != nullptr) user.prepend(std::move(extras_->stash));
  mailbox_.close(control, user);
  drain(std::move(control), std::move(user));
  if (extras_ != nullptr) {
    const ActorRef self(this);
    for (const ActorRef& watcher : extras_->watchers.take_all()) watcher.recipient()->on_terminated({self});
    for (const ActorRef& watched : extras_->watching.take_all()) watched.recipient()->unwatched_by(self);
    extras_.reset();
  }
  has_ended_ = true;
}

void Cell::drain(EnvelopeList control, EnvelopeList user) {
  while (Envelope* envelope = control.pop_front()) {
    if (envelope->kind == Kind::watch) envelope->sender.recipient()->on_terminated({ActorRef(this)});
    if (envelope->kind == Kind::start_turn) props_->start_budget->release();
    delete envelope;
  }
  while (Envelope* envelope = user.pop_front()) {
    if (envelope->kind == Kind::user) dead_letter(*envelope, DeadLetter::Reason::stopped);
    delete envelope;
  }
}

/// What the next incarnation must not see.
void Cell::drop_incarnation() {
  release_budget();
  if (extras_ == nullptr) return;
  for (const auto& [key, timer] : extras_->timers) core_.timers.cancel(timer.queued);
  extras_->timers.clear();
  core_.timers.cancel(extras_->idle_timer);
  extras_->idle_timer_number = 0;
  extras_->receive_timeout_ms = 0;
  extras_->asks.clear();
  extras_->behaviours.clear();
  has_behaviour_ = false;
}

/// The last thing a cell does; its parent may free it at once.
void Cell::announce_end() {
  core_.actors.fetch_sub(1, std::memory_order_relaxed);
  if (parent_ == nullptr) return core_.root_ended();
  const ActorRef keep_parent(parent_);
  parent_->push_control(Kind::child_ended, {}, ActorRef(this));
}

void Cell::abandon() {
  if (const Children* known = children()) {
    for (const ActorRef& child : known->list()) {
      child.recipient()->cell()->abandon();
      (void)make_children().remove(*child.recipient()->cell());
    }
  }
  actor_.reset();
  drop_incarnation();
  EnvelopeList control;
  EnvelopeList user;
  mailbox_.close(control, user);
  extras_.reset();
}

}  // namespace wattring::actor::detail
