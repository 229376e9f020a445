// SPDX-License-Identifier: Apache-2.0
#include "node/actor/router.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "node/actor/detail/core.hpp"
#include "node/actor/detail/recipient.hpp"

namespace wattring::actor {
namespace {

/// Points of each routee on the ring: with so many the shares of equal routees differ by about a tenth.
constexpr std::uint64_t kPointsEach = 128;

struct Table {
  std::vector<ActorRef> routees;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ring;  ///< (point, routee), by point
};

std::shared_ptr<const Table> make_table(Routing routing, std::vector<ActorRef> routees) {
  auto table = std::make_shared<Table>();
  table->routees = std::move(routees);
  if (routing != Routing::consistent_hash) return table;
  for (std::uint32_t index = 0; index < table->routees.size(); ++index) {
    const ActorAddress address = table->routees[index].address();
    const std::string name = to_hex(address.node.bytes) + address.path;
    for (std::uint64_t point = 0; point < kPointsEach; ++point) table->ring.emplace_back(hash64(name, point), index);
  }
  std::ranges::sort(table->ring);
  return table;
}

class RouterRecipient final : public detail::Recipient {
 public:
  RouterRecipient(detail::Core& core, Routing routing, Router::HashKey hash_key)
      : core_(core), routing_(routing), hash_key_(std::move(hash_key)) {}

  Delivery deliver(Message&& message, const ActorRef& sender) override {
    const std::shared_ptr<const Table> table = current();
    if (table->routees.empty()) {
      core_.dead_letter(std::move(message), sender, address(), DeadLetter::Reason::no_actor);
      return Delivery::dead;
    }
    if (routing_ == Routing::broadcast) return broadcast(*table, message, sender);
    const ActorRef& chosen = choose(*table, message);
    return chosen.tell(std::move(message), sender);
  }
  [[nodiscard]] ActorAddress address() const override { return {core_.options.node, "/router"}; }

  void set_table(std::shared_ptr<const Table> table) {
    const std::lock_guard lock(mutex_);
    table_.swap(table);
  }
  [[nodiscard]] Routing routing() const { return routing_; }

 private:
  [[nodiscard]] std::shared_ptr<const Table> current() const {
    const std::lock_guard lock(mutex_);
    return table_;
  }
  static Delivery broadcast(const Table& table, const Message& message, const ActorRef& sender) {
    Delivery best = Delivery::dead;
    for (const ActorRef& routee : table.routees) best = std::min(best, routee.tell(message, sender));
    return best;
  }
  [[nodiscard]] const ActorRef& choose(const Table& table, const Message& message) {
    if (routing_ == Routing::round_robin) {
      return table.routees[next_.fetch_add(1, std::memory_order_relaxed) % table.routees.size()];
    }
    const std::pair<std::uint64_t, std::uint32_t> key{hash_key_(message), 0};
    const auto found = std::ranges::lower_bound(table.ring, key);
    return table.routees[(found == table.ring.end() ? table.ring.front() : *found).second];
  }

  detail::Core& core_;
  const Routing routing_;
  const Router::HashKey hash_key_;
  std::atomic<std::uint64_t> next_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const Table> table_;  ///< guarded by mutex_
};

}  // namespace

Router::Router(System& system, Routing routing, std::vector<ActorRef> routees, HashKey hash_key) {
  WATTRING_CHECK(routing != Routing::consistent_hash || hash_key);
  ref_ = ActorRef(new RouterRecipient(system.core(), routing, std::move(hash_key)));
  set_routees(std::move(routees));
}

void Router::set_routees(std::vector<ActorRef> routees) {
  auto* recipient = static_cast<RouterRecipient*>(ref_.recipient());
  recipient->set_table(make_table(recipient->routing(), std::move(routees)));
}

}  // namespace wattring::actor
