// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "node/gateway/refusal.hpp"

namespace wattring::gateway {

/// What every format decodes into: readings of many meters plus what was refused on the way. Readings of one meter
/// that follow each other share one MeterRun, so that the work per meter is done once per run. Not thread-safe; built
/// by one gateway thread, then moved on and read only.
class Batch {
 public:
  struct MeterRun {
    std::uint32_t id_offset = 0;  ///< into the id arena
    std::uint32_t id_size = 0;
    std::uint32_t first_fact = 0;
    std::uint32_t fact_count = 0;
  };

  /// The id of the facts that add() takes from now on. Must be a valid meter id (see valid_meter_id).
  void meter(std::string_view id);
  void add(const Fact& fact);
  /// Adds a text fact (instant): the value is made from the text, and the text travels beside it.
  void add_text(Register reg, std::int64_t time_ms, std::string_view text);

  /// A text that facts given to add() have as their value.
  void know_text(std::string_view text) { texts_.try_emplace(text_value(text), text); }

  [[nodiscard]] const std::vector<MeterRun>& runs() const { return runs_; }
  [[nodiscard]] const std::vector<Fact>& facts() const { return facts_; }
  [[nodiscard]] std::string_view id(const MeterRun& run) const {
    return std::string_view(ids_).substr(run.id_offset, run.id_size);
  }
  /// text value -> text
  [[nodiscard]] const std::map<std::int64_t, std::string>& texts() const { return texts_; }
  /// Bytes of memory it holds, for the admission budget.
  [[nodiscard]] std::size_t memory_bytes() const;
  void reserve(std::size_t facts, std::size_t meters);
  void clear();

  Refusals refusals;

 private:
  std::string ids_;
  std::vector<MeterRun> runs_;
  std::vector<Fact> facts_;
  std::map<std::int64_t, std::string> texts_;
};

/// 1..64 bytes of valid UTF-8 without control characters, not starting or ending with a space.
[[nodiscard]] bool valid_meter_id(std::string_view id);

}  // namespace wattring::gateway
