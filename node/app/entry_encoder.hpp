// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/app/committed_batch.hpp"
#include "node/meter/reading_entry.hpp"

namespace wattring::app {

/// Writes the slices of one batch as journal entries. One thread; the batch must outlive it.
class EntryEncoder {
 public:
  static constexpr std::uint8_t kFormat = meter::kReadingEntryFormat;

  EntryEncoder(const CutBatch& cut, std::int64_t received_at_ms) : cut_(cut), received_at_ms_(received_at_ms) {}
  void append_payload(const CutBatch::Slice& slice, std::string& out);
  [[nodiscard]] std::size_t bytes_estimate() const;

 private:
  const CutBatch& cut_;
  const std::int64_t received_at_ms_;
  // Reused from slice to slice.
  std::vector<Register> registers_;
  std::vector<std::uint16_t> indices_;
  std::vector<std::string_view> texts_;
};

}  // namespace wattring::app
