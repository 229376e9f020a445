// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/fact.hpp"
#include "node/alert/points.hpp"
#include "persistence/series_chunk.hpp"

namespace wattring::test {

/// A meter's facts in memory, any number of registers, in any order; conflicts are decided as on the disk.
class MeterFake final : public alert::MeterData {
 public:
  void add(const Fact& fact);
  void add(Register reg, std::int64_t at_ms, std::int64_t value, Quality quality = Quality::actual);
  /// As if it had never come.
  void remove(const Fact& fact);
  void exchange(std::int64_t at_ms) { exchanges_.push_back(at_ms); }

  /// All winners of a register, ascending.
  [[nodiscard]] const std::vector<Fact>& winners(Register reg);
  /// Questions asked so far, has() not counted.
  [[nodiscard]] std::size_t questions() const { return questions_; }

  [[nodiscard]] bool has(Register reg) const override { return series_.contains(reg); }
  [[nodiscard]] Result<std::vector<Fact>> facts(Register reg, std::int64_t from_ms, std::int64_t to_ms) override;
  [[nodiscard]] Result<std::vector<Fact>> before(Register reg, std::int64_t at_ms, std::int64_t within_ms) override;
  [[nodiscard]] Result<std::vector<meter::Interval>> intervals(Register reg, std::int64_t from_ms,
                                                               std::int64_t to_ms) override;

 private:
  struct Series {
    std::vector<Fact> all;
    persistence::SeriesChunk chunk;
    bool stale = true;
  };
  const persistence::SeriesChunk& chunk_of(Register reg);

  std::map<Register, Series> series_;
  std::vector<std::int64_t> exchanges_;
  std::size_t questions_ = 0;
};

}  // namespace wattring::test
