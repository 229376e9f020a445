// SPDX-License-Identifier: Apache-2.0
#include "node/app/silence_sweep.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "node/meter/registers.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using alert::Rule;
using alert::RuleKind;
using meter::kNone;
using meter::MeterTable;
using persistence::Table;

constexpr std::int64_t kLookAgain = 15 * kMsPerMinute;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// Start of the latest reading; of the announcement when there is none.
std::int64_t latest_reading(const MeterTable& table, MeterTable::MeterIndex meter) {
  std::optional<std::int64_t> reading;
  std::int64_t text = 0;
  for (auto at = table.first_series(meter); at != kNone; at = table.series(at).next) {
    const meter::SeriesState& state = table.series(at);
    if (state.empty) continue;
    const meter::RegisterInfo* info = meter::find_register(state.reg);
    if (info != nullptr && info->kind == meter::Kind::event) {
      text = std::max(text, state.last_ms);
    } else {
      reading = std::max(reading.value_or(state.last_ms), state.last_ms);
    }
  }
  return reading.value_or(text);
}

bool counts(const Rule& rule, std::int64_t now_ms) {
  return rule.kind == RuleKind::no_data && !rule.disabled && rule.effective_ms <= now_ms;
}

}  // namespace

std::int64_t silence_interval_ms(const alert::Policy& policy) {
  std::int64_t shortest = 8 * kMsPerMinute;
  for (const alert::Timeline& timeline : policy.timelines())
    if (timeline.newest().kind == RuleKind::no_data) shortest = std::min(shortest, timeline.newest().after_ms);
  return std::clamp(shortest / 8, kMsPerSecond, kMsPerMinute);
}

std::int64_t silent_from_ms(const alert::Policy& policy, const MeterTable& table, MeterTable::MeterIndex meter) {
  std::int64_t shortest = kNever;
  for (const alert::Timeline& timeline : policy.timelines())
    if (timeline.newest().kind == RuleKind::no_data) shortest = std::min(shortest, timeline.newest().after_ms);
  return shortest == kNever ? kNever : latest_reading(table, meter) + shortest + 1;
}

SilenceSweep::SilenceSweep(const meter::ShardFold& fold, alert::ShardAlerts& alerts, const sharding::ShardKey& key,
                           const AbsenceBoard& board, std::int64_t last_ms, std::int64_t now_ms,
                           std::int64_t confirmed_ms)
    : fold_(fold),
      alerts_(alerts),
      key_(key),
      board_(board),
      last_ms_(last_ms),
      now_ms_(now_ms),
      confirmed_ms_(confirmed_ms) {}

void SilenceSweep::judge(std::string_view meter, std::int64_t latest_ms, alert::Tallies& tallies,
                         std::int64_t* next_due_ms, const MeterIndex* resident) {
  for (const alert::Timeline& timeline : alerts_.policy().timelines()) {
    if (!counts(timeline.newest(), now_ms_) || !alerts_.policy().applies(timeline, meter)) continue;
    const auto rule = alert::rule_for(timeline.newest(), alerts_.policy().profile_of(meter));
    if (!rule) continue;
    const std::int64_t due_ms = latest_ms + rule->after_ms;
    const bool silent = now_ms_ > due_ms;
    alert::count(tallies, *rule, meter, silent);
    if (!silent && next_due_ms != nullptr) *next_due_ms = std::min(*next_due_ms, due_ms + 1);
    const bool is_open = alerts_.is_firing(rule->name, meter);
    if (silent && !is_open && next_due_ms != nullptr) *next_due_ms = std::min(*next_due_ms, now_ms_ + 1);
    // Silent at the look before too, so that a whole round knows of it: then it is known whether the source is out.
    if (!silent || due_ms >= last_ms_ || board_.rounds() == 0 || !fold_.complete()) continue;
    if (board_.is_out({rule->name, alert::source_of(*rule, meter)})) continue;
    if (due_ms >= confirmed_ms_) {
      waits_ = waits_ || !is_open;
      continue;
    }
    if (auto change = alerts_.open(*rule, meter, due_ms, rule->after_ms, now_ms_)) {
      changes_.push_back(std::move(*change));
      if (resident != nullptr) opened_.push_back(*resident);
    }
  }
}

alert::Tallies SilenceSweep::look_at_residents() {
  alert::Tallies tallies;
  for (const MeterIndex meter : fold_.meters().ordered())
    judge(fold_.meters().id(meter), latest_reading(fold_.meters(), meter), tallies, nullptr, &meter);
  return tallies;
}

Result<SilenceSweep::Sleepers> SilenceSweep::look_at_sleepers(const persistence::ReadTransaction& disk) {
  Sleepers sleepers{{}, now_ms_ + kLookAgain};
  const std::string from = persistence::shard_key(fold_.shard());
  auto scanned = disk.scan(Table::meter, from, [&](std::string_view key, std::string_view value) {
    const auto parsed = persistence::parse_meter_key(key);
    if (!parsed || parsed->shard != fold_.shard()) return false;
    const std::uint64_t hash = key_.hash(parsed->meter_id);
    if (fold_.meters().find(parsed->meter_id, hash)) return true;
    const auto snapshot = persistence::open_value(value, persistence::position_of(key));
    MeterTable alone;
    const MeterIndex meter = alone.find_or_add(parsed->meter_id, hash);
    if (snapshot && alone.join_snapshot(meter, *snapshot))
      judge(parsed->meter_id, latest_reading(alone, meter), sleepers.tallies, &sleepers.next_due_ms, nullptr);
    return true;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  look_at_roster(disk, sleepers);
  return sleepers;
}

void SilenceSweep::look_at_roster(const persistence::ReadTransaction& disk, Sleepers& sleepers) {
  for (const alert::Profile& profile : alerts_.policy().parts().profiles)
    for (const std::string& meter : profile.roster) {
      const std::uint64_t hash = key_.hash(meter);
      if (key_.shard_of_hash(hash) != fold_.shard() || fold_.meters().find(meter, hash)) continue;
      if (disk.get(Table::meter, persistence::meter_key(fold_.shard(), meter))) continue;
      judge(meter, profile.effective_ms, sleepers.tallies, &sleepers.next_due_ms, nullptr);
    }
}

void SilenceSweep::look_at_sources() {
  if (board_.rounds() == 0) return;
  for (const alert::Timeline& timeline : alerts_.policy().timelines()) {
    const Rule& rule = timeline.newest();
    if (!counts(rule, now_ms_)) continue;
    std::set<std::string> out;
    for (const std::string& source : board_.out_under(rule.name)) {
      const std::string meter = alert::source_meter(source);
      if (key_.shard_of(meter) != fold_.shard()) continue;
      out.insert(meter);
      if (alerts_.is_firing(rule.name, meter)) continue;
      if (last_ms_ >= confirmed_ms_) {
        waits_ = true;
        continue;
      }
      if (auto change = alerts_.open(rule, meter, now_ms_, 0, now_ms_)) changes_.push_back(std::move(*change));
    }
    for (const std::string& meter : alerts_.firing_under(rule.name)) {
      if (!alert::is_source(meter) || out.contains(meter) || confirmed_ms_ == kNeverConfirmed) continue;
      if (auto change = alerts_.close(rule, meter, now_ms_, now_ms_)) changes_.push_back(std::move(*change));
    }
  }
}

}  // namespace wattring::app
