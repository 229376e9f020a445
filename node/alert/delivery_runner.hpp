// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/alert/delivery.hpp"

namespace wattring::alert {

struct SinkState {
  std::string name;
  std::int64_t failing_since_ms = 0;  ///< wall clock; 0 = the last answer was good, or nothing was asked yet
  std::string last_error;             ///< of the last failure; kept when it works again
  std::uint64_t pending = 0;          ///< notifications that wait, as far as they are loaded
  std::uint64_t dead = 0;             ///< given up since the start
  [[nodiscard]] bool ok() const { return failing_since_ms == 0; }
  friend bool operator==(const SinkState&, const SinkState&) = default;
};

/// What the sinks share. All must outlive them.
struct DeliveryDoors {
  OutboxDoor& outbox;
  const Clock& clock;
  Metrics& metrics;
  std::shared_ptr<Log> log;
};

/// What the world sees of a sink while its runner comes and goes. Any thread.
class SinkBoard {
 public:
  SinkBoard(const SinkOptions& options, Metrics& metrics);
  [[nodiscard]] SinkState state() const;
  [[nodiscard]] const SinkOptions& options() const { return options_; }

  void answered(const Answer& answer, std::int64_t wall_ms);
  void failed(const std::string& error, std::int64_t wall_ms);
  void settled(SinkQueue::Outcome outcome, std::uint64_t count);
  void pending(std::size_t count);
  void took(std::uint64_t duration_ns) { seconds_.record_ns(duration_ns); }

  std::atomic<bool> woken{true};               ///< the outbox has grown
  std::atomic<std::int64_t> busy_since_ms{0};  ///< monotonic: a request is under way since; 0 = none

 private:
  const SinkOptions options_;
  Counter& delivered_;
  Counter& retried_;
  Counter& dead_;
  Gauge& pending_;
  DurationHistogram& seconds_;
  mutable std::mutex mutex_;
  SinkState state_;  // guarded by mutex_
};

/// Brings the outbox's rows of one sink to it, one request a step. One thread. It keeps nothing that the outbox does
/// not have, so it may be thrown away and built anew at any moment.
class SinkRunner {
 public:
  /// All must outlive it.
  SinkRunner(DeliveryDoors doors, Sink& sink, SinkBoard& board, SinkQueue::Options queue, Prng prng);

  /// Loads, reminds, sends at most one notification, records. Gives the ms after which the next step is worth while; 0
  /// = at once. board.woken ends a wait early.
  [[nodiscard]] std::int64_t step();

 private:
  [[nodiscard]] Now now() const;
  void load(Now now);
  bool load_page();
  bool request(Now now);
  bool remind(Now now);
  bool send(Now now);
  void record(Now now);
  [[nodiscard]] std::int64_t wait_ms(Now now) const;

  DeliveryDoors doors_;
  Sink& sink_;
  SinkBoard& board_;
  SinkQueue queue_;
  std::uint64_t cursor_ = 0;
  bool remind_first_ = true;  // reminders and notifications take turns, so that neither starves while the other fails
  std::int64_t load_at_ms_ = 0;  // monotonic, as those below
  std::int64_t remind_at_ms_ = 0;
  std::int64_t record_at_ms_ = 0;
  std::int64_t held_until_ms_ = 0;  ///< it is not known yet whether to tell
};

}  // namespace wattring::alert
