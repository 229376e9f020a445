// SPDX-License-Identifier: Apache-2.0
#include "node/actor/testkit/probe.hpp"

#include "base/check.hpp"
#include "node/actor/context.hpp"
#include "node/actor/system.hpp"
#include "node/actor/testkit/manual_scheduler.hpp"

namespace wattring::actor::testkit {
namespace {

struct Watch {
  ActorRef actor;
};

class ProbeActor final : public Actor {
 public:
  explicit ProbeActor(std::shared_ptr<Probe::Inbox> inbox) : inbox_(std::move(inbox)) {}

  void receive(Context& context, const Message& message) override {
    if (const auto* watch = message.get_if<Watch>()) return context.watch(watch->actor);
    inbox_->received.push_back({message, context.sender()});
  }

 private:
  std::shared_ptr<Probe::Inbox> inbox_;
};

}  // namespace

Probe::Probe(System& system, ManualScheduler& scheduler, std::string_view name)
    : scheduler_(&scheduler), inbox_(std::make_shared<Inbox>()) {
  const Result<ActorRef> spawned = system.spawn(Props::make<ProbeActor>(inbox_), name);
  WATTRING_CHECK(spawned.has_value());
  ref_ = *spawned;
}

void Probe::watch(const ActorRef& actor) {
  ref_.tell(Watch{actor});
  scheduler_->run_until_idle();
}

AskResult Probe::take() {
  scheduler_->run_until_idle();
  if (inbox_->received.empty()) return fail(ErrorCode::not_found, "nothing came to " + ref_.path());
  Received next = std::move(inbox_->received.front());
  inbox_->received.pop_front();
  inbox_->last_sender = std::move(next.sender);
  return std::move(next.message);
}

Result<void> Probe::expect_no_message() {
  scheduler_->run_until_idle();
  if (inbox_->received.empty()) return {};
  return fail(ErrorCode::already_exists,
              ref_.path() + " got a " + std::string(inbox_->received.front().message.type_name()));
}

std::size_t Probe::waiting() {
  scheduler_->run_until_idle();
  return inbox_->received.size();
}

}  // namespace wattring::actor::testkit
