// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/sim/fleet.hpp"
#include "node/sim/histogram.hpp"
#include "node/sim/ledger.hpp"
#include "node/sim/sender.hpp"

namespace wattring::sim {

struct LoadPlan {
  std::size_t batch = 10'000;      ///< readings
  std::uint32_t in_flight = 0;     ///< batches; 0 = as many as the credit allows
  double rate = 0;                 ///< readings/s of this client, open loop; 0 = closed loop
  std::uint64_t readings_max = 0;  ///< of this client; 0 = until the time is up
  std::int64_t duration_ns = 0;    ///< 0 = until readings_max
  std::int64_t reply_timeout_ms = 5000;
  std::int64_t patience_ms = 30'000;  ///< how long to go on without a node
  bool resend = true;                 ///< send batches of unknown outcome again
};

/// What the threads of a run share. Any thread.
struct LoadShared {
  std::atomic<bool> stop{false};  ///< Ctrl-C
  std::atomic<std::uint64_t> next_batch_id{1};
  std::atomic<std::uint64_t> sent{0}, acked{0}, refused{0}, unknown{0};  ///< readings; unknown: final ones
  std::atomic<std::uint64_t> busy{0}, resent{0}, reconnects{0};          ///< batches, batches, connections
};

struct LoadResult {
  LatencyHistogram latency;  ///< open loop: from the due time; closed: from the first sending. To the acknowledgement.
  FaultCounts faults;
  std::int64_t last_event_ms = 0;
  bool gave_up = false;          ///< no node for patience_ms
  bool reached_horizon = false;  ///< event time caught up with the wall clock: nothing more to send
  std::string trouble;           ///< the last reason for which batches were lost or refused
};

/// What became of a batch, with its times.
struct BatchTrace {
  std::uint64_t id = 0;
  std::uint64_t readings = 0;
  std::uint64_t stored = 0;
  std::int64_t due_ns = 0;     ///< monotonic
  std::int64_t booked_ns = 0;  ///< when its fate was known
  std::uint32_t attempts = 0;
  Promise promise{};  ///< when anything was stored
};
/// Called by the client's thread.
using OnBooked = std::function<void(const BatchTrace&)>;

/// One client: makes batches of its part of the fleet, writes them to the ledger, sends them, sends again what was
/// turned away or lost, and books what became of each. One thread.
class LoadClient {
 public:
  /// pause(ns) waits; it is used while there is no connection, and for waits too short for Sender::receive.
  using Pause = std::function<void(std::int64_t)>;
  LoadClient(const LoadPlan& plan, Fleet fleet, Connect connect, const Clock& clock, Pause pause, LedgerWriter* ledger,
             LoadShared& shared, OnBooked on_booked = {});
  /// An error only when the ledger cannot be written.
  [[nodiscard]] Result<LoadResult> run();

 private:
  struct Batch {
    std::uint64_t id = 0;
    std::vector<Reading> readings;
    std::int64_t due_ns = 0;   ///< what latency counts from
    std::int64_t sent_ns = 0;  ///< of the latest attempt
    std::uint32_t attempts = 0;
    bool had_unknown = false;
  };

  void ensure_connected();
  void notice_end_of_patience(std::int64_t now_ns);
  void drop_connection(const std::string& why);
  Result<void> send_what_may_be_sent();
  [[nodiscard]] bool may_send(std::int64_t now_ns) const;
  std::unique_ptr<Batch> next_batch(std::int64_t now_ns);
  Result<void> send(std::unique_ptr<Batch> batch, std::int64_t now_ns);
  Result<void> take_replies();
  Result<void> settle(std::unique_ptr<Batch> batch, const SendReply& reply);
  Result<void> give_up_or_resend(std::unique_ptr<Batch> batch);
  Result<void> book(std::unique_ptr<Batch> batch, const SendReply* reply);
  Result<void> expire(std::int64_t now_ns);
  Result<void> abandon_all();
  [[nodiscard]] std::int64_t due_ns() const;
  [[nodiscard]] std::int64_t wait_ns(std::int64_t now_ns) const;
  [[nodiscard]] bool generating(std::int64_t now_ns) const;
  [[nodiscard]] bool done(std::int64_t now_ns) const;

  const LoadPlan plan_;
  Fleet fleet_;
  Connect connect_;
  const Clock& clock_;
  Pause pause_;
  LedgerWriter* ledger_;
  LoadShared& shared_;
  OnBooked on_booked_;

  std::unique_ptr<Sender> sender_;
  std::vector<std::unique_ptr<Batch>> in_flight_;
  std::deque<std::unique_ptr<Batch>> again_;  ///< to be sent once more, before anything new
  std::vector<std::unique_ptr<Batch>> spare_;
  std::int64_t started_ns_ = 0;
  std::int64_t not_before_ns_ = 0;   ///< turned away until then
  std::int64_t alone_since_ns_ = 0;  ///< since when there was trouble and no reply; 0 = all is well
  std::int64_t stop_seen_ns_ = 0;
  std::uint64_t generated_ = 0;
  bool exhausted_ = false;
  LoadResult result_;
};

}  // namespace wattring::sim
