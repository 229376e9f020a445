// SPDX-License-Identifier: Apache-2.0
#include "sharding/promises.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/prng.hpp"

namespace wattring::sharding {
namespace {

constexpr std::uint64_t kSeed = 2026;  // the same table at every look

/// By member: 1 is away.
using Away = std::vector<std::uint8_t>;

/// Owners as indices, because they are looked at millions of times.
struct Owners {
  explicit Owners(const Placement& placement) : copies(placement.ring().effective_copies()) {
    const auto& members = placement.ring().members;
    std::map<NodeId, std::uint16_t> index;
    for (std::size_t i = 0; i < members.size(); ++i) index[members[i].id] = static_cast<std::uint16_t>(i);
    for (std::size_t s = 0; s < placement.shard_count(); ++s)
      for (const NodeId& owner : placement.owners(ShardId{static_cast<std::uint16_t>(s)})) all.push_back(index[owner]);
  }
  std::size_t copies;
  std::vector<std::uint16_t> all;  ///< `copies` for each shard
};

/// Adds up what many sets of failed members mean.
class Tally {
 public:
  Tally(const Placement& placement, const Owners& owners)
      : owners_(owners), acks_(placement.ring().effective_acks()), quorum_(placement.ring().read_quorum()) {}

  void add(const Away& away, std::size_t left) {
    std::size_t held = 0;
    std::size_t incomplete = 0;
    std::size_t nobody = 0;
    std::size_t at_risk = 0;
    for (std::size_t at = 0; at < owners_.all.size(); at += owners_.copies) {
      std::size_t here = 0;
      for (std::size_t i = 0; i < owners_.copies; ++i) here += 1U - away[owners_.all[at + i]];
      held += here < acks_ ? 1 : 0;
      incomplete += here < quorum_ ? 1 : 0;
      nobody += here == 0 ? 1 : 0;
      at_risk += owners_.copies - here >= acks_ ? 1 : 0;
    }
    row_.acked = left >= acks_;
    count(row_.held, row_.acked ? held : 0);
    count(row_.incomplete, incomplete);
    count(row_.nobody, nobody);
    count(row_.at_risk, at_risk);
    ++row_.sets;
  }
  [[nodiscard]] Promise done() {
    for (ShardShare* share : {&row_.held, &row_.incomplete, &row_.nobody, &row_.at_risk})
      share->mean /= static_cast<double>(std::max<std::uint64_t>(1, row_.sets));
    return row_;
  }

 private:
  void count(ShardShare& share, std::size_t shards) const {
    const double part = static_cast<double>(shards * owners_.copies) / static_cast<double>(owners_.all.size());
    share.mean += part;
    share.worst = std::max(share.worst, part);
  }
  const Owners& owners_;
  std::size_t acks_;
  std::size_t quorum_;
  Promise row_;
};

/// n over k, but no more than `most` + 1.
std::uint64_t combinations(std::size_t n, std::size_t k, std::uint64_t most) {
  k = std::min(k, n - k);
  std::uint64_t sets = 1;
  for (std::size_t i = 1; i <= k; ++i) {
    sets = sets * (n - k + i) / i;
    if (sets > most) return most + 1;
  }
  return sets;
}

/// One member more or less away; the first of all sets is 1..1 0..0.
void add_all(Tally& tally, std::size_t members, std::size_t failed) {
  Away away(members, 0);
  std::fill(away.begin(), away.begin() + static_cast<std::ptrdiff_t>(failed), std::uint8_t{1});
  do {
    tally.add(away, members - failed);
  } while (std::prev_permutation(away.begin(), away.end()));
}

void add_some(Tally& tally, std::size_t members, std::size_t failed, std::uint64_t sets) {
  Prng prng(kSeed + failed);
  std::vector<std::size_t> order(members);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::uint64_t n = 0; n < sets; ++n) {
    Away away(members, 0);
    for (std::size_t i = 0; i < failed; ++i) {
      std::swap(order[i], order[i + prng.below(members - i)]);
      away[order[i]] = 1;
    }
    tally.add(away, members - failed);
  }
}

Promise of_failed(const Placement& placement, const Owners& owners, std::size_t failed, std::uint64_t sets_max) {
  const std::size_t members = placement.ring().members.size();
  Tally tally(placement, owners);
  const bool exact = combinations(members, failed, sets_max) <= sets_max;
  if (exact) {
    add_all(tally, members, failed);
  } else {
    add_some(tally, members, failed, sets_max);
  }
  Promise row = tally.done();
  row.failed = failed;
  row.exact = exact;
  return row;
}

Promise of_zone(const Placement& placement, const Owners& owners, const std::string& zone) {
  const auto& members = placement.ring().members;
  Away away;
  for (const RingMember& member : members) away.push_back(member.zone == zone ? 1 : 0);
  const auto failed = static_cast<std::size_t>(std::ranges::count(away, 1));
  Tally tally(placement, owners);
  tally.add(away, members.size() - failed);
  Promise row = tally.done();
  row.failed = failed;
  row.zone = zone;
  return row;
}

}  // namespace

Promises promises(const Placement& placement, std::uint64_t sets_max) {
  const Ring& ring = placement.ring();
  const Owners owners(placement);
  Promises out{ring.members.size(), ring.effective_copies(), ring.effective_acks(), {}, {}};
  for (std::size_t failed = 0; failed < std::min(out.members, kPromiseRowsMax); ++failed)
    out.by_failed.push_back(of_failed(placement, owners, failed, sets_max));
  std::map<std::string, std::size_t> zones;
  for (const RingMember& member : ring.members) ++zones[member.zone];
  if (zones.size() > 1)
    for (const auto& [zone, count] : zones) out.by_zone.push_back(of_zone(placement, owners, zone));
  return out;
}

}  // namespace wattring::sharding
