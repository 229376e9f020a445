// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/alert/absence.hpp"

namespace wattring::app {

/// What the shards of a node counted, put together. Shards count in rounds: a round ends when each has counted in it,
/// and only what whole rounds say is acted on. Any thread.
class AbsenceBoard {
 public:
  explicit AbsenceBoard(std::size_t shards) : counted_in_(shards, 0), by_shard_(shards), left_(shards) {}

  /// Whether it is the shard's turn to count. interval: between the starts of rounds.
  [[nodiscard]] bool may_count(std::size_t shard, std::int64_t now_ms, std::int64_t interval_ms) const;
  void report(std::size_t shard, alert::Tallies tallies, std::int64_t now_ms);
  /// Rounds that are complete.
  [[nodiscard]] std::uint64_t rounds() const;
  /// By the last complete round: out above the share, back at half of it; less than 5 meters are no source.
  [[nodiscard]] bool is_out(const alert::SourceKey& source) const;
  /// Sources of the rule that are out.
  [[nodiscard]] std::vector<std::string> out_under(std::string_view rule) const;

 private:
  void finish_round(std::int64_t now_ms);

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::uint64_t> counted_in_;  ///< by shard: the round in which it counted last, from 1
  std::vector<alert::Tallies> by_shard_;
  std::set<alert::SourceKey> out_;
  std::uint64_t round_ = 1;
  std::int64_t round_began_ms_ = 0;
  std::size_t left_;
};

}  // namespace wattring::app
