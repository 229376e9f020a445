// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/fact.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/meter/intervals.hpp"
#include "persistence/journal.hpp"
#include "persistence/series_chunk.hpp"

namespace wattring::meter {

/// The facts of one series as a query sees them: sealed chunks from a snapshot of the disk, joined with the facts that
/// were pending when the question was asked (asked before the snapshot was taken, so that a fact that moves in between
/// is seen twice rather than never; the join makes one of them). Pure; for one request.
class SeriesReader {
 public:
  struct Series {
    ShardId shard;
    std::string meter;
    Register reg;
    std::int64_t first_ms = 0;  ///< least and greatest start of all its facts
    std::int64_t last_ms = 0;
    std::vector<Fact> pending;                                        ///< any order
    std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();  ///< what starts before was erased
  };
  SeriesReader(const persistence::ReadTransaction& disk, Series series);

  /// All facts that start on the UTC days [first_day, last_day].
  [[nodiscard]] Result<persistence::SeriesChunk> load_days(std::int32_t first_day, std::int32_t last_day);
  /// derive_intervals() over exactly the facts it needs; days whose readings retention dropped come from what it kept.
  [[nodiscard]] Result<std::vector<Interval>> intervals(std::span<const std::int64_t> exchange_times_ms,
                                                        const FoldOptions& options, std::int64_t from_ms,
                                                        std::int64_t to_ms);
  [[nodiscard]] const Series& series() const { return series_; }
  /// A chunk did not verify: what was loaded is not everything.
  [[nodiscard]] bool damaged() const { return damaged_; }

 private:
  Result<void> load_day(std::int32_t day, persistence::SeriesChunk& into);
  Result<std::vector<Interval>> window(std::span<const std::int64_t> exchange_times_ms, const FoldOptions& options,
                                       std::int64_t from_ms, std::int64_t to_ms);
  Result<void> take_kept_days(std::vector<Interval>& intervals);

  const persistence::ReadTransaction& disk_;
  Series series_;
  /// Days without a fact that were looked for: over a long gap each window asks for them again.
  std::unordered_set<std::int32_t> empty_days_;
  bool damaged_ = false;
};

/// Register of the equipment id, in which a meter exchange shows.
inline constexpr Register kEquipmentId = obis(0, 0, 96, 1, 1);
/// When the meter was exchanged: the times at which its equipment-id series changes.
[[nodiscard]] Result<std::vector<std::int64_t>> exchange_times(SeriesReader& equipment);

}  // namespace wattring::meter
