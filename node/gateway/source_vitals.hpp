// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/gateway/batch.hpp"

namespace wattring::gateway {

/// What a live source says of itself without meaning to: how far its clock is off, how many of its telegrams are bad.
/// Told as readings (0-0:199.128.1 in ms, 0-0:199.128.2 in 1/1000), so that alert rules see them like any other. Not
/// thread-safe.
class SourceVitals {
 public:
  /// meter: to file them under; empty = that of the telegrams, or "p1:" and the source's name until one was read.
  SourceVitals(std::string name, std::string meter);

  /// The telegrams in `batch` were received at receive_ms; bad_share: of the last 15 minutes, 0 to 1. Adds readings to
  /// the batch when some are due.
  void observe(std::int64_t receive_ms, double bad_share, Batch& batch);

 private:
  void remember(std::int64_t receive_ms, const Batch& batch);

  const std::string name_;
  std::string meter_;
  bool meter_is_given_;
  std::vector<std::int64_t> drifts_ms_;  ///< since the last report; one a telegram, at most a few thousand
  std::optional<std::int64_t> drift_due_ms_;
  std::int64_t bad_due_ms_ = 0;
  bool bad_told_ = false;  ///< the last share told was not 0
};

}  // namespace wattring::gateway
