// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node/alert/evaluation.hpp"
#include "node/meter/series_reader.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/journal.hpp"

namespace wattring::app {

/// A resident meter's facts for the alert rules: chunks of a snapshot of the disk joined with what is pending in the
/// fold. On the shard's thread; for one evaluation, during which the fold must not change.
class ResidentHistory final : public alert::MeterHistory {
 public:
  ResidentHistory(const meter::ShardFold& fold, meter::MeterTable::MeterIndex meter,
                  const persistence::ReadTransaction& disk);

  [[nodiscard]] bool has(Register reg) const override;
  [[nodiscard]] std::int64_t newest_ms(Register reg) const override;
  [[nodiscard]] std::int64_t oldest_ms(Register reg) const override;
  [[nodiscard]] std::vector<Register> registers() const override;
  [[nodiscard]] Result<std::vector<Fact>> facts(Register reg, std::int64_t from_ms, std::int64_t to_ms) override;
  [[nodiscard]] Result<std::vector<Fact>> before(Register reg, std::int64_t at_ms, std::int64_t within_ms) override;
  [[nodiscard]] Result<std::vector<meter::Interval>> intervals(Register reg, std::int64_t from_ms,
                                                               std::int64_t to_ms) override;

 private:
  /// Winners of whole days that were read already; the days follow each other.
  struct Loaded {
    meter::SeriesReader reader;
    persistence::SeriesChunk chunk;
    std::int32_t first_day = 0;
    std::int32_t last_day = -1;
  };
  [[nodiscard]] const meter::SeriesState* state_of(Register reg) const;
  [[nodiscard]] meter::SeriesReader reader_of(meter::MeterTable::SeriesIndex series) const;
  [[nodiscard]] Loaded& loaded(Register reg);
  [[nodiscard]] Result<const std::vector<Fact>*> days(Register reg, std::int32_t first_day, std::int32_t last_day);
  [[nodiscard]] Result<std::vector<std::int64_t>> exchanges();

  const meter::ShardFold& fold_;
  const meter::MeterTable::MeterIndex meter_;
  const persistence::ReadTransaction& disk_;
  std::map<Register, Loaded> loaded_;
  std::optional<std::vector<std::int64_t>> exchanges_;
};

}  // namespace wattring::app
