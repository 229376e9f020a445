// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "node/actor/actor_ref.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

/// Who wants to hear of messages of a type hears of all that are published. Delivery is an ordinary tell: a full
/// mailbox misses events, a stopped subscriber is dropped. Any thread; publishing to nobody costs a lookup.
class EventStream {
 public:
  template <class T>
  void subscribe(const ActorRef& subscriber) {
    add(Message::type_of<T>(), subscriber);
  }
  template <class T>
  void unsubscribe(const ActorRef& subscriber) {
    remove(Message::type_of<T>(), subscriber);
  }
  void publish(const Message& event);
  template <class T>
  [[nodiscard]] bool has_subscribers() const {
    return find(Message::type_of<T>()) != nullptr;
  }

 private:
  using Subscribers = std::shared_ptr<const std::vector<ActorRef>>;
  void add(const void* type, const ActorRef& subscriber);
  void remove(const void* type, const ActorRef& subscriber);
  [[nodiscard]] Subscribers find(const void* type) const;

  mutable std::mutex mutex_;
  std::map<const void*, Subscribers> by_type_;  ///< guarded by mutex_; the lists are immutable, no list is empty
};

}  // namespace wattring::actor
