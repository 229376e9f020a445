// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/actor/system.hpp"
#include "node/actor/testkit/manual_scheduler.hpp"
#include "node/actor/testkit/probe.hpp"

namespace wattring::actor::testkit {

/// A System on one thread and on a clock that the test moves: nothing runs unless the test says so, and nothing
/// depends on how fast the machine is. The system starts with the kit and stops with it.
class TestKit {
 public:
  explicit TestKit(SystemOptions options = {});
  TestKit(const TestKit&) = delete;
  TestKit& operator=(const TestKit&) = delete;
  ~TestKit();

  [[nodiscard]] System& system() { return *system_; }
  /// Spawns and lets it start; the actor must be spawnable.
  ActorRef spawn(const Props& props, std::string_view name = {});
  /// An actor that keeps what it gets, for the test to look at.
  [[nodiscard]] Probe probe(std::string_view name = {});

  /// Until nobody has anything to do at this moment.
  void run() { scheduler_->run_until_idle(); }
  bool run_one() { return scheduler_->run_one(); }
  /// Moves time on, firing each timer at its own moment and running everything in between.
  void advance(std::int64_t ms);
  [[nodiscard]] std::int64_t now_ns() const { return clock_->monotonic_ns(); }
  [[nodiscard]] std::size_t timers() const;

 private:
  std::shared_ptr<ManualClock> clock_;
  ManualScheduler* scheduler_;  ///< owned by the system
  std::unique_ptr<System> system_;
};

}  // namespace wattring::actor::testkit
