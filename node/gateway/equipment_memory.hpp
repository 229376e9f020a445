// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/fact.hpp"

namespace wattring::gateway {

/// Remembers which texts (equipment id, message) a gateway has already put into facts, so that a telegram a second
/// does not make a text fact a second. Losing the memory only repeats facts. Any thread.
class EquipmentMemory {
 public:
  explicit EquipmentMemory(std::size_t entries_max = 65'536) : entries_max_(entries_max) {}

  /// True when the text is to be emitted: it differs from the last one of this meter and register, or this is earlier
  /// than any emission of it.
  [[nodiscard]] bool is_news(std::string_view meter, Register reg, std::string_view text, std::int64_t time_ms);
  /// For a batch that was not stored: its meters' texts are news again.
  void forget(std::string_view meter);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    std::int64_t text = 0;
    std::int64_t earliest_ms = 0;
  };
  mutable std::mutex mutex_;
  /// hash of the meter -> what was emitted, by register. All are dropped when there are too many.
  std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, Entry>> meters_;
  std::size_t entries_ = 0;
  const std::size_t entries_max_;
};

}  // namespace wattring::gateway
