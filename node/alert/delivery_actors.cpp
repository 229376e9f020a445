// SPDX-License-Identifier: Apache-2.0
#include "node/alert/delivery_actors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "base/units.hpp"
#include "node/actor/context.hpp"
#include "node/actor/match.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kWatchEveryMs = 500;
constexpr std::int64_t kSweepEveryMs = kMsPerMinute;
constexpr std::size_t kOutboxPageRows = 256;

struct Step {};  // to itself: one request
struct Tick {};  // the time of the next step has come
struct Watch {};
struct Sweep {};

/// A sink is never given up: its alerts wait on the disk.
actor::Strategy restart_for_ever() {
  actor::Strategy strategy;
  strategy.failures_max = actor::FailureHistory::kLengthMax;
  strategy.window_ms = 10 * kMsPerMinute;
  strategy.backoff = {100, 30 * kMsPerSecond, 2.0, 0.2};
  return strategy;
}

class SinkActor final : public actor::Actor {
 public:
  SinkActor(DeliveryPlan& plan, SinkSeat& seat) : plan_(plan), seat_(seat) {}

  void started(actor::Context& context) override {
    SinkQueue::Options queue = plan_.queue;
    queue.give_up_after_ms = seat_.board.options().give_up_after_ms;
    runner_.emplace(plan_.doors, *seat_.sink, seat_.board, queue, context.random().fork());
    seat_.board.woken = true;
    step_soon(context);
  }

  void receive(actor::Context& context, const actor::Message& message) override {
    actor::match(message)
        .on<Step>([&] { step(context); })
        .on<Tick>([&] { step_soon(context); })
        .on<OutboxGrown>([&] { step_soon(context); })
        .otherwise([&] { context.unhandled(); });
  }

  void restarting(actor::Context&, const actor::Failure& failure) override {
    seat_.board.failed(failure.what, plan_.doors.clock.wall_ms());
    plan_.doors.log->error("alert_sink_failed",
                           fmt::format("sink {}: {}; it is started anew", seat_.board.options().name, failure.what));
  }

 private:
  void step(actor::Context& context) {
    // Nobody expects one that an earlier incarnation left in the mailbox.
    if (!std::exchange(step_queued_, false) || plan_.stopping) return;
    const std::int64_t idle_ms = runner_->step();
    if (idle_ms == 0) {
      step_soon(context);
    } else {
      context.start_timer("tick", Tick{}, idle_ms);
    }
  }

  /// After what else is in the mailbox, so that a stop gets its turn.
  void step_soon(actor::Context& context) {
    if (std::exchange(step_queued_, true)) return;
    context.tell(context.self(), Step{});
  }

  DeliveryPlan& plan_;
  SinkSeat& seat_;
  std::optional<SinkRunner> runner_;
  bool step_queued_ = false;
};

/// A request may take this long in all; a sink that sends a byte now and then would hold its thread for ever.
std::int64_t request_max_ms(const SinkOptions& sink) {
  return 2 * sink.timeout_ms + 2 * kMsPerSecond;
}

class OutboxActor final : public actor::Actor {
 public:
  explicit OutboxActor(DeliveryPlan& plan) : plan_(plan) {}

  void started(actor::Context& context) override {
    context.start_repeating("watch", Watch{}, kWatchEveryMs, kWatchEveryMs);
    context.start_repeating("sweep", Sweep{}, 0, kSweepEveryMs);
  }

  void receive(actor::Context& context, const actor::Message& message) override {
    actor::match(message).on<Watch>([&] { watch(); }).on<Sweep>([&] { sweep(); }).otherwise([&] {
      context.unhandled();
    });
  }

  void restarting(actor::Context&, const actor::Failure& failure) override {
    plan_.doors.log->error("alert_outbox_failed", failure.what + "; it is started anew");
  }

 private:
  void watch() {
    const std::int64_t now_ms = plan_.doors.clock.monotonic_ns() / kNsPerMs;
    for (SinkSeat& seat : plan_.seats) {
      const std::int64_t since_ms = seat.board.busy_since_ms;
      if (since_ms != 0 && now_ms - since_ms > request_max_ms(seat.board.options())) seat.sink->cancel();
    }
  }

  [[nodiscard]] bool is_orphan(const OutboxRow& row) const {
    const bool known = std::any_of(plan_.seats.begin(), plan_.seats.end(), [&row](const SinkSeat& seat) {
      return seat.board.options().name == row.notification.sink;
    });
    return !known && plan_.doors.clock.wall_ms() - row.notification.created_ms >= plan_.orphans_after_ms;
  }

  /// Rows of sinks that nobody configures any more.
  void sweep() {
    std::vector<std::uint64_t> orphans;
    std::uint64_t cursor = 0;
    while (!plan_.stopping) {
      const auto rows = plan_.doors.outbox.pending(cursor, kOutboxPageRows);
      if (!rows || rows->empty()) break;
      for (const OutboxRow& row : *rows) {
        if (is_orphan(row)) orphans.push_back(row.sequence);
      }
      cursor = rows->back().sequence + 1;
    }
    if (orphans.empty()) return;
    const auto written = plan_.doors.outbox.dead(orphans);
    plan_.doors.log->error(
        "alert_given_up",
        written ? fmt::format("{} notifications for sinks that are not configured: dead letters", orphans.size())
                : written.error().text());
  }

  DeliveryPlan& plan_;
};

/// Only keeps its children alive.
class Keeper final : public actor::Actor {
 public:
  using Children = std::vector<std::pair<std::string, actor::Props>>;
  explicit Keeper(Children children) : children_(std::move(children)) {}

  void started(actor::Context& context) override {
    for (const auto& [name, props] : children_) {
      const auto spawned = context.spawn(props, name);
      if (!spawned) throw std::runtime_error(spawned.error().text());
    }
  }
  void receive(actor::Context& context, const actor::Message&) override { context.unhandled(); }

 private:
  const Children children_;
};

actor::Props keeper(Keeper::Children children) {
  return actor::Props::make<Keeper>(std::move(children)).with_strategy(restart_for_ever());
}

}  // namespace

actor::Props delivery_props(DeliveryPlan& plan) {
  Keeper::Children sinks;
  for (SinkSeat& seat : plan.seats) {
    const auto make = [&plan, &seat] { return std::make_unique<SinkActor>(plan, seat); };
    // No step is to blame for a failure, so none is set aside, and the backoff grows.
    auto props = actor::Props(make).on_own_thread().with_poison_after(std::numeric_limits<std::uint32_t>::max());
    sinks.emplace_back(seat.board.options().name, std::move(props));
  }
  const auto make_outbox = [&plan] { return std::make_unique<OutboxActor>(plan); };
  return keeper({{"outbox", actor::Props(make_outbox).on_own_thread()}, {"sinks", keeper(std::move(sinks))}});
}

}  // namespace wattring::alert
