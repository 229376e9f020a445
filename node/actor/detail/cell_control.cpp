// SPDX-License-Identifier: Apache-2.0
// Control messages, and how a parent supervises.
#include <memory>

#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"
#include "node/actor/start_budget.hpp"

namespace wattring::actor::detail {
namespace {

std::string describe(const Decision& decision) {
  switch (decision.directive) {
    case Directive::resume:
      return "resume";
    case Directive::restart:
      return "restart in " + std::to_string(decision.delay_ms) + " ms" +
             (decision.siblings_too ? ", with siblings" : "");
    case Directive::stop:
      return decision.siblings_too ? "stop, with siblings" : "stop";
    case Directive::escalate:
      return "escalate";
  }
  return "stop";
}

}  // namespace

void Cell::handle(Envelope* control) {
  std::unique_ptr<Envelope> owned(control);
  switch (control->kind) {
    case Kind::stop_now:
      return begin_stop(true);
    case Kind::start_turn:
      if (state() != ActorState::waiting_to_start) return props_->start_budget->release();
      holds_budget_ = true;
      return build();
    case Kind::resume:
      return resume();
    case Kind::restart:
      return order_restart(*control->message.get_if<RestartOrder>());
    case Kind::restart_due:
      if (state() == ActorState::backing_off) begin_restart(extras().restart_order.failure);
      return;
    case Kind::child_failed:
      return child_failed(control->sender, *control->message.get_if<ChildFailure>());
    case Kind::child_ended:
      return child_ended(control->sender);
    case Kind::watch:
      extras().watchers.add(control->sender);
      return;
    case Kind::unwatch:
      if (extras_ != nullptr) extras_->watchers.remove(control->sender);
      return;
    case Kind::terminated:
      // Behind what the actor had sent before its end, as a message like any other.
      if (extras_ == nullptr || !extras_->watching.remove(control->message.get_if<Terminated>()->who)) return;
      control->kind = Kind::user;
      return mailbox_.append(owned.release());
    default:
      if (state() == ActorState::running) return process(owned.release());
      return mailbox_.append(owned.release());
  }
}

void Cell::suspend(Failure failure, std::uint32_t forgiven, bool quarantined) {
  core_.failures.add();
  make_children().set_last_failure(failure.what);
  set_state(ActorState::suspended);
  parent_->push_control(Kind::child_failed, ChildFailure{std::move(failure), forgiven, quarantined}, ActorRef(this));
}

void Cell::resume() {
  if (state() != ActorState::suspended) return;
  // An actor that could not even start has nothing to go on with.
  if (actor_ == nullptr) return begin_restart({});
  if (culprit_ != nullptr) {
    const std::unique_ptr<Envelope> culprit(std::exchange(culprit_, nullptr));
    dead_letter(*culprit, DeadLetter::Reason::failed);
  }
  set_state(ActorState::running);
  if (extras_ == nullptr) return;
  for (const ActorRef& child : std::exchange(extras_->escalated, {}))
    child.recipient()->cell()->push_control(Kind::resume);
}

void Cell::child_failed(const ActorRef& child_ref, const ChildFailure& report) {
  Cell& child = *child_ref.recipient()->cell();
  if (state() == ActorState::stopping || state() == ActorState::restarting) {
    child.push_control(Kind::stop_now);
    return;
  }
  const std::int64_t now_ns = core_.now_ns();
  const Strategy& strategy = props_->strategy;
  if (!report.quarantined) child.history_.record(now_ns, strategy.window_ms);
  child.history_.forgive(report.forgiven);
  const Decision decision = decide(strategy, child.history_, report.failure, now_ns, extras().random.unit());
  const ActorAddress where = child.address();
  core_.options.log->warn("actor_failed", where.path + ": " + report.failure.what + " (during " +
                                              report.failure.during + "): " + describe(decision));
  if (core_.events.has_subscribers<ChildFailed>()) {
    core_.events.publish(ChildFailed{where, report.failure.what, report.failure.during, describe(decision)});
  }
  carry_out(child, decision, report.failure);
}

void Cell::carry_out(Cell& child, const Decision& decision, const Failure& failure) {
  switch (decision.directive) {
    case Directive::resume:
      child.push_control(Kind::resume);
      return;
    case Directive::restart:
      child.push_control(Kind::restart, RestartOrder{decision.delay_ms, failure});
      break;
    case Directive::stop:
      child.push_control(Kind::stop_now);
      break;
    case Directive::escalate:
      if (parent_ == nullptr) {
        child.push_control(Kind::stop_now);
        return;
      }
      extras().escalated.emplace_back(&child);
      if (state() == ActorState::running)
        suspend(Failure{child.name() + ": " + failure.what, failure.during, failure.cause}, 0, false);
      return;
  }
  if (decision.siblings_too) siblings_too(child, decision, failure);
}

void Cell::siblings_too(const Cell& child, const Decision& decision, const Failure& failure) {
  for (const ActorRef& sibling : make_children().list()) {
    Cell& other = *sibling.recipient()->cell();
    if (&other == &child) continue;
    if (decision.directive == Directive::restart) {
      other.push_control(Kind::restart, RestartOrder{decision.delay_ms, failure});
    } else {
      other.stop(false);
    }
  }
}

void Cell::child_ended(const ActorRef& child) {
  const ActorRef kept = make_children().remove(*child.recipient()->cell());
  if (has_children()) return;
  if (state() == ActorState::restarting) rebuild();
  if (state() == ActorState::stopping) end();
}

bool Cell::has_children() const {
  return children() != nullptr && children()->size() > 0;
}

/// Those that failed and wait for us would wait for ever.
void Cell::stop_children(bool now) {
  const Children* known = children();
  if (known == nullptr) return;
  for (const ActorRef& child : known->list()) child.recipient()->stop(now);
  if (extras_ == nullptr) return;
  for (const ActorRef& child : std::exchange(extras_->escalated, {})) child.recipient()->stop(true);
}

void Cell::quarantine(Envelope& envelope, const std::string& why) {
  core_.quarantined.add();
  const Quarantined event{std::move(envelope.message), envelope.sender, address(), why, envelope.failures};
  core_.options.log->error("message_quarantined", event.actor.path + ": " + std::string(event.message.type_name()) +
                                                      " failed " + std::to_string(event.failures) + " times: " + why);
  if (core_.options.quarantine) core_.options.quarantine(event);
  if (core_.events.has_subscribers<Quarantined>()) core_.events.publish(event);
}

}  // namespace wattring::actor::detail
