// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/alert/outbox.hpp"
#include "node/alert/sink.hpp"

/// Which notification of one sink is tried next, and when. Sans-IO.

namespace wattring::alert {

struct Now {
  std::int64_t wall_ms = 0;  ///< for the age of notifications
  std::int64_t mono_ms = 0;  ///< for every wait
};

/// A window on the pending rows of one sink. A notification is tried only when all earlier ones of its alert have left
/// the outbox for good, so a restart at any moment repeats but never reorders. Those that failed least are tried first,
/// so no notification can block those of other alerts. After each failure the sink is left alone for a while; so is the
/// notification, unless the failure cannot be its fault. One thread.
class SinkQueue {
 public:
  struct Options {
    std::int64_t backoff_min_ms = kMsPerSecond;  ///< doubles with each failure in a row, with jitter
    std::int64_t backoff_max_ms = 5 * kMsPerMinute;
    std::int64_t retry_after_max_ms = kMsPerHour;  ///< what a sink may ask for at most
    std::int64_t give_up_after_ms = kMsPerDay;
    std::int64_t per_second = 50;  ///< requests to the sink
    std::int64_t burst = 100;      ///< requests at once after a quiet time
    std::size_t rows_max = 4096;
  };
  enum class Outcome : std::uint8_t { delivered, retried, dead };

  SinkQueue(Options options, Prng prng);

  /// A row of the outbox for this sink. One that is here already stays as it is. False, and nothing is taken, when
  /// full.
  bool add(OutboxRow row);
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  /// What to send now; null when there is nothing or it is too early. Valid until the next call.
  [[nodiscard]] const OutboxRow* next(Now now);
  /// What came of the row that next() gave.
  Outcome settle(std::uint64_t sequence, const Answer& answer, Now now);

  /// Whether a request that is not about a row may be sent now, and what came of it.
  [[nodiscard]] bool may_send(Now now) const { return now.mono_ms >= open_ms(); }
  void note(const Answer& answer, Now now);

  /// While the sink fails: rows that are too old become dead without another try. Returns how many.
  std::size_t expire(Now now);

  /// Settled rows that are still to be taken from the outbox.
  [[nodiscard]] const std::vector<std::uint64_t>& delivered() const { return delivered_; }
  [[nodiscard]] const std::vector<std::uint64_t>& dead() const { return dead_; }
  /// The outbox no longer has them.
  void delivered_recorded();
  void dead_recorded();

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  /// Monotonic time from which next() has something; kNever when there is nothing.
  [[nodiscard]] std::int64_t due_ms() const;

 private:
  struct Row {
    OutboxRow row;
    std::uint32_t tries = 0;
    std::uint32_t failures = 0;      ///< that may have been its fault
    std::int64_t not_before_ms = 0;  ///< monotonic
    bool settled = false;
  };
  /// The rows of one alert; only the first may be scheduled.
  struct Line {
    std::set<std::uint64_t> sequences;
    std::optional<std::uint64_t> scheduled;
  };

  [[nodiscard]] std::int64_t open_ms() const;
  [[nodiscard]] std::int64_t backoff(std::uint32_t failures);
  void schedule(Line& line);
  void unschedule(Line& line);
  void settle_for_good(Row& row, std::vector<std::uint64_t>& list);
  void retry(Row& row, const Answer& answer, Now now);
  void forget(std::vector<std::uint64_t>& list);
  [[nodiscard]] bool too_old(const Row& row, Now now) const;

  const Options options_;
  Prng prng_;
  std::map<std::uint64_t, Row> rows_;
  std::map<std::string, Line, std::less<>> lines_;  // by alert id
  // Each scheduled row is in one of these two: by (tries, sequence), and by (time, sequence) until that time.
  std::set<std::pair<std::uint32_t, std::uint64_t>> ready_;
  std::set<std::pair<std::int64_t, std::uint64_t>> waiting_;
  std::vector<std::uint64_t> delivered_;
  std::vector<std::uint64_t> dead_;
  std::uint32_t failures_ = 0;  // of the sink, in a row
  std::int64_t pause_until_ms_ = 0;
  std::int64_t paid_until_us_ = 0;  // rate: the time up to which requests have been spent
};

}  // namespace wattring::alert
