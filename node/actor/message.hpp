// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wattring::actor {

class Message;

/// Anything that can be moved is a message. What holds memory of its own should say how much, so that mailboxes are
/// bounded in bytes: std::size_t message_bytes() const, the bytes beyond sizeof(T).
template <class T>
concept Payload = !std::is_same_v<T, Message> && std::is_object_v<T> && !std::is_const_v<T>;

namespace detail {

/// One static table a type; its address is the type's identity.
struct MessageOps {
  std::string_view type_name;
  void (*copy)(void* to, const void* from);     ///< null: the bytes are the value
  void (*move)(void* to, void* from) noexcept;  ///< leaves `from` destroyed; null: the bytes are the value
  void (*destroy)(void* at) noexcept;           ///< null: nothing to do
  const void* (*payload)(const void* at);       ///< null: it is stored in place
  std::size_t (*bytes)(const void* payload);
};

template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, text.find_first_of(";]"));
}

/// A payload that is large or cannot be copied: shared, never changed.
template <class T>
struct Box {
  std::atomic<std::uint32_t> uses{1};
  T value;
};

template <class T>
std::size_t payload_bytes(const void* payload) {
  if constexpr (requires(const T& value) { value.message_bytes(); }) {
    return sizeof(T) + static_cast<const T*>(payload)->message_bytes();
  } else {
    return sizeof(T);
  }
}

}  // namespace detail

/// One immutable value of any type: 48 bytes in place, more in a shared box. Moving is cheap; a copy of a boxed payload
/// shares it. A Message belongs to one thread at a time; what two copies share is only read.
class Message {
 public:
  static constexpr std::size_t kInlineBytes = 48;

  Message() = default;
  template <class T>
    requires Payload<std::remove_cvref_t<T>>
  Message(T&& value) {  // NOLINT(bugprone-forwarding-reference-overload): Payload excludes Message itself
    emplace<std::remove_cvref_t<T>>(std::forward<T>(value));
  }
  Message(const Message& other) : ops_(other.ops_) {
    if (ops_ == nullptr) return;
    if (ops_->copy != nullptr) {
      ops_->copy(storage_, other.storage_);
    } else {
      std::memcpy(storage_, other.storage_, kInlineBytes);
    }
  }
  Message(Message&& other) noexcept : ops_(std::exchange(other.ops_, nullptr)) { take(other); }
  Message& operator=(const Message& other) {
    if (this != &other) *this = Message(other);
    return *this;
  }
  Message& operator=(Message&& other) noexcept {
    if (this == &other) return *this;
    reset();
    ops_ = std::exchange(other.ops_, nullptr);
    take(other);
    return *this;
  }
  ~Message() { reset(); }

  /// The payload when it is exactly a T, else null; valid as long as the Message.
  template <class T>
  [[nodiscard]] const T* get_if() const noexcept {
    return ops_ == &kOps<T> ? static_cast<const T*>(payload()) : nullptr;
  }
  template <class T>
  [[nodiscard]] bool is() const noexcept {
    return ops_ == &kOps<T>;
  }
  [[nodiscard]] bool empty() const noexcept { return ops_ == nullptr; }
  /// For people, dead letters and quarantine; "nothing" when empty.
  [[nodiscard]] std::string_view type_name() const noexcept { return ops_ ? ops_->type_name : "nothing"; }
  /// What it counts against a mailbox's bytes.
  [[nodiscard]] std::size_t bytes() const { return ops_ ? ops_->bytes(payload()) : 0; }
  /// The type's identity inside this process.
  [[nodiscard]] const void* type() const noexcept { return ops_; }
  template <class T>
  [[nodiscard]] static const void* type_of() noexcept {
    return &kOps<T>;
  }

 private:
  static constexpr std::size_t kInlineAlign = 8;
  template <class T>
  static constexpr bool kFits = sizeof(T) <= kInlineBytes;
  template <class T>
  static constexpr bool kInline = kFits<T> && alignof(T) <= kInlineAlign && std::is_nothrow_move_constructible_v<T> &&
                                  std::is_copy_constructible_v<T>;

  template <class T>
  static constexpr detail::MessageOps inline_ops() {
    detail::MessageOps ops{detail::type_name<T>(), nullptr, nullptr, nullptr, nullptr, detail::payload_bytes<T>};
    if constexpr (!std::is_trivially_copyable_v<T>) {
      ops.copy = [](void* to, const void* from) { new (to) T(*static_cast<const T*>(from)); };
      ops.move = [](void* to, void* from) noexcept {
        new (to) T(std::move(*static_cast<T*>(from)));
        static_cast<T*>(from)->~T();
      };
      ops.destroy = [](void* at) noexcept { static_cast<T*>(at)->~T(); };
    }
    return ops;
  }

  template <class T>
  static constexpr detail::MessageOps boxed_ops() {
    using Slot = detail::Box<T>*;
    return {detail::type_name<T>(),
            [](void* to, const void* from) {
              const Slot box = *static_cast<const Slot*>(from);
              box->uses.fetch_add(1, std::memory_order_relaxed);
              new (to) Slot(box);
            },
            nullptr,
            [](void* at) noexcept {
              const Slot box = *static_cast<Slot*>(at);
              if (box->uses.fetch_sub(1, std::memory_order_acq_rel) == 1) delete box;
            },
            [](const void* at) -> const void* { return &(*static_cast<const Slot*>(at))->value; },
            detail::payload_bytes<T>};
  }

  template <class T>
  static constexpr detail::MessageOps ops_for() {
    if constexpr (kInline<T>) {
      return inline_ops<T>();
    } else {
      return boxed_ops<T>();
    }
  }
  template <class T>
  static constexpr detail::MessageOps kOps = ops_for<T>();

  template <class T, class Value>
  void emplace(Value&& value) {
    static_assert(std::is_move_constructible_v<T>, "a message can be moved");
    if constexpr (kInline<T>) {
      new (storage_) T(std::forward<Value>(value));
    } else {
      new (storage_) detail::Box<T>*(new detail::Box<T>{{1}, T(std::forward<Value>(value))});
    }
    ops_ = &kOps<T>;
  }
  void take(Message& other) noexcept {
    if (ops_ == nullptr) return;
    if (ops_->move != nullptr) {
      ops_->move(storage_, other.storage_);
    } else {
      std::memcpy(storage_, other.storage_, kInlineBytes);
    }
  }
  void reset() noexcept {
    if (ops_ != nullptr && ops_->destroy != nullptr) ops_->destroy(storage_);
    ops_ = nullptr;
  }
  [[nodiscard]] const void* payload() const {
    return ops_->payload != nullptr ? ops_->payload(storage_) : static_cast<const void*>(storage_);
  }

  const detail::MessageOps* ops_ = nullptr;
  alignas(kInlineAlign) std::byte storage_[kInlineBytes]{};
};

}  // namespace wattring::actor
