// SPDX-License-Identifier: Apache-2.0
#include "node/actor/testkit/test_kit.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "node/actor/detail/core.hpp"

namespace wattring::actor::testkit {

TestKit::TestKit(SystemOptions options) : clock_(std::make_shared<ManualClock>()) {
  auto scheduler = std::make_unique<ManualScheduler>();
  scheduler_ = scheduler.get();
  options.clock = clock_;
  options.scheduler = std::move(scheduler);
  system_ = std::make_unique<System>(std::move(options));
  system_->start();
  run();
}

TestKit::~TestKit() {
  system_->stop();
}

ActorRef TestKit::spawn(const Props& props, std::string_view name) {
  const Result<ActorRef> spawned = system_->spawn(props, name);
  WATTRING_CHECK(spawned.has_value());
  run();
  return *spawned;
}

Probe TestKit::probe(std::string_view name) {
  Probe made(*system_, *scheduler_, name);
  run();
  return made;
}

void TestKit::advance(std::int64_t ms) {
  TimerQueue& timers = system_->core().timers;
  const std::int64_t until_ns = clock_->monotonic_ns() + ms * 1'000'000;
  run();
  while (timers.next_due_ns().value_or(until_ns + 1) <= until_ns) {
    clock_->set_ns(std::max(clock_->monotonic_ns(), *timers.next_due_ns()));
    timers.fire_due(clock_->monotonic_ns());
    run();
  }
  clock_->set_ns(until_ns);
}

std::size_t TestKit::timers() const {
  return system_->core().timers.size();
}

}  // namespace wattring::actor::testkit
