// SPDX-License-Identifier: Apache-2.0
#include "node/actor/start_budget.hpp"

#include "node/actor/detail/cell.hpp"

namespace wattring::actor {

std::size_t StartBudget::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

bool StartBudget::acquire_or_wait(const ActorRef& actor) {
  const std::lock_guard lock(mutex_);
  if (free_ > 0) {
    --free_;
    return true;
  }
  waiting_.push_back(actor);
  return false;
}

void StartBudget::release() {
  while (true) {
    ActorRef next;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        ++free_;
        return;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (next.recipient()->cell()->push_control(detail::Kind::start_turn)) return;
  }
}

}  // namespace wattring::actor
