// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/core.hpp"

#include <chrono>
#include <limits>

#include "base/units.hpp"
#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/elsewhere.hpp"

namespace wattring::actor::detail {
namespace {

SystemOptions with_defaults(SystemOptions&& options) {
  if (options.clock == nullptr) options.clock = std::make_shared<SystemClock>();
  if (options.scheduler == nullptr) options.scheduler = make_thread_scheduler();
  if (options.log == nullptr) options.log = Log::silent();
  return std::move(options);
}

}  // namespace

Core::Core(System& owner, SystemOptions&& given) : system(owner), options(with_defaults(std::move(given))) {}

std::int64_t later_ns(std::int64_t from_ns, std::int64_t delay_ms) {
  const std::int64_t room_ms = (std::numeric_limits<std::int64_t>::max() - from_ns) / kNsPerMs;
  return delay_ms >= room_ms ? std::numeric_limits<std::int64_t>::max() : from_ns + delay_ms * kNsPerMs;
}

void Core::dead_letter(Message&& message, const ActorRef& sender, ActorAddress to, DeadLetter::Reason reason) {
  dead_letters.add();
  // A dead letter about a dead letter would never end.
  if (message.is<DeadLetter>() || !events.has_subscribers<DeadLetter>()) return;
  events.publish(DeadLetter{std::move(message), sender, std::move(to), reason});
}

ActorRef Core::find(std::string_view path) {
  if (path.size() > kPathBytesMax) return {};
  ActorRef here = root;
  std::string_view name = take_name(path);
  if (name == "temp") return temporaries.find(take_name(path));
  while (here && !name.empty()) {
    here = here.recipient()->cell()->find_child(name);
    name = take_name(path);
  }
  return here;
}

ActorRef Core::remote(ActorAddress address) {
  return ActorRef(new RemoteRecipient(*this, std::move(address)));
}

Delivery Core::send(RemoteEnvelope&& envelope) {
  const Delivery sent =
      options.transport == nullptr ? Delivery::no_route : options.transport->send(std::move(envelope));
  if (sent == Delivery::full) refused_full.add();
  if (sent == Delivery::no_route) refused_no_route.add();
  return sent;
}

void Core::deliver(RemoteEnvelope&& envelope, const ActorRef& from, const ActorRef& to) {
  Delivery delivered = Delivery::dead;
  if (to) {
    delivered = to.tell(std::move(envelope.message), from);
  } else {
    dead_letter(std::move(envelope.message), from, envelope.to, DeadLetter::Reason::no_actor);
  }
  if (from && delivered != Delivery::accepted) from.recipient()->on_refused(envelope.to, delivered);
}

void Core::root_ended() {
  const std::lock_guard lock(end_mutex_);
  ended_ = true;
  end_.notify_all();
}

bool Core::wait_for_root(std::int64_t timeout_ms) {
  std::unique_lock lock(end_mutex_);
  return end_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return ended_; });
}

}  // namespace wattring::actor::detail
