// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/metrics.hpp"
#include "node/app/alert_hub.hpp"
#include "node/app/decision_writer.hpp"

namespace wattring::app {

/// Makes known to all owners of a shard what the sinks have taken. What nobody takes in is kept and tried again: until
/// then a new home would tell it once more. Any thread; waits for the others only as long as they answer.
class ToldMarks {
 public:
  /// Both must outlive it.
  ToldMarks(const AlertHub& hub, DecisionWriter& writer, Metrics& metrics);

  void told(const std::vector<alert::Notification>& notifications);
  /// What was not taken in is tried again, not too often.
  void retry(std::int64_t now_ns);

 private:
  static constexpr std::size_t kKeptMax = 10'000;
  void write(const DecisionWriter::OfShard& marks, bool patient);

  const AlertHub& hub_;
  DecisionWriter& writer_;
  Counter& written_;
  Counter& repeated_;
  std::mutex mutex_;
  DecisionWriter::OfShard kept_;  // guarded by mutex_
  std::size_t kept_count_ = 0;    // likewise
  bool calm_ = true;              // likewise: the last write was taken in
  std::int64_t retry_ns_ = 0;     // likewise
};

}  // namespace wattring::app
