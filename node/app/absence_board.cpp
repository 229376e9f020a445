// SPDX-License-Identifier: Apache-2.0
#include "node/app/absence_board.hpp"

namespace wattring::app {
namespace {

using alert::SourceKey;
using alert::Tallies;
using alert::Tally;

constexpr std::uint64_t kSourceMetersMin = 5;

}  // namespace

bool AbsenceBoard::may_count(std::size_t shard, std::int64_t now_ms, std::int64_t interval_ms) const {
  const std::lock_guard lock(mutex_);
  return counted_in_[shard] < round_ && now_ms >= round_began_ms_ + interval_ms;
}

void AbsenceBoard::report(std::size_t shard, Tallies tallies, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  by_shard_[shard] = std::move(tallies);
  if (counted_in_[shard] == round_) return;
  counted_in_[shard] = round_;
  if (--left_ == 0) finish_round(now_ms);
}

void AbsenceBoard::finish_round(std::int64_t now_ms) {
  Tallies total;
  for (const Tallies& shard : by_shard_)
    for (const auto& [source, tally] : shard) {
      Tally& sum = total[source];
      sum.meters += tally.meters;
      sum.silent += tally.silent;
      sum.permille = tally.permille;
    }
  std::set<SourceKey> out;
  for (const auto& [source, tally] : total) {
    const bool was_out = out_.contains(source);
    const std::uint64_t share = was_out ? tally.permille / 2 : tally.permille;
    if (tally.meters >= kSourceMetersMin && tally.silent * 1000 > share * tally.meters) out.insert(source);
  }
  out_ = std::move(out);
  left_ = by_shard_.size();
  ++round_;
  round_began_ms_ = now_ms;
}

std::uint64_t AbsenceBoard::rounds() const {
  const std::lock_guard lock(mutex_);
  return round_ - 1;
}

bool AbsenceBoard::is_out(const SourceKey& source) const {
  const std::lock_guard lock(mutex_);
  return out_.contains(source);
}

std::vector<std::string> AbsenceBoard::out_under(std::string_view rule) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> sources;
  for (const SourceKey& source : out_)
    if (source.first == rule) sources.push_back(source.second);
  return sources;
}

}  // namespace wattring::app
