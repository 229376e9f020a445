// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "node/sim/checker.hpp"
#include "node/sim/ledger.hpp"

namespace wattring::sim {

/// What one pass through a ledger leaves in memory: everything but the readings. Immutable after load().
class LedgerIndex {
 public:
  [[nodiscard]] static Result<LedgerIndex> load(const std::string& path);

  [[nodiscard]] const LedgerHeader& header() const { return header_; }
  [[nodiscard]] LedgerEnding ending() const { return ending_; }
  [[nodiscard]] std::uint64_t batches() const { return batches_; }
  [[nodiscard]] std::uint64_t readings() const { return readings_; }
  [[nodiscard]] std::int64_t first_ms() const { return first_ms_; }
  [[nodiscard]] std::int64_t last_ms() const { return last_ms_; }
  /// Readings sent of each meter, repeats included; its size is the number of meters.
  [[nodiscard]] const std::vector<std::uint32_t>& sent_by_meter() const { return sent_by_meter_; }
  [[nodiscard]] std::string meter_id(std::uint32_t meter) const;

  /// The readings of the given meters (ascending), in their order: one more pass. corrupt when a reading names a
  /// register that was never defined.
  [[nodiscard]] Result<std::vector<std::vector<SentReading>>> load_readings(
      const std::vector<std::uint32_t>& meters) const;

 private:
  [[nodiscard]] std::vector<SentStatus> statuses(std::uint64_t batch, std::size_t readings) const;

  std::string path_;
  LedgerHeader header_;
  LedgerEnding ending_ = LedgerEnding::torn;
  std::vector<Register> registers_;
  std::unordered_map<std::uint32_t, std::string> names_;
  std::unordered_map<std::uint64_t, BatchOutcome> outcomes_;
  std::vector<std::uint32_t> sent_by_meter_;
  std::uint64_t batches_ = 0;
  std::uint64_t readings_ = 0;
  std::int64_t first_ms_ = 0;
  std::int64_t last_ms_ = 0;
};

/// All of [0, meters) that were sent anything, or `sample` of them drawn by the seed; ascending.
[[nodiscard]] std::vector<std::uint32_t> choose_meters(const std::vector<std::uint32_t>& sent_by_meter,
                                                       std::size_t sample, std::uint64_t seed);
/// Cuts the meters into groups whose readings fit in memory together; a group has at least one meter.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> group_meters(const std::vector<std::uint32_t>& meters,
                                                                   const std::vector<std::uint32_t>& sent_by_meter,
                                                                   std::size_t readings_max);

}  // namespace wattring::sim
