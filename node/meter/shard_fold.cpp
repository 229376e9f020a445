// SPDX-License-Identifier: Apache-2.0
#include "node/meter/shard_fold.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/time.hpp"
#include "node/meter/interval_chunk.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {
namespace {

/// Leaves room for the seconds that seals add.
constexpr std::int64_t kTimeMaxS = 0xf000'0000;

}  // namespace

void ShardFold::set_time(std::int64_t now_ms) {
  const std::int64_t now_s = std::clamp<std::int64_t>(now_ms / kMsPerSecond, 0, kTimeMaxS);
  clock_s_ = std::max(clock_s_, static_cast<std::uint32_t>(now_s));
}

ShardFold::Applied ShardFold::apply(std::string_view meter_id, std::uint64_t meter_hash, std::span<const Fact> facts,
                                    Lsn lsn) {
  const std::int64_t from_ms = limits_.erased_before(meter_id);
  if (from_ms != ShardLimits::kNever &&
      std::all_of(facts.begin(), facts.end(), [&](const Fact& fact) { return fact.start_ms < from_ms; }))
    return {facts.size(), 0, facts.size()};
  const MeterTable::MeterIndex meter = meters_.find_or_add(meter_id, meter_hash);
  meters_.touch(meter, clock_s_);
  const std::size_t pending_before = pending_.size();
  try {
    const Applied applied = absorb(meter, meter_id, facts, from_ms);
    first_pending_ = std::min(first_pending_, lsn);
    return applied;
  } catch (...) {
    pending_.cut_to(pending_before);
    throw;
  }
}

ShardFold::Applied ShardFold::absorb(MeterTable::MeterIndex meter, std::string_view meter_id,
                                     std::span<const Fact> facts, std::int64_t from_ms) {
  Applied applied;
  MeterTable::SeriesIndex series = kNone;
  for (const Fact& fact : facts) {
    if (fact.start_ms < from_ms) {
      ++applied.facts;
      ++applied.erased;
      continue;
    }
    if (fault_ != nullptr) fault_->folding(meter_id, fact);
    if (series == kNone || meters_.series(series).reg != fact.reg) series = meters_.find_or_add_series(meter, fact.reg);
    SeriesState& state = meters_.series(series);
    if (gates_ != nullptr && state.empty) state.gate = gates_->gate_of(meter_id, fact.reg);
    ++applied.facts;
    // What a transfer brings may be gone from the disk here, whatever is remembered of it.
    if (fact.flags == 0 && !settling_ && state.is_last(fact)) {
      ++applied.duplicates;
      continue;
    }
    if (state.gate != 0) hold_against_gate(state, fact);
    state.absorb(fact);
    pending_.append(series, fact);
  }
  return applied;
}

void ShardFold::hold_against_gate(const SeriesState& before, const Fact& fact) {
  const bool late = !before.empty && fact.start_ms <= before.last_ms;
  if ((before.gate & kWatched) != 0 || (late && (before.gate & kHistory) != 0) ||
      trips(gates_->gate(before.gate & kGateIndexMax), before, fact))
    attention_.note(before.meter, fact.start_ms);
}

void ShardFold::keep_gates(GateKeeper* keeper) {
  gates_ = keeper;
  for (MeterTable::MeterIndex meter = 0; meter < meters_.meter_bound(); ++meter)
    if (meters_.holds(meter)) refresh_gates(meter);
}

void ShardFold::refresh_gates(MeterTable::MeterIndex meter) {
  for (MeterTable::SeriesIndex at = meters_.first_series(meter); at != kNone; at = meters_.series(at).next)
    meters_.series(at).gate =
        gates_ == nullptr ? std::uint16_t{0} : gates_->gate_of(meters_.id(meter), meters_.series(at).reg);
}

void ShardFold::cover(const WriterId& writer, Sequence sequence, Lsn lsn) {
  coverage_.add(writer, sequence);
  first_pending_ = std::min(first_pending_, lsn);
}

void ShardFold::cover(const sharding::Coverage& all, Lsn lsn) {
  coverage_.join(all);
  first_pending_ = std::min(first_pending_, lsn);
}

Result<void> ShardFold::join_snapshot(std::string_view meter_id, std::uint64_t meter_hash, std::string_view snapshot,
                                      Lsn lsn) {
  const MeterTable::MeterIndex meter = meters_.find_or_add(meter_id, meter_hash);
  meters_.touch(meter, clock_s_);
  joined_.push_back(meter);
  first_pending_ = std::min(first_pending_, lsn);
  auto joined = meters_.join_snapshot(meter, snapshot);
  forget_erased(meter);
  // Where nothing is known but that it is not earlier, the purge finds which reading is the first.
  for (const MeterTable::SeriesIndex series : meters_.series_of(meter))
    if (meters_.series(series).first_ms == erased_before(meter)) unpurge(meter);
  if (gates_ != nullptr) refresh_gates(meter);
  return joined;
}

void ShardFold::apply_kept_intervals(std::string_view key, std::string_view payload, Lsn lsn) {
  first_pending_ = std::min(first_pending_, lsn);
  const auto parsed = persistence::parse_interval_key(key);
  const std::int64_t from_ms = parsed ? limits_.erased_before(parsed->meter_id) : ShardLimits::kNever;
  if (from_ms > ShardLimits::kNever && from_ms > parsed->day * kMsPerDay) {
    const auto cut = cut_interval_day(payload, parsed->day, from_ms);
    if (cut && *cut) keep_intervals(key, **cut);
    return;
  }
  keep_intervals(key, payload);
}

