// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "base/result.hpp"

namespace wattring::meter {

/// Resident state of one (meter, register): what is needed without touching the disk. Every field is an order-free
/// function of the set of facts: least or greatest start, and the winner of the conflict at the greatest.
struct SeriesState {
  Register reg;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::int64_t last_value = 0;
  std::uint64_t last_revision = 0;
  std::uint32_t meter = 0;
  std::uint32_t next = 0;  ///< next series of the same meter; kNone ends
  Quality last_quality = Quality::missing;
  std::uint8_t last_method = 0;
  bool empty = true;       ///< no fact yet
  std::uint16_t gate = 0;  ///< index of its gate with marks (attention.hpp); not part of the state proper

  void absorb(const Fact& fact);
  [[nodiscard]] bool is_last(const Fact& fact) const;  ///< the fact that last_* already shows
};
inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

/// The meters of one shard with their series, found by the keyed hash of their id. About 170 bytes for a meter with two
/// registers and a 12-byte id. Indices are stable; nothing is ever removed. One owner.
class MeterTable {
 public:
  using MeterIndex = std::uint32_t;
  using SeriesIndex = std::uint32_t;

  [[nodiscard]] std::optional<MeterIndex> find(std::string_view id, std::uint64_t hash) const;
  MeterIndex find_or_add(std::string_view id, std::uint64_t hash);
  [[nodiscard]] SeriesIndex find_series(MeterIndex meter, Register reg) const;  ///< kNone when absent
  SeriesIndex find_or_add_series(MeterIndex meter, Register reg);
  /// Brings the index slot of a hash that is about to be looked up into the cache.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }

  [[nodiscard]] std::string_view id(MeterIndex meter) const {
    return std::string_view(ids_).substr(meters_[meter].id_offset, meters_[meter].id_size);
  }
  [[nodiscard]] std::size_t meter_count() const { return meters_.size(); }
  [[nodiscard]] std::size_t series_count() const { return series_.size(); }
  [[nodiscard]] SeriesState& series(SeriesIndex index) { return series_[index]; }
  [[nodiscard]] const SeriesState& series(SeriesIndex index) const { return series_[index]; }
  [[nodiscard]] SeriesIndex first_series(MeterIndex meter) const { return meters_[meter].first_series; }
  /// Series of a meter ascending by register.
  [[nodiscard]] std::vector<SeriesIndex> series_of(MeterIndex meter) const;
  /// All meters ascending by id; made anew only when meters were added.
  [[nodiscard]] std::span<const MeterIndex> ordered() const;
  [[nodiscard]] std::size_t memory_bytes() const;

  /// The snapshot kept in the `meter` table: version u8, count varint, then for each series: register 6 bytes,
  /// zigzag first, zigzag last - first, zigzag value, varint revision, quality u8, method u8.
  [[nodiscard]] std::string encode_snapshot(MeterIndex meter) const;
  /// Joins a snapshot into the meter's state.
  [[nodiscard]] Result<void> join_snapshot(MeterIndex meter, std::string_view bytes);

 private:
  struct Meter {
    std::uint64_t hash;
    std::uint32_t id_offset;
    std::uint32_t id_size;
    SeriesIndex first_series;
  };
  [[nodiscard]] std::size_t slot_of(std::string_view id, std::uint64_t hash) const;
  void grow();

  std::vector<Meter> meters_;
  std::vector<SeriesState> series_;
  std::string ids_;
  /// Open addressing, linear probing, power of two, at most 3/4 full; index + 1, 0 = free.
  std::vector<std::uint32_t> slots_;
  mutable std::vector<MeterIndex> ordered_;
};

}  // namespace wattring::meter
