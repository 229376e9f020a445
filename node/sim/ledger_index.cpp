// SPDX-License-Identifier: Apache-2.0
#include "node/sim/ledger_index.hpp"

#include <algorithm>
#include <limits>

#include "base/prng.hpp"

namespace wattring::sim {
namespace {

// A ledger that claims more is not one of ours; the index is an array.
constexpr std::uint32_t kMetersMax = 100'000'000;

}  // namespace

Result<LedgerIndex> LedgerIndex::load(const std::string& path) {
  LedgerIndex index;
  index.path_ = path;
  index.first_ms_ = std::numeric_limits<std::int64_t>::max();
  index.last_ms_ = std::numeric_limits<std::int64_t>::min();
  bool has_header = false;
  bool too_many = false;
  LedgerVisitor visitor;
  visitor.header = [&](const LedgerHeader& header) {
    index.header_ = header;
    has_header = true;
  };
  visitor.reg = [&](Register reg) { index.registers_.push_back(reg); };
  visitor.meter = [&](std::uint32_t meter, std::string_view id) { index.names_[meter] = std::string(id); };
  visitor.outcome = [&](const BatchOutcome& outcome) { index.outcomes_[outcome.id] = outcome; };
  visitor.batch = [&](std::uint64_t, std::int64_t, std::span<const Reading> readings) {
    ++index.batches_;
    index.readings_ += readings.size();
    for (const Reading& reading : readings) {
      if (reading.meter >= kMetersMax) {
        too_many = true;
        continue;
      }
      if (reading.meter >= index.sent_by_meter_.size()) index.sent_by_meter_.resize(reading.meter + 1);
      ++index.sent_by_meter_[reading.meter];
      index.first_ms_ = std::min(index.first_ms_, reading.time_ms);
      index.last_ms_ = std::max(index.last_ms_, reading.time_ms);
    }
  };
  const Result<LedgerEnding> ending = scan_ledger(path, visitor);
  if (!ending) return Failure(ending.error());
  if (!has_header || too_many) return fail(ErrorCode::corrupt, "ledger " + path + " makes no sense");
  index.ending_ = *ending;
  if (index.readings_ == 0) index.first_ms_ = index.last_ms_ = 0;
  return index;
}

std::string LedgerIndex::meter_id(std::uint32_t meter) const {
  if (const auto named = names_.find(meter); named != names_.end()) return named->second;
  MeterNames names(header_.prefix, header_.meters);
  return std::string(names(meter));
}

std::vector<SentStatus> LedgerIndex::statuses(std::uint64_t batch, std::size_t readings) const {
  const auto found = outcomes_.find(batch);
  if (found == outcomes_.end()) return std::vector<SentStatus>(readings, SentStatus::unknown);
  const BatchOutcome& outcome = found->second;
  std::uint64_t listed = 0;
  for (const RefusedRange& range : outcome.listed) listed += range.count;
  // Which readings were refused or unknown was not told in full: any of them may be one.
  const bool vague = outcome.replied_ms == 0 || outcome.unknown > 0 || outcome.refused > listed;
  std::vector<SentStatus> statuses(readings, vague ? SentStatus::unknown : SentStatus::acked);
  for (const RefusedRange& range : outcome.listed) {
    const bool certain = range.count == 1 && !outcome.had_unknown;
    for (std::uint64_t i = range.first; i < std::min<std::uint64_t>(readings, range.first + range.count); ++i) {
      statuses[static_cast<std::size_t>(i)] = certain ? SentStatus::refused : SentStatus::unknown;
    }
  }
  return statuses;
}

Result<std::vector<std::vector<SentReading>>> LedgerIndex::load_readings(
    const std::vector<std::uint32_t>& meters) const {
  std::vector<std::int32_t> slot(sent_by_meter_.size(), -1);
  std::vector<std::vector<SentReading>> loaded(meters.size());
  for (std::size_t i = 0; i < meters.size(); ++i) {
    slot[meters[i]] = static_cast<std::int32_t>(i);
    loaded[i].reserve(sent_by_meter_[meters[i]]);
  }
  bool undefined = false;
  LedgerVisitor visitor;
  visitor.batch = [&](std::uint64_t id, std::int64_t, std::span<const Reading> readings) {
    std::vector<SentStatus> status;
    for (std::size_t i = 0; i < readings.size(); ++i) {
      const Reading& reading = readings[i];
      if (reading.meter >= slot.size() || slot[reading.meter] < 0) continue;
      if (reading.reg >= registers_.size()) {
        undefined = true;
        continue;
      }
      if (status.empty()) status = statuses(id, readings.size());
      loaded[static_cast<std::size_t>(slot[reading.meter])].push_back(
          {reading.time_ms, reading.value, registers_[reading.reg], status[i]});
    }
  };
  const Result<LedgerEnding> ending = scan_ledger(path_, visitor);
  if (!ending) return Failure(ending.error());
  if (undefined) return fail(ErrorCode::corrupt, "ledger " + path_ + " uses a register that it does not define");
  return loaded;
}

std::vector<std::uint32_t> choose_meters(const std::vector<std::uint32_t>& sent_by_meter, std::size_t sample,
                                         std::uint64_t seed) {
  std::vector<std::uint32_t> meters;
  for (std::uint32_t i = 0; i < sent_by_meter.size(); ++i) {
    if (sent_by_meter[i] > 0) meters.push_back(i);
  }
  if (meters.size() <= sample) return meters;
  // The first `sample` places of a Fisher-Yates shuffle.
  Prng prng(seed);
  for (std::size_t i = 0; i < sample; ++i) std::swap(meters[i], meters[i + prng.below(meters.size() - i)]);
  meters.resize(sample);
  std::sort(meters.begin(), meters.end());
  return meters;
}

std::vector<std::vector<std::uint32_t>> group_meters(const std::vector<std::uint32_t>& meters,
                                                     const std::vector<std::uint32_t>& sent_by_meter,
                                                     std::size_t readings_max) {
  std::vector<std::vector<std::uint32_t>> groups;
  std::size_t readings = readings_max;
  for (const std::uint32_t meter : meters) {
    if (groups.empty() || readings + sent_by_meter[meter] > readings_max) {
      groups.emplace_back();
      readings = 0;
    }
    groups.back().push_back(meter);
    readings += sent_by_meter[meter];
  }
  return groups;
}

}  // namespace wattring::sim
