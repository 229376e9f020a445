// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/elsewhere.hpp"

#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"

namespace wattring::actor::detail {
namespace {

ActorAddress address_or_none(const ActorRef& ref) {
  return ref ? ref.address() : ActorAddress{};
}

}  // namespace

Delivery RemoteRecipient::deliver(Message&& message, const ActorRef& sender) {
  return core_.send({RemoteEnvelope::Kind::message, address_or_none(sender), address_, std::move(message)});
}

void RemoteRecipient::watched_by(const ActorRef& watcher) {
  const ActorRef self(this);
  // Before it is sent: the answer may be there at once.
  core_.remote_watches.add(address_.node, {watcher, self});
  if (core_.send({RemoteEnvelope::Kind::watch, watcher.address(), address_}) == Delivery::accepted) return;
  if (core_.remote_watches.remove(address_.node, watcher, address_)) {
    watcher.recipient()->on_terminated({self, Terminated::Reason::node_down});
  }
}

void RemoteRecipient::unwatched_by(const ActorRef& watcher) {
  if (!core_.remote_watches.remove(address_.node, watcher, address_)) return;
  core_.send({RemoteEnvelope::Kind::unwatch, watcher.address(), address_});
}

void RemoteRecipient::on_terminated(const Terminated& terminated) {
  core_.remote_watchers.remove(address_, terminated.who);
  core_.send({RemoteEnvelope::Kind::terminated, terminated.who.address(), address_});
}

void RemoteRecipient::on_refused(const ActorAddress& by, Delivery why) {
  core_.send({RemoteEnvelope::Kind::refused, by, address_, {}, why});
}

ActorRef PathRecipient::resolve() {
  {
    const std::lock_guard lock(mutex_);
    if (known_ && known_.recipient()->cell() != nullptr && !known_.recipient()->cell()->closed()) return known_;
  }
  ActorRef found = core_.find(path_);
  const std::lock_guard lock(mutex_);
  known_ = found;
  return found;
}

Delivery PathRecipient::deliver(Message&& message, const ActorRef& sender) {
  const ActorRef found = resolve();
  if (found) return found.recipient()->deliver(std::move(message), sender);
  core_.dead_letter(std::move(message), sender, address(), DeadLetter::Reason::no_actor);
  return Delivery::dead;
}

ActorAddress PathRecipient::address() const {
  return {core_.options.node, path_};
}

void PathRecipient::watched_by(const ActorRef& watcher) {
  watcher.recipient()->on_terminated({ActorRef(this)});
}

void PathRecipient::stop(bool now) {
  if (const ActorRef found = resolve()) found.recipient()->stop(now);
}

}  // namespace wattring::actor::detail
