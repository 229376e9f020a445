// SPDX-License-Identifier: Apache-2.0
#include "node/app/extension_turns.hpp"

#include <algorithm>

namespace wattring::app {
namespace {

bool has_say(const meter::ShardFold& fold) {
  return !fold.is_stopped() && !fold.is_settling();
}

/// A turn among facts, and the least pause after it: a third of the time, about every 100 ms.
constexpr std::int64_t kTurnNs = 33'000'000;
constexpr std::int64_t kPauseNs = 66'000'000;

}  // namespace

void ExtensionTurns::turn(bool idle, const std::function<bool()>& interrupted) {
  if (extensions_.empty()) return;
  const std::int64_t began_ns = shared_.clock.monotonic_ns();
  if (!idle && began_ns < next_turn_ns_) return;
  std::int64_t now_ns = began_ns;
  for (std::size_t seen = 0; seen < extensions_.size(); ++seen) {
    const std::size_t slot = next_slot_++ % extensions_.size();
    const std::int64_t now_ms = shared_.clock.wall_ms();
    if (!has_say(*shards_[slot]) || !extensions_[slot]->has_work(*shards_[slot], now_ms)) continue;
    work(slot, false);
    now_ns = shared_.clock.monotonic_ns();
    if (idle ? interrupted() : now_ns - began_ns >= kTurnNs) break;
  }
  next_turn_ns_ = now_ns + std::max(kPauseNs, 2 * (now_ns - began_ns));
}

void ExtensionTurns::work(std::size_t slot, bool must_finish) {
  const Holdings before = Holdings::of(*shards_[slot]);
  extensions_[slot]->work(*shards_[slot], shared_.disk, shared_.clock.wall_ms(), must_finish);
  shared_.totals.add(Holdings::of(*shards_[slot]) - before);
}

void ExtensionTurns::finish(std::size_t slot) {
  if (!extensions_.empty() && has_say(*shards_[slot])) work(slot, true);
}

std::int64_t ExtensionTurns::patience_ms(std::int64_t most_ms) const {
  std::int64_t patience = most_ms;
  const std::int64_t now_ms = shared_.clock.wall_ms();
  for (std::size_t slot = 0; slot < extensions_.size() && patience > 0; ++slot) {
    if (!has_say(*shards_[slot])) continue;
    if (extensions_[slot]->has_work(*shards_[slot], now_ms)) return 0;
    const std::int64_t deadline_ms = extensions_[slot]->next_deadline_ms();
    if (deadline_ms < now_ms + patience) patience = std::max<std::int64_t>(deadline_ms - now_ms, 1);
  }
  return patience;
}

}  // namespace wattring::app
