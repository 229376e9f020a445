// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "node/meter/shard_fold.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

/// How the meters of a shard come from the disk and leave memory.

namespace wattring::meter {
namespace {

/// With at least this share of the passivated meters wanted, one pass over all of them is cheaper than a search for
/// each.
constexpr std::size_t kOnePassShare = 8;

std::string not_verified(std::string_view id) {
  return "snapshot of meter " + std::string(id);
}

}  // namespace

bool ShardFold::restore(std::string_view id, std::uint64_t hash, std::string_view sealed, std::uint64_t position,
                        const persistence::ReadTransaction& disk) {
  const MeterTable::MeterIndex meter = meters_.find_or_add(id, hash);
  meters_.touch(meter, sealed_began_s_);
  const auto snapshot = persistence::open_value(sealed, position);
  const bool joined = snapshot && meters_.join_snapshot(meter, *snapshot).has_value();
  if (!joined) rebuild(meter, id, disk);
  forget_erased(meter);
  if (gates_ != nullptr) refresh_gates(meter);
  return joined;
}

Result<void> ShardFold::recover_meters(const persistence::ReadTransaction& disk, const sharding::ShardKey& key,
                                       const Residency& residency, std::vector<std::string>& damaged) {
  std::vector<SeriesState> series;
  sealed_began_s_ = clock_s_++;
  const std::string row = persistence::shard_key(shard_);
  return disk.scan(persistence::Table::meter, row, [&](std::string_view meter_key, std::string_view value) {
    const auto parsed = persistence::parse_meter_key(meter_key);
    if (!parsed || parsed->shard != shard_) return false;
    const std::uint64_t position = persistence::position_of(meter_key);
    const auto snapshot = persistence::open_value(value, position);
    const bool sound = snapshot && decode_snapshot(*snapshot, series).has_value();
    const bool read_lately = std::any_of(series.begin(), series.end(), [&](const SeriesState& state) {
      return state.last_ms >= residency.read_since_ms;
    });
    // What does not verify stays resident: it is looked at, and counted, only once.
    const auto erased = limits_.meters().find(parsed->meter_id);
    const bool unpurged = erased != limits_.meters().end() && !erased->second.purged;
    if (sound && !unpurged && (!read_lately || meters_.memory_bytes() > residency.bytes_max)) {
      ++passivated_;
    } else if (!restore(parsed->meter_id, key.hash(parsed->meter_id), value, position, disk)) {
      damaged.push_back(not_verified(parsed->meter_id));
    }
    return true;
  });
}

Result<std::size_t> ShardFold::bring_back(std::vector<Wanted> wanted, const persistence::ReadTransaction& disk,
                                          std::vector<std::string>& damaged) {
  if (passivated_ == 0) return 0;
  std::erase_if(wanted, [&](const Wanted& meter) { return meters_.find(meter.id, meter.hash).has_value(); });
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.id < b.id; });
  wanted.erase(std::unique(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.id == b.id; }),
               wanted.end());
  std::size_t returned = 0;
  const auto found = [&](const Wanted& meter, std::string_view key, std::string_view value) {
    if (!restore(meter.id, meter.hash, value, persistence::position_of(key), disk))
      damaged.push_back(not_verified(meter.id));
    ++returned;
    --passivated_;
  };
  if (wanted.size() * kOnePassShare < passivated_) {
    for (const Wanted& meter : wanted) {
      const std::string key = persistence::meter_key(shard_, meter.id);
      const auto value = disk.get(persistence::Table::meter, key);
      if (!value && value.error().code != ErrorCode::not_found) return Failure(value.error());
      if (value) found(meter, key, *value);
    }
    return returned;
  }
  if (wanted.empty()) return 0;
  auto next = wanted.begin();
  const std::string from = persistence::meter_key(shard_, next->id);
  auto scanned = disk.scan(persistence::Table::meter, from, [&](std::string_view key, std::string_view value) {
    const auto parsed = persistence::parse_meter_key(key);
    if (!parsed || parsed->shard != shard_) return false;
    while (next != wanted.end() && next->id < parsed->meter_id) ++next;
    if (next != wanted.end() && next->id == parsed->meter_id) found(*next, key, value);
    return next != wanted.end();
  });
  if (!scanned) return Failure(scanned.error());
  return returned;
}

std::size_t ShardFold::passivate(std::uint32_t least_idle_s, const MayGo& may_go) {
  std::size_t gone = 0;
  for (MeterTable::MeterIndex meter = 0; meter < meters_.meter_bound(); ++meter) {
    if (!meters_.holds(meter) || idle_s(meter) < least_idle_s || !is_clean(meter)) continue;
    if (attention_.contains(meter) || !may_go(meter)) continue;
    meters_.remove(meter);
    ++passivated_;
    ++gone;
  }
  if (gone != 0) meters_.trim();
  return gone;
}

}  // namespace wattring::meter
