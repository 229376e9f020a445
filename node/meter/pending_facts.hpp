// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/fact.hpp"

namespace wattring::meter {

/// Facts of one shard that are durable in the journal but not yet sealed into chunks: an append-only list, 24 bytes an
/// ordinary fact. One owner.
class PendingFacts {
 public:
  struct Item {
    std::int64_t start_ms;
    std::int64_t value;
    std::uint32_t series;
    Quality quality;
    std::uint8_t method;
    std::uint8_t flags;
    bool has_extra;
  };
  static_assert(sizeof(Item) == 24);

  void append(std::uint32_t series, const Fact& fact);
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const Item& item(std::size_t index) const { return items_[index]; }
  [[nodiscard]] Fact fact(std::size_t index, Register reg) const;
  [[nodiscard]] std::size_t memory_bytes() const;
  /// Forgets what was appended since there were `size` of them.
  void cut_to(std::size_t size);
  void append_all(const PendingFacts& other);

 private:
  /// What few facts have: an end of its own or a revision. Ascending by index.
  struct Extra {
    std::uint32_t index;
    std::int64_t end_ms;
    std::uint64_t revision;
  };
  std::vector<Item> items_;
  std::vector<Extra> extras_;
};

}  // namespace wattring::meter
