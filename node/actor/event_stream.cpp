// SPDX-License-Identifier: Apache-2.0
#include "node/actor/event_stream.hpp"

#include <algorithm>

namespace wattring::actor {

void EventStream::add(const void* type, const ActorRef& subscriber) {
  const std::lock_guard lock(mutex_);
  Subscribers& current = by_type_[type];
  auto changed =
      current ? std::make_shared<std::vector<ActorRef>>(*current) : std::make_shared<std::vector<ActorRef>>();
  if (std::ranges::find(*changed, subscriber) == changed->end()) changed->push_back(subscriber);
  current = std::move(changed);
}

void EventStream::remove(const void* type, const ActorRef& subscriber) {
  Subscribers before;  // outlives the lock: handles may be the last ones
  const std::lock_guard lock(mutex_);
  const auto found = by_type_.find(type);
  if (found == by_type_.end()) return;
  before = found->second;
  auto changed = std::make_shared<std::vector<ActorRef>>(*before);
  std::erase(*changed, subscriber);
  if (changed->empty()) {
    by_type_.erase(found);
  } else {
    found->second = std::move(changed);
  }
}

EventStream::Subscribers EventStream::find(const void* type) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nullptr : found->second;
}

void EventStream::publish(const Message& event) {
  const Subscribers subscribers = find(event.type());
  if (subscribers == nullptr) return;
  for (const ActorRef& subscriber : *subscribers) {
    if (subscriber.tell(event) == Delivery::dead) remove(event.type(), subscriber);
  }
}

}  // namespace wattring::actor
