// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/actor/actor_ref.hpp"

namespace wattring::actor {

class System;

struct ShutdownPhase {
  std::string name;
  std::int64_t deadline_ms = 5'000;
};

/// stop-doors, drain, hand-over, checkpoint, leave, close.
[[nodiscard]] std::vector<ShutdownPhase> default_shutdown_phases();

struct ShutdownRow {
  enum class Outcome : std::uint8_t { done, timed_out, failed };
  std::string phase;
  std::string task;
  Outcome outcome = Outcome::done;
  std::int64_t took_ms = 0;
};

/// Phases in order; the tasks of one phase together. A phase ends when all its tasks are done or its deadline passes,
/// and the next one begins: a stuck task delays the end, it does not prevent it. Any thread; owned beside the System.
class CoordinatedShutdown {
 public:
  /// Calls `done` once, from any thread, at once or later. An exception at once is the outcome `failed`.
  using Done = std::function<void()>;
  using Task = std::function<void(Done done)>;
  using Report = std::vector<ShutdownRow>;

  explicit CoordinatedShutdown(System& system, std::vector<ShutdownPhase> phases = default_shutdown_phases());

  /// not_found for an unknown phase, busy when the shutdown runs already.
  [[nodiscard]] Result<void> add(std::string_view phase, std::string name, Task task);
  /// The first call begins; later ones only wait for the same end. `finished` runs on a thread of the runtime.
  void run(const std::function<void(const Report&)>& finished);
  /// The phase that runs; empty before and after.
  [[nodiscard]] std::string current_phase() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// A task: stops the actor after what is queued there, done when it and its children are gone.
[[nodiscard]] CoordinatedShutdown::Task stop_and_wait(System& system, ActorRef actor);

}  // namespace wattring::actor
