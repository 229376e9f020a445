// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/recipient.hpp"

namespace wattring::actor {

bool detail::Recipient::try_retain() noexcept {
  std::uint32_t uses = uses_.load(std::memory_order_relaxed);
  while (uses != 0 && !uses_.compare_exchange_weak(uses, uses + 1, std::memory_order_acq_rel)) {
  }
  return uses != 0;
}

void detail::retain(Recipient* recipient) noexcept {
  recipient->retain();
}
void detail::release(Recipient* recipient) noexcept {
  recipient->release();
}

Delivery ActorRef::tell(Message message, const ActorRef& sender) const {
  return recipient_ == nullptr ? Delivery::dead : recipient_->deliver(std::move(message), sender);
}

ActorAddress ActorRef::address() const {
  return recipient_ == nullptr ? ActorAddress{} : recipient_->address();
}

bool ActorRef::is_local() const {
  return recipient_ != nullptr && recipient_->is_local();
}

bool operator==(const ActorRef& a, const ActorRef& b) noexcept {
  if (a.recipient_ == b.recipient_) return true;
  if (a.recipient_ == nullptr || b.recipient_ == nullptr) return false;
  // Two cells may have lived at one address, one after the other.
  if (a.recipient_->cell() != nullptr && b.recipient_->cell() != nullptr) return false;
  return a.address() == b.address();
}

const char* to_string(DeadLetter::Reason reason) {
  switch (reason) {
    case DeadLetter::Reason::no_actor:
      return "no_actor";
    case DeadLetter::Reason::stopped:
      return "stopped";
    case DeadLetter::Reason::unhandled:
      return "unhandled";
    case DeadLetter::Reason::failed:
      return "failed";
    case DeadLetter::Reason::late_answer:
      return "late_answer";
    case DeadLetter::Reason::no_route:
      return "no_route";
  }
  return "unknown";
}

}  // namespace wattring::actor
