// SPDX-License-Identifier: Apache-2.0
#include "node/meter/meter_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/limits.hpp"

namespace wattring::meter {
namespace {

constexpr std::uint8_t kSnapshotVersion = 1;
constexpr std::size_t kSlotsInitial = 64;

Failure malformed_snapshot() {
  return fail(ErrorCode::corrupt, "meter snapshot: malformed bytes");
}

/// Grows by a quarter instead of doubling: with many thousand tables the slack is what memory is lost to.
template <class Container>
void make_room(Container& container, std::size_t more) {
  if (container.size() + more > container.capacity())
    container.reserve(container.size() + more + container.size() / 4 + 8);
}

}  // namespace

void SeriesState::absorb(const Fact& fact) {
  const bool first = empty;
  if (first || fact.start_ms < first_ms) first_ms = fact.start_ms;
  bool wins = first || fact.start_ms > last_ms;
  if (!first && fact.start_ms == last_ms) {
    const Fact current{reg, last_ms, fact.end_ms, last_value, last_revision, last_quality, last_method, 0};
    wins = compare_for_conflict(fact, current) > 0;
  }
  empty = false;
  if (!wins) return;
  last_ms = fact.start_ms;
  last_value = fact.value;
  last_revision = fact.revision;
  last_quality = fact.quality;
  last_method = fact.method;
}

bool SeriesState::is_last(const Fact& fact) const {
  return !empty && fact.start_ms == last_ms && fact.end_ms == fact.start_ms && fact.value == last_value &&
         fact.revision == last_revision && fact.quality == last_quality && fact.method == last_method;
}

Result<void> decode_snapshot(std::string_view bytes, std::vector<SeriesState>& out) {
  out.clear();
  ByteReader in(bytes);
  if (in.u8() != kSnapshotVersion) return malformed_snapshot();
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count; ++i) {
    SeriesState state;
    const std::uint64_t high = in.u16_be();
    state.reg = Register{(high << 32U) | in.u32_be()};
    state.first_ms = in.zigzag();
    const std::int64_t length = in.zigzag();
    state.last_value = in.zigzag();
    state.last_revision = in.varint();
    const unsigned quality = in.u8();
    state.last_method = in.u8();
    const bool late = length > 0 && state.first_ms > std::numeric_limits<std::int64_t>::max() - length;
    if (!in.ok() || length < 0 || late || quality > static_cast<unsigned>(kQualityMax)) return malformed_snapshot();
    state.last_ms = state.first_ms + length;
    state.last_quality = static_cast<Quality>(quality);
    state.empty = false;
    out.push_back(state);
  }
  if (!in.at_end()) return malformed_snapshot();
  return {};
}

std::size_t MeterTable::slot_of(std::string_view wanted, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const std::uint32_t entry = slots_[slot];
    if (entry == 0) return slot;
    const MeterIndex meter = entry - 1;
    if (meters_[meter].hash == hash && id(meter) == wanted) return slot;
  }
}

std::optional<MeterTable::MeterIndex> MeterTable::find(std::string_view wanted, std::uint64_t hash) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t entry = slots_[slot_of(wanted, hash)];
  if (entry == 0) return std::nullopt;
  return entry - 1;
}

MeterTable::MeterIndex MeterTable::find_or_add(std::string_view wanted, std::uint64_t hash) {
  if (meter_count_ + 1 > slots_.size() / 4 * 3) rebuild_slots(std::max(kSlotsInitial, slots_.size() * 2));
  const std::size_t slot = slot_of(wanted, hash);
  if (slots_[slot] != 0) return slots_[slot] - 1;
  WATTRING_CHECK(!wanted.empty() && wanted.size() <= kMeterIdBytesMax);
  make_room(ids_, wanted.size());
  MeterIndex meter = free_meters_;
  if (meter == kNone) {
    make_room(meters_, 1);
    meter = static_cast<MeterIndex>(meters_.size());
    meters_.emplace_back();
  } else {
    free_meters_ = meters_[meter].first_series;
  }
  meters_[meter] = {hash, static_cast<std::uint32_t>(ids_.size()), kNone, 0, static_cast<std::uint8_t>(wanted.size())};
  ids_.append(wanted);
  slots_[slot] = meter + 1;
  ++meter_count_;
  ordered_is_stale_ = true;
  return meter;
}

