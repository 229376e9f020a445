// SPDX-License-Identifier: Apache-2.0
#include "node/actor/shutdown.hpp"

#include <algorithm>
#include <mutex>

#include "base/units.hpp"
#include "node/actor/system.hpp"

namespace wattring::actor {
namespace {

struct NamedTask {
  std::string name;
  CoordinatedShutdown::Task run;
};

}  // namespace

std::vector<ShutdownPhase> default_shutdown_phases() {
  return {{"stop-doors"}, {"drain"}, {"hand-over"}, {"checkpoint"}, {"leave"}, {"close"}};
}

/// Shared with the tasks' `done`, which may come after everything else is gone.
struct CoordinatedShutdown::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(System& of) : system(of) {}

  void begin_phase();
  void run_task(std::size_t phase, const NamedTask& task);
  void finish(std::size_t phase, const std::string& task, ShutdownRow::Outcome outcome);
  void deadline(std::size_t phase);
  void next_phase(std::unique_lock<std::mutex> lock);

  System& system;
  std::mutex mutex;
  // Guarded by mutex.
  std::vector<ShutdownPhase> phases;
  std::vector<std::vector<NamedTask>> tasks;  ///< one list a phase
  std::vector<std::function<void(const Report&)>> waiting;
  Report report;
  std::vector<std::string> open;  ///< tasks of the current phase that are not done
  std::size_t current = 0;
  std::int64_t began_ns = 0;
  TimerId timer;
  bool running = false;
  bool over = false;
};

CoordinatedShutdown::CoordinatedShutdown(System& system, std::vector<ShutdownPhase> phases)
    : impl_(std::make_shared<Impl>(system)) {
  impl_->tasks.resize(phases.size());
  impl_->phases = std::move(phases);
}

Result<void> CoordinatedShutdown::add(std::string_view phase, std::string name, Task task) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->running) return fail(ErrorCode::busy, "the shutdown runs already; " + name + " comes too late");
  const auto found = std::ranges::find(impl_->phases, phase, &ShutdownPhase::name);
  if (found == impl_->phases.end()) {
    return fail(ErrorCode::not_found, "there is no shutdown phase \"" + std::string(phase) + "\" for " + name);
  }
  impl_->tasks[static_cast<std::size_t>(found - impl_->phases.begin())].push_back({std::move(name), std::move(task)});
  return {};
}

void CoordinatedShutdown::run(const std::function<void(const Report&)>& finished) {
  bool is_over = false;
  bool is_first = false;
  {
    const std::lock_guard lock(impl_->mutex);
    is_over = impl_->over;
    is_first = !std::exchange(impl_->running, true);
    if (!is_over) impl_->waiting.push_back(finished);
  }
  // Nothing changes the report any more.
  if (is_over) return finished(impl_->report);
  if (is_first) impl_->begin_phase();
}

std::string CoordinatedShutdown::current_phase() const {
  const std::lock_guard lock(impl_->mutex);
  const bool is_between = impl_->running && impl_->current < impl_->phases.size();
  return is_between ? impl_->phases[impl_->current].name : std::string();
}

void CoordinatedShutdown::Impl::begin_phase() {
  std::unique_lock lock(mutex);
  if (current == phases.size()) return next_phase(std::move(lock));
  const std::size_t phase = current;
  const std::vector<NamedTask> to_run = tasks[phase];
  began_ns = system.clock().monotonic_ns();
  for (const NamedTask& task : to_run) open.push_back(task.name);
  if (open.empty()) return next_phase(std::move(lock));
  timer = system.after(phases[phase].deadline_ms, [self = shared_from_this(), phase] { self->deadline(phase); });
  lock.unlock();
  for (const NamedTask& task : to_run) run_task(phase, task);
}

void CoordinatedShutdown::Impl::run_task(std::size_t phase, const NamedTask& task) {
  try {
    task.run([self = shared_from_this(), phase, name = task.name] {
      self->finish(phase, name, ShutdownRow::Outcome::done);
    });
  } catch (...) {
    finish(phase, task.name, ShutdownRow::Outcome::failed);
  }
}

void CoordinatedShutdown::Impl::finish(std::size_t phase, const std::string& task, ShutdownRow::Outcome outcome) {
  std::unique_lock lock(mutex);
  if (phase != current || over) return;
  const auto found = std::ranges::find(open, task);
  if (found == open.end()) return;
  open.erase(found);
  const std::int64_t took_ms = (system.clock().monotonic_ns() - began_ns) / kNsPerMs;
  report.push_back({phases[phase].name, task, outcome, took_ms});
  if (open.empty()) {
    system.cancel(timer);
    next_phase(std::move(lock));
  }
}

void CoordinatedShutdown::Impl::deadline(std::size_t phase) {
  std::unique_lock lock(mutex);
  if (phase != current || over) return;
  for (const std::string& task : open) {
    report.push_back({phases[phase].name, task, ShutdownRow::Outcome::timed_out, phases[phase].deadline_ms});
  }
  open.clear();
  next_phase(std::move(lock));
}

void CoordinatedShutdown::Impl::next_phase(std::unique_lock<std::mutex> lock) {
  if (current < phases.size()) ++current;
  if (current < phases.size()) {
    lock.unlock();
    return begin_phase();
  }
  over = true;
  const std::vector<std::function<void(const Report&)>> finished = std::exchange(waiting, {});
  lock.unlock();
  for (const auto& tell : finished) tell(report);
}

CoordinatedShutdown::Task stop_and_wait(System& system, ActorRef actor) {
  return [&system, actor = std::move(actor)](CoordinatedShutdown::Done done) {
    system.when_terminated(actor, [done = std::move(done)](const Terminated&) { done(); });
    system.stop(actor);
  };
}

}  // namespace wattring::actor
