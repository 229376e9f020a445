// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"
#include "node/app/node.hpp"

/// What a node does about age.

namespace wattring::app {
namespace {

constexpr std::int64_t kRetentionEveryMs = kMsPerHour;
constexpr std::int64_t kWatermarksEveryMs = 10 * kMsPerSecond;

}  // namespace

/// The home of a shard issues its watermark; all owners drop what is below, late readings too.
void Node::retain(std::int64_t now_ms) {
  const Config::Retention& keep = options_.config.retention;
  if (now_ms >= next_watermarks_ms_ && (keep.raw_ms || keep.intervals_ms)) {
    next_watermarks_ms_ = now_ms + kWatermarksEveryMs;
    meter::RetentionDays days;
    if (keep.raw_ms) days.raw = day_of(now_ms - *keep.raw_ms);
    if (keep.intervals_ms) days.intervals = day_of(now_ms - *keep.intervals_ms);
    limits_->issue(days, [this](ShardId shard) {
      const HomeRole role = alerts_->homes().of(shard);
      return role == HomeRole::home || role == HomeRole::alone;
    });
  }
  if (now_ms < next_retention_ms_) return;
  next_retention_ms_ = now_ms + kRetentionEveryMs;
  workers_->request_retention();
}

}  // namespace wattring::app
