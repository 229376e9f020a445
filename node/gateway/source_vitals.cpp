// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/source_vitals.hpp"

#include <algorithm>
#include <cmath>

#include "base/time.hpp"

namespace wattring::gateway {
namespace {

constexpr Register kClockDrift = obis(0, 0, 199, 128, 1);
constexpr Register kBadFrames = obis(0, 0, 199, 128, 2);
constexpr std::int64_t kDriftEveryMs = 10 * kMsPerMinute;
constexpr std::int64_t kBadEveryMs = kMsPerMinute;
constexpr std::size_t kDriftsMax = 4096;

Fact instant(Register reg, std::int64_t at_ms, std::int64_t value) {
  Fact fact;
  fact.reg = reg;
  fact.start_ms = fact.end_ms = at_ms;
  fact.value = value;
  return fact;
}

}  // namespace

SourceVitals::SourceVitals(std::string name, std::string meter)
    : name_(std::move(name)), meter_(std::move(meter)), meter_is_given_(!meter_.empty()) {}

void SourceVitals::remember(std::int64_t receive_ms, const Batch& batch) {
  if (batch.facts().empty()) return;
  if (!meter_is_given_) meter_ = batch.id(batch.runs().front());
  std::optional<std::int64_t> newest;
  for (const Fact& fact : batch.facts())
    if ((fact.flags & kFlagReceiveTime) == 0) newest = std::max(newest.value_or(fact.start_ms), fact.start_ms);
  if (newest && drifts_ms_.size() < kDriftsMax) drifts_ms_.push_back(receive_ms - *newest);
}

void SourceVitals::observe(std::int64_t receive_ms, double bad_share, Batch& batch) {
  remember(receive_ms, batch);
  const std::string meter = meter_.empty() ? "p1:" + name_.substr(0, 61) : meter_;
  if (!drift_due_ms_) drift_due_ms_ = receive_ms + kDriftEveryMs;
  if (receive_ms >= *drift_due_ms_ && !drifts_ms_.empty()) {
    const auto middle = drifts_ms_.begin() + static_cast<std::ptrdiff_t>(drifts_ms_.size() / 2);
    std::nth_element(drifts_ms_.begin(), middle, drifts_ms_.end());
    batch.meter(meter);
    batch.add(instant(kClockDrift, receive_ms, *middle));
    drifts_ms_.clear();
    drift_due_ms_ = receive_ms + kDriftEveryMs;
  }
  if (receive_ms >= bad_due_ms_ && (bad_share > 0 || bad_told_)) {
    batch.meter(meter);
    batch.add(instant(kBadFrames, receive_ms, std::llround(bad_share * 1000)));
    bad_told_ = bad_share > 0;
    bad_due_ms_ = receive_ms + kBadEveryMs;
  }
}

}  // namespace wattring::gateway
