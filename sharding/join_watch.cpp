// SPDX-License-Identifier: Apache-2.0
#include "sharding/join_watch.hpp"

#include <algorithm>
#include <limits>

namespace wattring::sharding {
namespace {

std::vector<LiveMember> newcomers(const Ring& current, const std::vector<LiveMember>& live) {
  std::vector<LiveMember> found;
  for (const LiveMember& each : live)
    if (!current.is_member(each.id) && !current.is_removed(each.id)) found.push_back(each);
  // Who came first comes first, should the ring be nearly full.
  std::sort(found.begin(), found.end(), [](const LiveMember& a, const LiveMember& b) {
    return a.since_ns != b.since_ns ? a.since_ns < b.since_ns : a.id < b.id;
  });
  found.resize(std::min(found.size(), kRingMembersMax - current.members.size()));
  return found;
}

Ring with(const Ring& current, const std::vector<LiveMember>& joining) {
  Ring next = current;
  next.version = current.version + 1;
  next.parent = ring_id(current);
  for (const LiveMember& each : joining)
    next.members.push_back(
        {each.id, std::clamp<std::uint16_t>(each.weight, 1, kRingWeightMax), each.zone.substr(0, kRingZoneBytesMax)});
  std::sort(next.members.begin(), next.members.end(),
            [](const RingMember& a, const RingMember& b) { return a.id < b.id; });
  return next;
}

}  // namespace

JoinWatch::Advice JoinWatch::look(std::int64_t now_ns, const Ring& current, const std::vector<LiveMember>& live) const {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  const std::optional<std::int64_t> place = place_in_line(current, live);
  std::vector<LiveMember> joining = newcomers(current, live);
  if (!place || joining.empty()) return {std::nullopt, kNever};

  // Together at the moment when the last of them is steady; when that is too late, those who are steady then.
  const std::int64_t all_steady = joining.back().since_ns + settings_.steady_ns;
  const std::int64_t latest =
      std::max(joining.front().since_ns + settings_.together_ns, joining.front().since_ns + settings_.steady_ns);
  const std::int64_t due = std::min(all_steady, latest) + *place * settings_.takeover_ns;
  if (now_ns < due) return {std::nullopt, due};
  joining.erase(std::remove_if(joining.begin(), joining.end(),
                               [&](const LiveMember& each) { return now_ns - each.since_ns < settings_.steady_ns; }),
                joining.end());
  return {with(current, joining), now_ns + settings_.takeover_ns};
}

/// 0: this node proposes at once. Nothing when it has no say.
std::optional<std::int64_t> JoinWatch::place_in_line(const Ring& current, const std::vector<LiveMember>& live) const {
  if (!current.is_member(self_)) return std::nullopt;
  return std::count_if(live.begin(), live.end(),
                       [&](const LiveMember& each) { return current.is_member(each.id) && each.id < self_; });
}

}  // namespace wattring::sharding
