// SPDX-License-Identifier: Apache-2.0
#include "sharding/shares.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace wattring::sharding {
namespace {

struct Claim {
  std::uint64_t weight;
  std::uint64_t low;
  std::uint64_t high;
};

constexpr unsigned kLevelBits = 10;

std::uint64_t share_at(const Claim& claim, std::uint64_t level) {
  return std::clamp((level * claim.weight) >> kLevelBits, claim.low, claim.high);
}

/// Water filling: the lowest level at which the claims, each in proportion to its weight but within its limits, use the
/// total up. Rounding leaves at most one unit too much for each.
std::vector<std::uint64_t> divide(const std::vector<Claim>& claims, std::uint64_t total) {
  const auto sum_at = [&](std::uint64_t level) {
    std::uint64_t sum = 0;
    for (const Claim& claim : claims) sum += share_at(claim, level);
    return sum;
  };
  std::uint64_t low = 0;
  // At this level the lightest claim alone has everything; where limits forbid the total, all are at their limits.
  std::uint64_t high = (total + 1) << kLevelBits;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (sum_at(middle) >= total)
      high = middle;
    else
      low = middle + 1;
  }
  std::vector<std::uint64_t> shares;
  shares.reserve(claims.size());
  for (const Claim& claim : claims) shares.push_back(share_at(claim, low));
  return shares;
}

}  // namespace

Shares fair_shares(const Ring& ring, std::size_t shard_count) {
  const std::uint64_t all = shard_count * kShareUnits;
  const std::uint64_t copies = ring.effective_copies();
  std::map<std::string_view, std::vector<std::size_t>> zones;
  for (std::size_t i = 0; i < ring.members.size(); ++i) zones[ring.members[i].zone].push_back(i);

  // With fewer zones than copies each zone has every shard, and what is left over may go anywhere.
  const bool few = zones.size() < copies;
  std::vector<Claim> zone_claims;
  for (const auto& [zone, inside] : zones) {
    std::uint64_t weight = 0;
    for (const std::size_t i : inside) weight += ring.members[i].weight;
    const std::uint64_t most = few ? std::min<std::uint64_t>(inside.size(), copies - zones.size() + 1) : 1;
    zone_claims.push_back({weight, few ? all : 0, most * all});
  }
  const std::vector<std::uint64_t> zone_shares = divide(zone_claims, copies * all);

  Shares shares;
  shares.copies.resize(ring.members.size());
  std::size_t at = 0;
  for (const auto& [zone, inside] : zones) {
    std::vector<Claim> claims;
    claims.reserve(inside.size());
    for (const std::size_t i : inside) claims.push_back({ring.members[i].weight, 0, all});
    const std::vector<std::uint64_t> within = divide(claims, zone_shares[at++]);
    for (std::size_t k = 0; k < inside.size(); ++k) shares.copies[inside[k]] = within[k];
  }
  std::vector<Claim> homes;
  homes.reserve(ring.members.size());
  for (const RingMember& member : ring.members) homes.push_back({member.weight, 0, all});
  shares.homes = divide(homes, all);
  return shares;
}

}  // namespace wattring::sharding
