// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "node/actor/detail/envelope.hpp"
#include "node/actor/props.hpp"

namespace wattring::actor::detail {

/// Many writers, one reader, no lock. Writers push on a stack whose head also tells whether the reader sleeps or is
/// gone, so one compare-and-swap both queues a message and finds out who has to wake the reader: exactly the writer
/// that replaces the idle mark. The reader takes the whole stack at once and turns it over into two lists of its own,
/// control and user.
///
/// What counts against the limits is one word: messages in the upper 24 bits, bytes in the lower 40.
class Mailbox {
 public:
  enum class Push : std::uint8_t { queued, wake, full, closed };

  // Any thread. Ownership passes with queued and wake only.
  [[nodiscard]] Push push_bounded(Envelope* envelope, const MailboxLimits& limits) {
    const std::uint64_t weight = kOne + envelope->bytes;
    const std::uint64_t before = load_.fetch_add(weight, std::memory_order_relaxed);
    if (messages_in(before) >= limits.messages_max || bytes_in(before) + envelope->bytes > limits.bytes_max) {
      load_.fetch_sub(weight, std::memory_order_relaxed);
      return closed() ? Push::closed : Push::full;
    }
    const Push pushed = push(envelope);
    if (pushed == Push::closed) load_.fetch_sub(weight, std::memory_order_relaxed);
    return pushed;
  }
  /// The runtime's own: never full.
  [[nodiscard]] Push push(Envelope* envelope) {
    const bool control = is_control(envelope->kind);
    Link* head = head_.load(std::memory_order_relaxed);
    while (true) {
      if (head == &closed_mark) return Push::closed;
      envelope->next = head == &idle_mark ? nullptr : head;
      // After a successful exchange the envelope may be gone.
      if (head_.compare_exchange_weak(head, envelope, std::memory_order_acq_rel, std::memory_order_relaxed)) break;
    }
    if (head == &idle_mark) return Push::wake;
    if (control) has_control_.store(true, std::memory_order_release);
    return Push::queued;
  }
  [[nodiscard]] bool closed() const { return head_.load(std::memory_order_acquire) == &closed_mark; }
  [[nodiscard]] std::uint32_t messages() const { return messages_in(load_.load(std::memory_order_relaxed)); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_in(load_.load(std::memory_order_relaxed)); }

  // The reader alone, while it is not idle.
  void fetch() {
    if (head_.load(std::memory_order_relaxed) == nullptr) return;
    sort(head_.exchange(nullptr, std::memory_order_acquire));
  }
  void fetch_control() {
    if (has_control_.load(std::memory_order_relaxed) && has_control_.exchange(false, std::memory_order_acquire))
      fetch();
  }
  [[nodiscard]] Envelope* take_control() { return control_.pop_front(); }
  /// The next in line with user messages; its weight is given back.
  [[nodiscard]] Envelope* take_user(std::uint32_t forget_every) {
    Envelope* envelope = user_.pop_front();
    if (envelope != nullptr && envelope->bytes != 0) {
      taken_ += kOne + std::exchange(envelope->bytes, 0U);
      if (messages_in(taken_) >= forget_every) forget_taken();
    }
    return envelope;
  }
  /// What was taken stops counting; until then it counts still, so limits are met early rather than late.
  void forget_taken() {
    if (taken_ != 0) load_.fetch_sub(std::exchange(taken_, 0U), std::memory_order_relaxed);
  }
  void put_back(Envelope* envelope) { user_.push_front(envelope); }
  void put_back(EnvelopeList&& envelopes) { user_.prepend(std::move(envelopes)); }
  void append(Envelope* envelope) { user_.push_back(envelope); }
  [[nodiscard]] const Envelope* front() const { return user_.front(); }
  [[nodiscard]] bool has_private_control() const { return !control_.empty(); }
  /// True: the reader sleeps now, and must not touch anything any more: a writer may have woken it elsewhere.
  [[nodiscard]] bool go_idle() {
    Link* expected = nullptr;
    return head_.compare_exchange_strong(expected, &idle_mark, std::memory_order_acq_rel, std::memory_order_relaxed);
  }
  /// From now on pushes find it closed. What was queued is handed over, control first.
  void close(EnvelopeList& control, EnvelopeList& user) {
    sort(head_.exchange(&closed_mark, std::memory_order_acq_rel));
    control.append(std::move(control_));
    user.append(std::move(user_));
  }

 private:
  static constexpr std::uint64_t kOne = 1ULL << 40U;
  static std::uint32_t messages_in(std::uint64_t load) { return static_cast<std::uint32_t>(load >> 40U); }
  static std::uint64_t bytes_in(std::uint64_t load) { return load & (kOne - 1); }

  /// Newest first becomes oldest first.
  void sort(Link* newest) {
    EnvelopeList control;
    EnvelopeList user;
    while (newest != nullptr && newest != &idle_mark && newest != &closed_mark) {
      auto* envelope = static_cast<Envelope*>(newest);
      newest = envelope->next;
      (is_control(envelope->kind) ? control : user).push_front(envelope);
    }
    control_.append(std::move(control));
    user_.append(std::move(user));
  }

  static inline Link idle_mark;
  static inline Link closed_mark;

  // Writers and the reader. Not idle at first: whoever creates the mailbox lets its reader run.
  std::atomic<Link*> head_{nullptr};
  std::atomic<std::uint64_t> load_{0};
  std::atomic<bool> has_control_{false};
  // The reader alone.
  EnvelopeList control_;
  EnvelopeList user_;
  std::uint64_t taken_ = 0;
};

}  // namespace wattring::actor::detail
