// SPDX-License-Identifier: Apache-2.0
// How a cell processes its messages.
#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"

namespace wattring::actor::detail {

Cell::RunResult Cell::run(std::uint32_t messages_max) {
  if (!is_born_) {
    is_born_ = true;
    start();
  }
  mailbox_.fetch();
  for (std::uint32_t i = 0; i < messages_max && !has_ended_; ++i) {
    while (!step()) {
      if (rest()) return RunResult::idle;
      mailbox_.fetch();
    }
  }
  if (has_ended_) {
    announce_end();
    return RunResult::ended;
  }
  mailbox_.forget_taken();
  if (const Envelope* front = mailbox_.front()) oldest_ns_.store(front->enqueued_ns, std::memory_order_relaxed);
  return RunResult::again;
}

/// One message, control first; false when there is none that may be processed now.
bool Cell::step() {
  mailbox_.fetch_control();
  if (Envelope* control = mailbox_.take_control()) {
    handle(control);
    return true;
  }
  if (state() != ActorState::running) return false;
  Envelope* envelope = mailbox_.take_user(forget_every_);
  if (envelope == nullptr) return false;
  process(envelope);
  return true;
}

bool Cell::rest() {
  mailbox_.forget_taken();
  const Envelope* front = mailbox_.front();
  oldest_ns_.store(front == nullptr ? 0 : front->enqueued_ns, std::memory_order_relaxed);
  return mailbox_.go_idle();
}

void Cell::process(Envelope* envelope) {
  switch (envelope->kind) {
    case Kind::user:
      return receive(envelope);
    case Kind::timer:
      return process_timer(envelope);
    case Kind::idle_timer:
      return process_idle_timer(envelope);
    case Kind::answer:
      return process_answer(envelope);
    default:
      delete envelope;
      return begin_stop(false);
  }
}

/// Owns the envelope. An exception is the actor's failure.
void Cell::receive(Envelope* envelope) {
  current_ = envelope;
  try {
    call_actor(envelope->message);
  } catch (...) {
    current_ = nullptr;
    stash_current_ = false;
    return failed(envelope);
  }
  current_ = nullptr;
  if (extras_ != nullptr && extras_->receive_timeout_ms > 0 && envelope->kind == Kind::user) {
    extras_->last_message_ns = core_.now_ns();
  }
  if (!std::exchange(stash_current_, false)) {
    delete envelope;
    return;
  }
  extras_->stash.push_back(envelope);
  ++extras_->stashed;
}

void Cell::call_actor(const Message& message) {
  if (!has_behaviour_) return actor_->receive(context_, message);
  // It may replace itself while it runs.
  const std::shared_ptr<const Context::Behaviour> behaviour = extras_->behaviours.back();
  (*behaviour)(context_, message);
}

/// Inside a catch block. Only what others sent is tried again: timers and answers belong to the incarnation that ends.
void Cell::failed(Envelope* culprit) {
  Failure failure = current_failure(std::string(culprit->message.type_name()));
  if (culprit->kind != Kind::user) {
    dead_letter(*culprit, DeadLetter::Reason::failed);
    delete culprit;
    return suspend(std::move(failure), 0, false);
  }
  ++culprit->failures;
  if (!is_poison(culprit->failures, props_->poison_after)) {
    culprit_ = culprit;
    return suspend(std::move(failure), 0, false);
  }
  const std::uint32_t forgiven = culprit->failures - 1U;
  quarantine(*culprit, failure.what);
  delete culprit;
  suspend(std::move(failure), forgiven, true);
}

}  // namespace wattring::actor::detail