void ShardFold::keep_intervals(std::string_view key, std::string_view payload) {
  if (!kept_.try_emplace(std::string(key), payload).second) return;
  kept_bytes_ += key.size() + payload.size();
}

void ShardFold::apply_text(std::string_view text) {
  texts_.try_emplace(text_value(text), text);
}

Result<void> ShardFold::recover(const persistence::ReadTransaction& disk, const sharding::ShardKey& key,
                                const Residency& residency, std::vector<std::string>& damaged) {
  const std::string row = persistence::shard_key(shard_);
  Result<void> read;
  const auto load_row = [&](persistence::Table table) -> std::string_view {
    const auto stored = disk.get(table, row);
    if (!stored && stored.error().code != ErrorCode::not_found) read = Failure(stored.error());
    if (!stored) return {};
    const auto opened = persistence::open_value(*stored, persistence::position_of(row));
    if (!opened) damaged.push_back(std::string(to_string(table)) + " of shard " + std::to_string(shard_.value));
    return opened ? *opened : std::string_view{};
  };
  if (const std::string_view bytes = load_row(persistence::Table::coverage); !bytes.empty()) {
    auto coverage = sharding::Coverage::decode(bytes);
    if (coverage) coverage_ = std::move(*coverage);
    if (!coverage) damaged.push_back("coverage of shard " + std::to_string(shard_.value));
  }
  if (const std::string_view bytes = load_row(persistence::Table::applied); !bytes.empty()) {
    ByteReader in(bytes);
    const std::uint64_t lsn = in.u64_be();
    if (in.at_end()) sealed_up_to_ = Lsn{lsn};
  }
  if (read) read = recover_limits(disk, damaged);
  if (read) read = recover_quarantined(disk, damaged);
  if (!read) return read;
  return recover_meters(disk, key, residency, damaged);
}

void ShardFold::collect_pending(MeterTable::SeriesIndex series, std::vector<Fact>& out) const {
  const Register reg = meters_.series(series).reg;
  const std::int64_t from_ms = erased_before(meters_.series(series).meter);
  for (const PendingFacts* list : {&sealing_, &pending_})
    for (std::size_t i = 0; i < list->size(); ++i)
      if (list->item(i).series == series && list->item(i).start_ms >= from_ms) out.push_back(list->fact(i, reg));
}

void ShardFold::visit_pending(const std::function<void(MeterTable::SeriesIndex, const Fact&)>& visit) const {
  for (const PendingFacts* list : {&sealing_, &pending_}) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      const MeterTable::SeriesIndex series = list->item(i).series;
      if (list->item(i).start_ms < erased_before(meters_.series(series).meter)) continue;
      visit(series, list->fact(i, meters_.series(series).reg));
    }
  }
}

const std::string* ShardFold::pending_text(std::int64_t value) const {
  for (const auto* texts : {&texts_, &sealing_texts_}) {
    const auto found = texts->find(value);
    if (found != texts->end()) return &found->second;
  }
  return nullptr;
}

Lsn ShardFold::first_unsealed() const {
  return std::min(first_pending_, first_sealing_);
}

void ShardFold::begin_seal(Lsn applied_up_to) {
  WATTRING_CHECK(can_begin_seal());
  seal_running_ = true;
  if (limits_.erases_any() && quarantined_.empty() && !settling_) drop_unused_texts();
  std::swap(sealing_, pending_);
  std::swap(sealing_texts_, texts_);
  std::swap(sealing_kept_, kept_);
  std::swap(sealing_joined_, joined_);
  std::swap(sealing_limits_, unsealed_limits_);
  sealing_coverage_ = coverage_.encode();
  first_sealing_ = std::exchange(first_pending_, kNothingUnsealed);
  sealing_up_to_ = applied_up_to;
  sealing_began_s_ = clock_s_++;
  sealing_renews_ = renewing_ && !settling_;
}

void ShardFold::finish_seal() {
  WATTRING_CHECK(seal_running_);
  seal_running_ = false;
  sealing_ = PendingFacts{};
  sealing_texts_.clear();
  for (const auto& [key, payload] : sealing_kept_) kept_bytes_ -= key.size() + payload.size();
  sealing_kept_.clear();
  sealing_joined_.clear();
  sealing_limits_.clear();
  sealing_coverage_.clear();
  first_sealing_ = kNothingUnsealed;
  sealed_up_to_ = sealing_up_to_;
  sealed_began_s_ = sealing_began_s_;
  renewing_ = renewing_ && !sealing_renews_;
}

void ShardFold::abandon_seal() {
  WATTRING_CHECK(seal_running_);
  seal_running_ = false;
  sealing_.append_all(pending_);
  pending_ = std::exchange(sealing_, PendingFacts{});
  texts_.merge(sealing_texts_);
  sealing_texts_.clear();
  // What is the same day in both came twice, and counts once.
  kept_.merge(sealing_kept_);
  for (const auto& [key, payload] : sealing_kept_) kept_bytes_ -= key.size() + payload.size();
  sealing_kept_.clear();
  joined_.insert(joined_.end(), sealing_joined_.begin(), sealing_joined_.end());
  sealing_joined_.clear();
  unsealed_limits_.merge(sealing_limits_);
  sealing_limits_.clear();
  // What was erased meanwhile.
  if (limits_.erases_any()) drop_erased_pending();
  first_pending_ = std::min(first_pending_, std::exchange(first_sealing_, kNothingUnsealed));
}

}  // namespace wattring::meter
