// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "node/sim/capture.hpp"
#include "node/sim/ledger.hpp"
#include "node/sim/sender.hpp"

namespace wattring::sim {

/// Turns captured items into bodies and ledger readings; ids and registers get their numbers on first use, which the
/// ledger is told. One thread.
class ReplayBooks {
 public:
  explicit ReplayBooks(LedgerWriter* ledger) : ledger_(ledger) {}

  /// Appends the item's readings, moved by shift_ms. The ledger knows their meters and registers on return.
  [[nodiscard]] Result<void> add(const CapturedItem& item, std::int64_t shift_ms, std::vector<Reading>& readings);

 private:
  LedgerWriter* ledger_;
  std::map<std::string, std::uint32_t, std::less<>> meters_;
  std::map<Register, std::uint16_t> registers_;
};

/// A POST and what the checker must know of it.
struct ReplayBatch {
  std::string body;
  std::vector<Reading> readings;
  std::vector<std::uint32_t> item_starts;  ///< first reading of each item; the next one's is its end
  std::size_t items = 0;
  /// Readings of item `line` (1-based).
  [[nodiscard]] RefusedRange range_of(std::uint64_t line) const;
};

/// Milliseconds that bring the last of the items to just before now, whole seconds; 0 when none has a time.
[[nodiscard]] std::int64_t shift_to(const std::vector<CapturedItem>& items, std::int64_t now_ms);

}  // namespace wattring::sim
