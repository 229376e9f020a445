// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "node/actor/actor.hpp"
#include "node/actor/supervision.hpp"

namespace wattring::actor {

class StartBudget;

/// A mailbox refuses what would pass either; the runtime's own messages are never refused.
struct MailboxLimits {
  std::uint32_t messages_max = 65'536;     ///< at most kMessagesMax
  std::uint64_t bytes_max = 64ULL << 20U;  ///< payload bytes; at most kBytesMax
  static constexpr std::uint32_t kMessagesMax = (1U << 24U) - 1;
  static constexpr std::uint64_t kBytesMax = (1ULL << 40U) - 1;
};

/// Where an actor runs.
struct Dispatch {
  enum class Kind : std::uint8_t {
    shared,     ///< any worker
    pinned,     ///< one worker, always the same thread
    dedicated,  ///< a thread of its own: for actors that block
  };
  Kind kind = Kind::shared;
  std::uint32_t worker = 0;  ///< pinned: taken modulo the number of workers
  bool urgent = false;       ///< before all others of its worker; an urgent actor is pinned. For heartbeats
};

/// How to make an actor: a cheap value, shared by all who are made from it. Immutable behind the pointer, so any thread
/// may spawn from it.
class Props {
 public:
  using Factory = std::function<std::unique_ptr<Actor>()>;
  struct Data {
    Factory factory;
    Strategy strategy{};  ///< for the actor's children
    MailboxLimits mailbox{};
    Dispatch dispatch{};
    std::uint32_t poison_after = kPoisonAfterDefault;
    std::uint32_t stash_max = 1024;
    std::uint32_t children_max = 16'777'216;
    std::shared_ptr<StartBudget> start_budget;
  };

  explicit Props(Factory factory) : data_(std::make_shared<Data>()) { data_->factory = std::move(factory); }

  /// Each incarnation is a T built from copies of the arguments.
  template <class T, class... Args>
  static Props make(Args... args) {
    return Props([args...] { return std::make_unique<T>(args...); });
  }

  Props with_strategy(Strategy strategy) const {
    return with([&](Data& data) { data.strategy = std::move(strategy); });
  }
  Props with_mailbox(MailboxLimits limits) const {
    return with([&](Data& data) { data.mailbox = limits; });
  }
  Props pinned_to(std::uint32_t worker) const {
    return with([&](Data& data) { data.dispatch = {Dispatch::Kind::pinned, worker, data.dispatch.urgent}; });
  }
  Props on_own_thread() const {
    return with([](Data& data) { data.dispatch.kind = Dispatch::Kind::dedicated; });
  }
  Props urgent() const {
    return with([](Data& data) { data.dispatch.urgent = true; });
  }
  /// 1: a message that failed is never tried again. >= 1.
  Props with_poison_after(std::uint32_t failures) const {
    return with([&](Data& data) { data.poison_after = failures; });
  }
  Props with_stash(std::uint32_t messages_max) const {
    return with([&](Data& data) { data.stash_max = messages_max; });
  }
  Props with_children_max(std::uint32_t children_max) const {
    return with([&](Data& data) { data.children_max = children_max; });
  }
  /// Actors that share a budget start no more than its number at once.
  Props with_start_budget(std::shared_ptr<StartBudget> budget) const {
    return with([&](Data& data) { data.start_budget = std::move(budget); });
  }

  [[nodiscard]] const std::shared_ptr<Data>& data() const { return data_; }

 private:
  template <class Change>
  Props with(Change&& change) const {
    Props changed(*this);
    changed.data_ = std::make_shared<Data>(*data_);
    change(*changed.data_);
    return changed;
  }
  std::shared_ptr<Data> data_;
};

}  // namespace wattring::actor
