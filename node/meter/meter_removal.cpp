// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "node/meter/meter_table.hpp"

/// How meters leave the table.

namespace wattring::meter {
namespace {

constexpr std::size_t kSlotsMin = 64;
constexpr std::size_t kSlack = 64;  // places not worth giving back

template <class Container>
void give_back(Container& container) {
  if (container.capacity() > 2 * container.size() + kSlack) container.shrink_to_fit();
}

}  // namespace

void MeterTable::erase_slot(MeterIndex meter) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot_of(id(meter), meters_[meter].hash);
  // What stands behind the hole moves up unless it is at its own place already: no search may end too early.
  for (std::size_t at = (hole + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const std::size_t home = meters_[slots_[at] - 1].hash & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = 0;
}

void MeterTable::free_series(SeriesIndex series) {
  series_[series] = SeriesState{};
  series_[series].meter = kNone;
  series_[series].next = free_series_;
  free_series_ = series;
}

void MeterTable::remove(MeterIndex meter) {
  erase_slot(meter);
  for (SeriesIndex at = meters_[meter].first_series; at != kNone;) {
    const SeriesIndex next = series_[at].next;
    free_series(at);
    at = next;
  }
  dead_id_bytes_ += meters_[meter].id_size;
  meters_[meter] = {0, 0, free_meters_, 0, 0};
  free_meters_ = meter;
  --meter_count_;
  ordered_is_stale_ = true;
}

void MeterTable::empty_series(MeterIndex meter) {
  for (SeriesIndex at = meters_[meter].first_series; at != kNone; at = series_[at].next) empty_one(at);
}

void MeterTable::empty_one(SeriesIndex series) {
  SeriesState emptied;
  emptied.reg = series_[series].reg;
  emptied.meter = series_[series].meter;
  emptied.next = series_[series].next;
  series_[series] = emptied;
}

bool MeterTable::has_facts(MeterIndex meter) const {
  for (SeriesIndex at = meters_[meter].first_series; at != kNone; at = series_[at].next)
    if (!series_[at].empty) return true;
  return false;
}

void MeterTable::remove_empty_series(MeterIndex meter) {
  SeriesIndex* link = &meters_[meter].first_series;
  while (*link != kNone) {
    const SeriesIndex at = *link;
    if (!series_[at].empty) {
      link = &series_[at].next;
      continue;
    }
    *link = series_[at].next;
    free_series(at);
  }
}

void MeterTable::trim() {
  while (!meters_.empty() && meters_.back().id_size == 0) meters_.pop_back();
  while (!series_.empty() && series_.back().meter == kNone) series_.pop_back();
  chain_free_places();
  if (dead_id_bytes_ * 2 > ids_.size()) compact_ids();
  give_back(meters_);
  give_back(series_);
  std::size_t slots = slots_.size();
  while (slots > kSlotsMin && meter_count_ < slots / 4) slots /= 2;
  if (slots != slots_.size()) rebuild_slots(slots);
  if (!ordered_is_stale_) return;
  ordered_.clear();
  if (ordered_.capacity() > 2 * meter_count_ + kSlack) ordered_.shrink_to_fit();
}

/// Places with a small index are used first, so that the end of the table becomes free.
void MeterTable::chain_free_places() {
  free_meters_ = kNone;
  for (std::size_t meter = meters_.size(); meter-- > 0;) {
    if (meters_[meter].id_size != 0) continue;
    meters_[meter].first_series = free_meters_;
    free_meters_ = static_cast<MeterIndex>(meter);
  }
  free_series_ = kNone;
  for (std::size_t series = series_.size(); series-- > 0;) {
    if (series_[series].meter != kNone) continue;
    series_[series].next = free_series_;
    free_series_ = static_cast<SeriesIndex>(series);
  }
}

void MeterTable::compact_ids() {
  std::string living;
  living.reserve(ids_.size() - dead_id_bytes_);
  for (Meter& meter : meters_) {
    if (meter.id_size == 0) continue;
    const std::size_t offset = living.size();
    living.append(ids_, meter.id_offset, meter.id_size);
    meter.id_offset = static_cast<std::uint32_t>(offset);
  }
  ids_.swap(living);
  dead_id_bytes_ = 0;
}

}  // namespace wattring::meter
