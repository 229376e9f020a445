// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "node/actor/address.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

namespace detail {
class Recipient;
void retain(Recipient* recipient) noexcept;
void release(Recipient* recipient) noexcept;
}  // namespace detail

/// What became of a message when it was handed over. Refused messages are counted and never tried again by themselves.
enum class Delivery : std::uint8_t {
  accepted,  ///< in the mailbox, or handed to the transport; no promise that it will be processed
  full,      ///< the mailbox's count or bytes are used up: come back later, or drop by your own policy
  dead,      ///< nobody is there; the message became a dead letter
  no_route,  ///< another node, and no transport takes it
};

/// A handle to whoever lives at (node, path): an actor here or on another node, a router, somebody who asked. A value
/// of one pointer; copies from any thread, tell from any thread. A handle made by spawning or received as a sender is
/// bound to that one actor, across its restarts, and is dead after its stop; one made from an address reaches whoever
/// lives at the address.
class ActorRef {
 public:
  ActorRef() noexcept : recipient_(nullptr) {}  ///< nobody: every tell is `dead`
  explicit ActorRef(detail::Recipient* recipient) noexcept : recipient_(recipient) { retain(); }
  ActorRef(const ActorRef& other) noexcept : recipient_(other.recipient_) { retain(); }
  ActorRef(ActorRef&& other) noexcept : recipient_(std::exchange(other.recipient_, nullptr)) {}
  ActorRef& operator=(ActorRef other) noexcept {
    std::swap(recipient_, other.recipient_);
    return *this;
  }
  ~ActorRef() {
    if (recipient_ != nullptr) detail::release(recipient_);
  }

  /// Messages from one sender to one local actor arrive in the order of their sending.
  Delivery tell(Message message, const ActorRef& sender = {}) const;

  [[nodiscard]] explicit operator bool() const noexcept { return recipient_ != nullptr; }
  [[nodiscard]] ActorAddress address() const;  ///< all empty for nobody
  [[nodiscard]] std::string path() const { return address().path; }
  /// On this node. False for nobody.
  [[nodiscard]] bool is_local() const;
  /// Handles of the same actor are equal, and so are handles of the same address on another node.
  friend bool operator==(const ActorRef& a, const ActorRef& b) noexcept;

  /// The runtime's side of the handle.
  [[nodiscard]] detail::Recipient* recipient() const noexcept { return recipient_; }

 private:
  void retain() const noexcept {
    if (recipient_ != nullptr) detail::retain(recipient_);
  }
  detail::Recipient* recipient_;
};

}  // namespace wattring::actor
