// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_residency.hpp"

#include <malloc.h>

#include <algorithm>

#include "node/meter/idle_ages.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kPressureEveryMs = kMsPerSecond;
constexpr std::int64_t kRequestEveryMs = 10 * kMsPerSecond;
constexpr std::uint64_t kTrimBytesMin = 64ULL << 20U;

}  // namespace

Result<void> ShardResidency::bring_back(meter::ShardFold& fold, std::vector<meter::ShardFold::Wanted> wanted) {
  if (fold.passivated_count() == 0) return {};
  std::erase_if(wanted, [&](const auto& meter) { return fold.meters().find(meter.id, meter.hash).has_value(); });
  if (wanted.empty()) return {};
  shared_.bring_back_budget.acquire();
  std::vector<std::string> damaged;
  auto disk = shared_.disk.read();
  auto returned = disk ? fold.bring_back(std::move(wanted), **disk, damaged) : Failure(disk.error());
  shared_.bring_back_budget.release();
  shared_.report(damaged);
  if (!returned) return Failure(returned.error());
  shared_.count.returns.add(*returned);
  return {};
}

void ShardResidency::step() {
  if (is_sweeping()) return sweep_shard(slot_++);
  const std::int64_t now_ms = shared_.clock.wall_ms();
  const bool pressure = shared_.totals.resident_bytes() > shared_.options.resident_bytes_max;
  const std::int64_t every_ms =
      pressure ? kPressureEveryMs : std::clamp(shared_.options.passivate_after_ms / 8, kMsPerSecond, kMsPerMinute);
  // A clock that was set back must not put the next sweep off for as long.
  next_sweep_ms_ = std::min(next_sweep_ms_, now_ms + every_ms);
  if (now_ms >= next_sweep_ms_) begin_sweep(now_ms + every_ms);
}

void ShardResidency::sweep() {
  begin_sweep(next_sweep_ms_);
  while (is_sweeping()) sweep_shard(slot_++);
}

void ShardResidency::begin_sweep(std::int64_t next_ms) {
  next_sweep_ms_ = next_ms;
  slot_ = 0;
  age_s_ = age_under_pressure(static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(shared_.options.passivate_after_ms / kMsPerSecond, 0, 0x7fff'ffff)));
}

/// The age from which on meters go: the configured one, or less when that does not free enough.
std::uint32_t ShardResidency::age_under_pressure(std::uint32_t age_s) {
  const std::uint64_t total = shared_.totals.resident_bytes();
  const std::uint64_t most = shared_.options.resident_bytes_max;
  if (total <= most) return age_s;
  std::uint64_t mine = 0;
  for (const auto& fold : shards_.folds) mine += fold->resident_bytes();
  const double share = std::min(1.0, static_cast<double>(mine) / static_cast<double>(total));
  // A bit more, so that the next meter does not start it again.
  const std::uint64_t excess = total - most + most / 16;
  const auto wanted = static_cast<std::uint64_t>(static_cast<double>(excess) * share);
  meter::IdleAges ages;
  for (const auto& fold : shards_.folds) {
    const meter::MeterTable& table = fold->meters();
    const std::uint64_t bytes_each = table.memory_bytes() / std::max<std::size_t>(table.meter_count(), 1);
    for (meter::MeterTable::MeterIndex at = 0; at < table.meter_bound(); ++at)
      if (table.holds(at) && fold->is_clean(at)) ages.add(fold->idle_s(at), bytes_each);
  }
  const auto enough = ages.age_that_frees(wanted);
  const std::int64_t now_ms = shared_.clock.wall_ms();
  if (!enough && now_ms >= next_request_ms_) {
    next_request_ms_ = now_ms + kRequestEveryMs;
    request_seal_();
  }
  return std::min(age_s, enough.value_or(0));
}

void ShardResidency::sweep_shard(std::size_t slot) {
  meter::ShardFold& fold = *shards_.folds[slot];
  fold.set_time(shared_.clock.wall_ms());
  const Holdings before = Holdings::of(fold);
  ShardExtension* extension = shards_.extensions.empty() ? nullptr : shards_.extensions[slot].get();
  const auto may_go = [&](meter::MeterTable::MeterIndex meter) {
    if (extension == nullptr) return true;
    if (!extension->may_passivate(fold, meter)) return false;
    extension->passivating(fold, meter);
    return true;
  };
  shared_.count.passivations.add(fold.passivate(age_s_, may_go));
  const Holdings after = Holdings::of(fold);
  shared_.totals.add(after - before);
  freed_bytes_ += before.resident_bytes - std::min(before.resident_bytes, after.resident_bytes);
  if (slot + 1 == shards_.folds.size()) give_back_memory();
}

/// Small blocks that were freed stay with the allocator for good unless it is told.
void ShardResidency::give_back_memory() {
  if (freed_bytes_ >= kTrimBytesMin) malloc_trim(0);
  freed_bytes_ = 0;
}

}  // namespace wattring::app
