// SPDX-License-Identifier: Apache-2.0
#include "node/sim/replay_plan.hpp"

#include <algorithm>
#include <optional>

#include "base/time.hpp"

namespace wattring::sim {

Result<void> ReplayBooks::add(const CapturedItem& item, std::int64_t shift_ms, std::vector<Reading>& readings) {
  for (const CapturedReading& captured : item.readings) {
    auto meter = meters_.find(captured.meter);
    if (meter == meters_.end()) {
      meter = meters_.emplace(captured.meter, static_cast<std::uint32_t>(meters_.size())).first;
      if (ledger_ != nullptr) {
        if (auto ok = ledger_->define_meter(meter->second, meter->first); !ok) return ok;
      }
    }
    auto reg = registers_.find(captured.reg);
    if (reg == registers_.end()) {
      reg = registers_.emplace(captured.reg, static_cast<std::uint16_t>(registers_.size())).first;
      if (ledger_ != nullptr) {
        if (auto ok = ledger_->define_register(captured.reg); !ok) return ok;
      }
    }
    readings.push_back({captured.time_ms + shift_ms, captured.value, meter->second, reg->second});
  }
  return {};
}

RefusedRange ReplayBatch::range_of(std::uint64_t line) const {
  RefusedRange range;
  if (line == 0 || line > item_starts.size()) return range;
  const auto item = static_cast<std::size_t>(line - 1);
  const std::size_t end = item + 1 < item_starts.size() ? item_starts[item + 1] : readings.size();
  range.first = item_starts[item];
  range.count = static_cast<std::uint32_t>(end - range.first);
  return range;
}

std::int64_t shift_to(const std::vector<CapturedItem>& items, std::int64_t now_ms) {
  std::optional<std::int64_t> last;
  for (const CapturedItem& item : items) {
    if (item.time_ms) last = std::max(last.value_or(*item.time_ms), *item.time_ms);
  }
  return last ? floor_to(now_ms - *last - kMsPerSecond, kMsPerSecond) : 0;
}

}  // namespace wattring::sim
