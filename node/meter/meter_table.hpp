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

/// What a snapshot says of a meter's series, ascending by register; `out` is replaced. Its bytes come from the disk:
/// malformed ones are `corrupt`.
[[nodiscard]] Result<void> decode_snapshot(std::string_view bytes, std::vector<SeriesState>& out);

/// The resident meters of one shard with their series, found by the keyed hash of their id. About 185 bytes for a meter
/// with two registers and a 12-byte id. The indices of a resident meter and its series are stable; those of a removed
/// one are used again. One owner.
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
  [[nodiscard]] std::size_t meter_count() const { return meter_count_; }
  /// Indices of meters and series are below these; not all of them are in use.
  [[nodiscard]] std::size_t meter_bound() const { return meters_.size(); }
  [[nodiscard]] std::size_t series_bound() const { return series_.size(); }
  [[nodiscard]] bool holds(MeterIndex meter) const { return meter < meters_.size() && meters_[meter].id_size != 0; }
  [[nodiscard]] SeriesState& series(SeriesIndex index) { return series_[index]; }
  [[nodiscard]] const SeriesState& series(SeriesIndex index) const { return series_[index]; }
  [[nodiscard]] SeriesIndex first_series(MeterIndex meter) const { return meters_[meter].first_series; }
  /// Series of a meter ascending by register.
  [[nodiscard]] std::vector<SeriesIndex> series_of(MeterIndex meter) const;
  /// All meters ascending by id; made anew only when meters came or went.
  [[nodiscard]] std::span<const MeterIndex> ordered() const;

  /// When the meter last had something to do, in the seconds of the owner's clock; 0 for a new one.
  [[nodiscard]] std::uint32_t touched_s(MeterIndex meter) const { return meters_[meter].touched_s; }
  void touch(MeterIndex meter, std::uint32_t time_s) { meters_[meter].touched_s = time_s; }

  void remove(MeterIndex meter);
  /// Forgets the facts of all the meter's series; the series stay.
  void empty_series(MeterIndex meter);
  /// The same of one series.
  void empty_one(SeriesIndex series);
  /// Some series of the meter has a fact.
  [[nodiscard]] bool has_facts(MeterIndex meter) const;
  /// Takes away the meter's series that have no fact.
  void remove_empty_series(MeterIndex meter);
  /// Gives back what removals left; worth it after many of them.
  void trim();
  /// The order is counted whether it is made or not, so that only changes of the table change it.
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
    SeriesIndex first_series;  ///< of a free place: the next free place
    std::uint32_t touched_s;
    std::uint8_t id_size;  ///< 0 = a free place
  };
  static_assert(sizeof(Meter) == 24);
  [[nodiscard]] std::size_t slot_of(std::string_view id, std::uint64_t hash) const;
  void rebuild_slots(std::size_t count);
  void erase_slot(MeterIndex meter);
  void free_series(SeriesIndex series);
  void chain_free_places();
  void compact_ids();

  std::vector<Meter> meters_;
  std::vector<SeriesState> series_;
  std::string ids_;
  /// Open addressing, linear probing, power of two, at most 3/4 full; index + 1, 0 = free.
  std::vector<std::uint32_t> slots_;
  mutable std::vector<MeterIndex> ordered_;
  mutable bool ordered_is_stale_ = false;
  std::size_t meter_count_ = 0;
  MeterIndex free_meters_ = kNone;  ///< chains of free places
  SeriesIndex free_series_ = kNone;
  std::size_t dead_id_bytes_ = 0;
};

}  // namespace wattring::meter
