// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "node/actor/actor_ref.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor::detail {

enum class Kind : std::uint8_t {
  user,
  stop,  ///< in line with user messages, so that it overtakes none
  // What follows goes before user messages.
  stop_now,
  start_turn,    ///< the start budget has a place
  resume,        ///< from the parent, like the next
  restart,       ///< message: RestartOrder
  restart_due,   ///< the backoff is over; message: the incarnation (uint64)
  child_failed,  ///< sender: the child, message: ChildFailure
  child_ended,   ///< sender: the child
  watch,         ///< sender: the watcher
  unwatch,       ///< likewise
  terminated,    ///< message: Terminated
  timer,         ///< message: TimerFired
  idle_timer,    ///< of the receive timeout; message: the timer's number (uint64)
  answer,        ///< message: Answered
};
[[nodiscard]] constexpr bool is_control(Kind kind) {
  return kind > Kind::stop;
}

struct Link {
  Link* next = nullptr;
};

/// A message on its way. Owned by the queue it is in, or by the cell that processes it.
struct Envelope : Link {
  Message message;
  ActorRef sender;
  std::int64_t enqueued_ns = 0;
  std::uint32_t bytes = 0;
  std::uint16_t failures = 0;
  Kind kind = Kind::user;

  Envelope(Message&& content, const ActorRef& from, Kind what)
      : message(std::move(content)), sender(from), kind(what) {}
};

/// FIFO of envelopes; owns them.
class EnvelopeList {
 public:
  EnvelopeList() = default;
  EnvelopeList(EnvelopeList&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), last_(std::exchange(other.last_, nullptr)) {}
  EnvelopeList& operator=(EnvelopeList&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    return *this;
  }
  ~EnvelopeList() {
    while (Envelope* envelope = pop_front()) delete envelope;
  }

  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] Envelope* front() const { return first_; }
  void push_back(Envelope* envelope) {
    envelope->next = nullptr;
    if (last_ == nullptr) {
      first_ = envelope;
    } else {
      last_->next = envelope;
    }
    last_ = envelope;
  }
  void push_front(Envelope* envelope) {
    envelope->next = first_;
    first_ = envelope;
    if (last_ == nullptr) last_ = envelope;
  }
  [[nodiscard]] Envelope* pop_front() {
    Envelope* envelope = first_;
    if (envelope == nullptr) return nullptr;
    first_ = static_cast<Envelope*>(envelope->next);
    if (first_ == nullptr) last_ = nullptr;
    return envelope;
  }
  /// All of `other` behind, or before, what is here.
  void append(EnvelopeList&& other) {
    if (other.empty()) return;
    if (empty()) {
      *this = std::move(other);
      return;
    }
    last_->next = std::exchange(other.first_, nullptr);
    last_ = std::exchange(other.last_, nullptr);
  }
  void prepend(EnvelopeList&& other) {
    other.append(std::move(*this));
    *this = std::move(other);
  }

 private:
  Envelope* first_ = nullptr;
  Envelope* last_ = nullptr;
};

}  // namespace wattring::actor::detail
