// SPDX-License-Identifier: Apache-2.0
#include "node/alert/delivery_service.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/check.hpp"
#include "node/actor/system.hpp"
#include "node/alert/delivery_actors.hpp"

namespace wattring::alert {
namespace {

constexpr std::chrono::milliseconds kCancelEvery{20};
constexpr std::int64_t kThreadsEndMs = 10 * kMsPerSecond;

/// The clock is somebody else's.
std::shared_ptr<const Clock> borrowed(const Clock& clock) {
  return {std::shared_ptr<const Clock>(), &clock};
}

}  // namespace

class DeliveryService::Impl {
 public:
  Impl(const Options& options, DeliveryDoors doors)
      : plan_{std::move(doors), options.queue, options.orphans_after_ms, {}, {}}, system_(system_options(options)) {
    for (const SinkOptions& sink : options.sinks) {
      plan_.seats.emplace_back(sink, make_sink(sink, options.context), plan_.doors.metrics);
    }
  }
  ~Impl() { WATTRING_CHECK(state_ != State::running); }

  void start() {
    system_.start();
    state_ = State::running;
    auto spawned = system_.spawn(delivery_props(plan_), "alerts");
    WATTRING_CHECK(spawned.has_value());  // the system is new, and the name is good
    top_ = *spawned;
  }

  void stop() {
    if (state_ != State::running) return;
    plan_.stopping = true;
    system_.when_terminated(top_, [this](const actor::Terminated&) {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    });
    system_.stop_now(top_);
    // Again and again: a request may begin just after it was cancelled.
    std::unique_lock lock(mutex_);
    while (!ended_) {
      lock.unlock();
      for (SinkSeat& seat : plan_.seats) seat.sink->cancel();
      lock.lock();
      changed_.wait_for(lock, kCancelEvery, [this] { return ended_; });
    }
    lock.unlock();
    (void)system_.stop(kThreadsEndMs);
    state_ = State::stopped;
  }

  void wake() {
    for (SinkSeat& seat : plan_.seats) {
      // One that has not looked yet since it was woken needs no second word.
      if (seat.board.woken.exchange(true)) continue;
      const std::string path = std::string(kSinksPath) + seat.board.options().name;
      (void)system_.find(path).tell(OutboxGrown{});
    }
  }

  std::vector<SinkState> sink_states() const {
    std::vector<SinkState> states;
    states.reserve(plan_.seats.size());
    for (const SinkSeat& seat : plan_.seats) states.push_back(seat.board.state());
    return states;
  }

  Result<actor::ActorTree> actors(std::string_view path, std::uint32_t depth) const {
    return system_.tree(path, depth);
  }

 private:
  enum class State : std::uint8_t { constructed, running, stopped };

  actor::SystemOptions system_options(const Options& options) const {
    actor::SystemOptions out;
    out.clock = borrowed(plan_.doors.clock);
    // The sinks and the outbox have threads of their own; the rest is supervision.
    out.scheduler = actor::make_thread_scheduler({.workers = 1});
    out.seed = options.seed;
    out.log = plan_.doors.log;
    return out;
  }

  DeliveryPlan plan_;
  actor::System system_;
  actor::ActorRef top_;
  State state_ = State::constructed;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;  // guarded by mutex_
};

DeliveryService::DeliveryService(const Options& options, DeliveryDoors doors)
    : impl_(std::make_unique<Impl>(options, std::move(doors))) {}
DeliveryService::~DeliveryService() = default;

void DeliveryService::start() {
  impl_->start();
}
void DeliveryService::stop() {
  impl_->stop();
}
void DeliveryService::wake() {
  impl_->wake();
}
std::vector<SinkState> DeliveryService::sink_states() const {
  return impl_->sink_states();
}
Result<actor::ActorTree> DeliveryService::actors(std::string_view path, std::uint32_t depth) const {
  return impl_->actors(path, depth);
}

}  // namespace wattring::alert
