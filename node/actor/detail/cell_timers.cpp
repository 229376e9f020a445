// SPDX-License-Identifier: Apache-2.0
// Timers and answers: messages that belong to one incarnation.
#include <algorithm>
#include <memory>

#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"

namespace wattring::actor::detail {
void Cell::queue_timer(const std::string& key, ActorTimer& timer, std::int64_t due_ns) {
  timer.queued = core_.timers.add(due_ns, [self = ActorRef(this), fired = TimerFired{key, timer.number}] {
    self.recipient()->cell()->push_control(Kind::timer, fired);
  });
}

void Cell::queue_idle_timer(std::int64_t due_ns) {
  const std::uint64_t number = extras_->idle_timer_number;
  extras_->idle_timer = core_.timers.add(
      due_ns, [self = ActorRef(this), number] { self.recipient()->cell()->push_control(Kind::idle_timer, number); });
}

void Cell::process_timer(Envelope* envelope) {
  std::unique_ptr<Envelope> owned(envelope);
  if (extras_ == nullptr) return;
  const auto* fired = envelope->message.get_if<TimerFired>();
  const auto found = extras_->timers.find(fired->key);
  if (found == extras_->timers.end() || found->second.number != fired->number) return;
  ActorTimer& timer = found->second;
  if (timer.period_ms > 0) {
    // Firings missed while the actor was busy are one.
    queue_timer(found->first, timer, std::max(later_ns(timer.queued.due_ns, timer.period_ms), core_.now_ns()));
    envelope->message = timer.message;
  } else {
    Message message = std::move(timer.message);
    extras_->timers.erase(found);
    envelope->message = std::move(message);
  }
  receive(owned.release());
}

void Cell::process_idle_timer(Envelope* envelope) {
  std::unique_ptr<Envelope> owned(envelope);
  if (extras_ == nullptr || extras_->idle_timer_number != *envelope->message.get_if<std::uint64_t>()) return;
  const std::int64_t now_ns = core_.now_ns();
  const std::int64_t due_ns = later_ns(extras_->last_message_ns, extras_->receive_timeout_ms);
  if (now_ns < due_ns) return queue_idle_timer(due_ns);
  extras_->last_message_ns = now_ns;
  queue_idle_timer(later_ns(now_ns, extras_->receive_timeout_ms));
  envelope->message = ReceiveTimeout{};
  receive(owned.release());
}

void Cell::process_answer(Envelope* envelope) {
  std::unique_ptr<Envelope> owned(envelope);
  if (extras_ == nullptr) return;
  const auto* answered = envelope->message.get_if<Answered>();
  const auto found = extras_->asks.find(answered->number);
  if (found == extras_->asks.end()) return;
  const Continuation continuation = std::move(found->second);
  extras_->asks.erase(found);
  current_ = envelope;
  try {
    continuation(context_, answered->result);
    current_ = nullptr;
  } catch (...) {
    current_ = nullptr;
    failed(owned.release());
  }
}

}  // namespace wattring::actor::detail
