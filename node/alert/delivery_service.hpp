// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "node/actor/introspection.hpp"
#include "node/alert/delivery_runner.hpp"
#include "node/alert/sink_make.hpp"

namespace wattring::alert {

/// Tells the sinks what is in the outbox, at least once. A thread for each sink, so that one that hangs delays nobody
/// else, and one that watches them.
class DeliveryService {
 public:
  struct Options {
    std::vector<SinkOptions> sinks;  ///< names unique
    SinkContext context;
    SinkQueue::Options queue;  ///< give_up_after_ms comes from the sink
    std::uint64_t seed = 0;    ///< of the jitter
    /// Rows for sinks that are not configured any more become dead letters at this age.
    std::int64_t orphans_after_ms = kMsPerDay;
  };
  DeliveryService(const Options& options, DeliveryDoors doors);
  ~DeliveryService();
  DeliveryService(const DeliveryService&) = delete;
  DeliveryService& operator=(const DeliveryService&) = delete;

  void start();
  /// Cuts off what is under way; that is told again after the next start. Waits for connects under way (2 s at most)
  /// and for look-ups of host names, for nothing else of a sink. Idempotent.
  void stop();
  /// The outbox has grown. Any thread; does not wait.
  void wake();
  /// In the order of the options. Any thread.
  [[nodiscard]] std::vector<SinkState> sink_states() const;
  /// The actors at and below a path ("/alerts"), for introspection. not_found. Any thread.
  [[nodiscard]] Result<actor::ActorTree> actors(std::string_view path, std::uint32_t depth) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::alert
