// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_windows.hpp"

#include <algorithm>

namespace wattring::sharding {
namespace {

/// A peer that lags is tried again after so many windows.
constexpr std::int64_t kTryAgain = 2;

}  // namespace

bool ReplicaWindows::sent(std::int64_t now_ns, const NodeId& to, std::uint64_t number, std::size_t bytes) {
  Window& window = peers_[to];
  window.packets[number] = {now_ns, bytes};
  window.bytes += bytes;
  if (window.lagging || window.bytes <= settings_.window_bytes) return false;
  window.lagging = true;
  window.lagging_until_ns = now_ns + kTryAgain * settings_.window_ns;
  return true;
}

bool ReplicaWindows::receipted(const NodeId& from, std::uint64_t number) {
  const auto found = peers_.find(from);
  if (found == peers_.end()) return false;
  Window& window = found->second;
  const auto packet = window.packets.find(number);
  if (packet == window.packets.end()) return false;
  window.bytes -= packet->second.bytes;
  window.packets.erase(packet);
  if (!window.lagging || !window.packets.empty()) return false;
  window.lagging = false;
  return true;
}

bool ReplicaWindows::tick(std::int64_t now_ns) {
  bool changed = false;
  for (auto& [peer, window] : peers_) {
    if (window.lagging) {
      if (now_ns < window.lagging_until_ns) continue;
      // What it was sent before may be lost: it does not count any more.
      window = Window{};
      changed = true;
      continue;
    }
    if (window.packets.empty() || now_ns - window.packets.begin()->second.sent_ns <= settings_.window_ns) continue;
    window.lagging = true;
    window.lagging_until_ns = now_ns + kTryAgain * settings_.window_ns;
    changed = true;
  }
  return changed;
}

std::int64_t ReplicaWindows::next_deadline() const {
  std::int64_t due = kNever;
  for (const auto& [peer, window] : peers_) {
    if (window.lagging) {
      due = std::min(due, window.lagging_until_ns);
    } else if (!window.packets.empty()) {
      due = std::min(due, window.packets.begin()->second.sent_ns + settings_.window_ns + 1);
    }
  }
  return due;
}

bool ReplicaWindows::lags(const NodeId& peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.lagging;
}

std::size_t ReplicaWindows::in_flight(const NodeId& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? 0 : found->second.bytes;
}

}  // namespace wattring::sharding
