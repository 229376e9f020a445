// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/app/shard_workers.hpp"
#include "node/http/query_door.hpp"
#include "node/meter/series_reader.hpp"
#include "persistence/journal.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// Answers about meters: what is resident comes from the shard's worker, what is sealed from a snapshot of the disk.
/// Any thread; a call waits for the worker behind the batches that were dispatched before it.
class QueryService {
 public:
  /// on_damaged: a question came upon values of the shard that do not verify. The asking thread; may be empty.
  using OnDamaged = std::function<void(ShardId)>;
  QueryService(const sharding::ShardKey& key, ShardWorkers& workers, const persistence::Journal& disk,
               const Clock& clock, OnDamaged on_damaged = nullptr);

  [[nodiscard]] Result<http::MeterPage> meters(std::string_view prefix, std::string_view after, std::size_t limit);
  [[nodiscard]] Result<http::MeterSummary> meter(std::string_view id);
  [[nodiscard]] Result<http::ReadingsAnswer> readings(const http::ReadingsQuery& query);
  [[nodiscard]] Result<http::IntervalsAnswer> intervals(const http::IntervalsQuery& query);

 private:
  /// What a worker says of one series.
  struct Resident {
    meter::SeriesReader::Series series;
    std::optional<meter::SeriesReader::Series> equipment;  ///< the meter's equipment-id series, if it has one
    std::vector<std::pair<std::int64_t, std::string>> texts;
    bool complete = true;
    std::int64_t raw_from_ms = meter::ShardLimits::kNever;  ///< the shard's watermark
  };
  [[nodiscard]] Result<Resident> find_series(const std::string& meter, Register reg);
  [[nodiscard]] Result<std::vector<std::int64_t>> exchange_times(const persistence::ReadTransaction& disk,
                                                                 Resident& resident, bool& damaged);
  void tell_if(bool damaged, ShardId shard) const {
    if (damaged && on_damaged_) on_damaged_(shard);
  }
  [[nodiscard]] std::string text_of(const persistence::ReadTransaction& disk, const Resident& resident,
                                    std::int64_t value) const;

  const sharding::ShardKey& key_;
  ShardWorkers& workers_;
  const persistence::Journal& disk_;
  const Clock& clock_;
  const OnDamaged on_damaged_;
};

}  // namespace wattring::app
