// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "node/actor/actor_ref.hpp"
#include "node/actor/ask.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {
class System;
}

namespace wattring::actor::testkit {

class ManualScheduler;

/// An actor that keeps what it gets. The expecting calls run the system first, at the present moment; move time with
/// TestKit::advance. A value; copies look at the same mailbox. One thread.
class Probe {
 public:
  struct Received {
    Message message;
    ActorRef sender;
  };
  struct Inbox {
    std::deque<Received> received;
    ActorRef last_sender;
  };
  Probe(System& system, ManualScheduler& scheduler, std::string_view name);

  [[nodiscard]] const ActorRef& ref() const { return ref_; }
  Delivery tell(const ActorRef& to, Message message) { return to.tell(std::move(message), ref_); }
  Delivery reply(Message message) { return inbox_->last_sender.tell(std::move(message), ref_); }
  void watch(const ActorRef& actor);
  [[nodiscard]] const ActorRef& last_sender() const { return inbox_->last_sender; }

  /// The oldest message kept, which must be a T; else the error says what there was instead.
  template <class T>
  [[nodiscard]] Result<T> expect_message() {
    const AskResult next = take();
    return answer_as<T>(next);
  }
  /// Succeeds when nothing is kept; else the error names the first.
  [[nodiscard]] Result<void> expect_no_message();
  /// How many are kept.
  [[nodiscard]] std::size_t waiting();

 private:
  [[nodiscard]] AskResult take();

  ManualScheduler* scheduler_;
  std::shared_ptr<Inbox> inbox_;
  ActorRef ref_;
};

}  // namespace wattring::actor::testkit