void MeterTable::rebuild_slots(std::size_t count) {
  std::vector<std::uint32_t> slots(count, 0);
  const std::size_t mask = count - 1;
  for (std::size_t meter = 0; meter < meters_.size(); ++meter) {
    if (meters_[meter].id_size == 0) continue;
    std::size_t slot = meters_[meter].hash & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = static_cast<std::uint32_t>(meter) + 1;
  }
  slots_ = std::move(slots);
}

MeterTable::SeriesIndex MeterTable::find_series(MeterIndex meter, Register reg) const {
  SeriesIndex at = meters_[meter].first_series;
  while (at != kNone && series_[at].reg != reg) at = series_[at].next;
  return at;
}

MeterTable::SeriesIndex MeterTable::find_or_add_series(MeterIndex meter, Register reg) {
  const SeriesIndex found = find_series(meter, reg);
  if (found != kNone) return found;
  SeriesIndex index = free_series_;
  if (index == kNone) {
    make_room(series_, 1);
    index = static_cast<SeriesIndex>(series_.size());
    series_.emplace_back();
  } else {
    free_series_ = series_[index].next;
  }
  SeriesState& state = series_[index];
  state = SeriesState{};
  state.reg = reg;
  state.meter = meter;
  state.next = meters_[meter].first_series;
  meters_[meter].first_series = index;
  return index;
}

std::vector<MeterTable::SeriesIndex> MeterTable::series_of(MeterIndex meter) const {
  std::vector<SeriesIndex> all;
  for (SeriesIndex at = meters_[meter].first_series; at != kNone; at = series_[at].next) all.push_back(at);
  std::sort(all.begin(), all.end(), [&](SeriesIndex a, SeriesIndex b) { return series_[a].reg < series_[b].reg; });
  return all;
}

std::span<const MeterTable::MeterIndex> MeterTable::ordered() const {
  if (std::exchange(ordered_is_stale_, false)) {
    ordered_.clear();
    make_room(ordered_, meter_count_);
    for (MeterIndex meter = 0; meter < meters_.size(); ++meter)
      if (meters_[meter].id_size != 0) ordered_.push_back(meter);
    std::sort(ordered_.begin(), ordered_.end(), [&](MeterIndex a, MeterIndex b) { return id(a) < id(b); });
  }
  return ordered_;
}

std::size_t MeterTable::memory_bytes() const {
  return meters_.capacity() * sizeof(Meter) + series_.capacity() * sizeof(SeriesState) + ids_.capacity() +
         slots_.capacity() * sizeof(std::uint32_t) + meter_count_ * sizeof(MeterIndex);
}

std::string MeterTable::encode_snapshot(MeterIndex meter) const {
  std::string bytes;
  ByteWriter out(bytes);
  const std::vector<SeriesIndex> all = series_of(meter);
  out.u8(kSnapshotVersion);
  out.varint(static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](SeriesIndex index) { return !series_[index].empty; })));
  for (const SeriesIndex index : all) {
    const SeriesState& state = series_[index];
    if (state.empty) continue;
    out.u16_be(static_cast<std::uint16_t>(state.reg.packed >> 32U));
    out.u32_be(static_cast<std::uint32_t>(state.reg.packed));
    out.zigzag(state.first_ms);
    out.zigzag(state.last_ms - state.first_ms);
    out.zigzag(state.last_value);
    out.varint(state.last_revision);
    out.u8(static_cast<std::uint8_t>(state.last_quality));
    out.u8(state.last_method);
  }
  return bytes;
}

Result<void> MeterTable::join_snapshot(MeterIndex meter, std::string_view bytes) {
  std::vector<SeriesState> all;
  if (auto decoded = decode_snapshot(bytes, all); !decoded) return decoded;
  for (const SeriesState& stored : all) {
    SeriesState& state = series_[find_or_add_series(meter, stored.reg)];
    state.absorb({stored.reg, stored.last_ms, stored.last_ms, stored.last_value, stored.last_revision,
                  stored.last_quality, stored.last_method, 0});
    state.first_ms = std::min(state.first_ms, stored.first_ms);
  }
  return {};
}

}  // namespace wattring::meter
