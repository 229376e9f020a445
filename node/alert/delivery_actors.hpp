// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>

#include "node/actor/props.hpp"
#include "node/alert/delivery_runner.hpp"

/// The actors that tell the sinks:
///   /alerts               keeps the two below alive
///   /alerts/outbox        its own thread: cuts off requests that take too long, clears rows that nobody wants any more
///   /alerts/sinks         keeps the sinks alive: one that throws is built anew, with backoff
///   /alerts/sinks/NAME    its own thread, because it waits for the sink

namespace wattring::alert {

/// A sink, and what is seen of it while its actor comes and goes.
struct SinkSeat {
  SinkSeat(const SinkOptions& options, std::unique_ptr<Sink> made, Metrics& metrics)
      : board(options, metrics), sink(std::move(made)) {}
  SinkBoard board;
  const std::unique_ptr<Sink> sink;
};

/// What the actors share; outlives them.
struct DeliveryPlan {
  DeliveryDoors doors;
  SinkQueue::Options queue;
  std::int64_t orphans_after_ms = kMsPerDay;
  std::deque<SinkSeat> seats;
  std::atomic<bool> stopping{false};
};

/// To a sink's actor: the outbox has grown.
struct OutboxGrown {};

inline constexpr std::string_view kSinksPath = "/alerts/sinks/";
/// For the top-level actor "alerts". The plan outlives the system.
[[nodiscard]] actor::Props delivery_props(DeliveryPlan& plan);

}  // namespace wattring::alert
