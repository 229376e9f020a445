// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include "node/actor/actor.hpp"
#include "node/actor/context.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

/// match(message).on<Ping>([&](const Ping&) {...}).on<Halt>([&] {...}).otherwise([&] { context.unhandled(); });
/// The first that fits runs, at once.
class Match {
 public:
  explicit Match(const Message& message) : message_(message) {}

  template <class T, class Handler>
  Match& on(Handler&& handler) {
    if (handled_) return *this;
    const T* payload = message_.get_if<T>();
    if (payload == nullptr) return *this;
    handled_ = true;
    if constexpr (std::is_invocable_v<Handler, const T&>) {
      std::forward<Handler>(handler)(*payload);
    } else {
      std::forward<Handler>(handler)();
    }
    return *this;
  }
  template <class Handler>
  void otherwise(Handler&& handler) {
    if (!handled_) std::forward<Handler>(handler)();
  }
  [[nodiscard]] bool handled() const { return handled_; }

 private:
  const Message& message_;
  bool handled_ = false;
};

[[nodiscard]] inline Match match(const Message& message) {
  return Match(message);
}

/// class Meter : public TypedActor<Meter, Reading, Query> { public: void on(Context&, const Reading&); ... };
/// Each type listed has its `on`; a missing one does not compile, a message of another type is unhandled.
template <class Self, class... Handled>
class TypedActor : public Actor {
 public:
  void receive(Context& context, const Message& message) final {
    if (!(try_one<Handled>(context, message) || ...)) context.unhandled();
  }

 private:
  template <class T>
  bool try_one(Context& context, const Message& message) {
    const T* payload = message.get_if<T>();
    if (payload != nullptr) static_cast<Self*>(this)->on(context, *payload);
    return payload != nullptr;
  }
};

}  // namespace wattring::actor
