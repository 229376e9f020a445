// SPDX-License-Identifier: Apache-2.0
#include "node/app/fill_pace.hpp"

#include "base/units.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kSampleNs = 5 * kNsPerSecond;
constexpr std::int64_t kWindowNs = 300 * kNsPerSecond;
/// What is seen in less says little: shards become full in bursts.
constexpr std::int64_t kEnoughNs = 10 * kNsPerSecond;

}  // namespace

void FillPace::note(std::int64_t now_ns, std::uint64_t left) {
  if (left == 0 || left > last_.left) samples_.clear();
  last_ = {now_ns, left};
  if (left == 0) return;
  if (samples_.empty() || now_ns - samples_.back().at_ns >= kSampleNs) samples_.push_back(last_);
  while (now_ns - samples_.front().at_ns > kWindowNs) samples_.pop_front();
}

std::optional<std::int64_t> FillPace::left_ns() const {
  if (samples_.empty()) return std::nullopt;
  const std::int64_t seen_ns = last_.at_ns - samples_.front().at_ns;
  const std::uint64_t filled = samples_.front().left - last_.left;
  if (seen_ns < kEnoughNs || filled == 0) return std::nullopt;
  return static_cast<std::int64_t>(static_cast<double>(seen_ns) * static_cast<double>(last_.left) /
                                   static_cast<double>(filled));
}

}  // namespace wattring::app
