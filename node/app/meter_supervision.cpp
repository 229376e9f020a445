// SPDX-License-Identifier: Apache-2.0
#include "node/app/meter_supervision.hpp"

#include <algorithm>

#include "base/units.hpp"

namespace wattring::app {
namespace {

constexpr std::size_t kRecordsMax = 1024;
constexpr std::int64_t kWindowMs = 60'000;

/// Restarts at once, because the worker waits for nobody; three messages in a minute that fail end the meter's chances.
actor::Strategy strategy() {
  actor::Strategy strategy;
  strategy.failures_max = 3 * actor::kPoisonAfterDefault - 1;
  strategy.window_ms = kWindowMs;
  strategy.backoff = actor::Backoff::none();
  return strategy;
}

}  // namespace

MeterSupervision::Verdict MeterSupervision::failed(std::string_view meter, const actor::Failure& failure,
                                                   std::uint32_t attempt, std::int64_t now_ns) {
  if (!records_.contains(meter)) make_room(now_ns);
  Record& record = records_[std::string(meter)];
  record.last_failure = failure.what;
  record.history.record(now_ns, kWindowMs);
  ++record.restarts;
  const actor::Decision decision = actor::decide(strategy(), record.history, failure, now_ns, 0.5);
  if (decision.directive != actor::Directive::restart) {
    record.stopped_until_ns = now_ns + kWindowMs * kNsPerMs;
    return Verdict::quarantine;
  }
  return actor::is_poison(attempt, actor::kPoisonAfterDefault) ? Verdict::quarantine : Verdict::retry;
}

void MeterSupervision::make_room(std::int64_t now_ns) {
  if (records_.size() < kRecordsMax) return;
  std::erase_if(records_, [&](const auto& entry) {
    return entry.second.history.within(now_ns, kWindowMs) == 0 && entry.second.stopped_until_ns <= now_ns;
  });
  if (records_.size() >= kRecordsMax) records_.erase(records_.begin());
}

const MeterSupervision::Record* MeterSupervision::find(std::string_view meter) const {
  const auto found = records_.find(meter);
  return found == records_.end() ? nullptr : &found->second;
}

bool MeterSupervision::is_stopped(std::string_view meter, std::int64_t now_ns) const {
  const Record* record = find(meter);
  return record != nullptr && record->stopped_until_ns > now_ns;
}

void MeterSupervision::forget(std::string_view meter) {
  const auto found = records_.find(meter);
  if (found != records_.end()) records_.erase(found);
}

}  // namespace wattring::app
