// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/entries.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace wattring::replication {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kPayloadBytes = 4;

void put_number(std::string& out, EntryNo entry) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>((entry >> shift) & 0xFFU));
}

EntryNo number_of(std::string_view payload) {
  if (payload.size() != kPayloadBytes) return kNoEntry;
  EntryNo entry = 0;
  for (unsigned i = 0; i < kPayloadBytes; ++i)
    entry |= static_cast<EntryNo>(static_cast<unsigned char>(payload[i])) << (8 * i);
  return entry;
}

}  // namespace

Slot EntryBook::slot_of(ShardId shard) const {
  const auto at = std::find(shards_.begin(), shards_.end(), shard);
  return at == shards_.end() ? kNoSlot : static_cast<Slot>(at - shards_.begin());
}

EntryNo EntryBook::add(const persistence::EntryView& view, Slot slot) {
  const auto entry = static_cast<EntryNo>(entries_.size());
  std::vector<EntryNo>& stream = streams_[view.writer][slot];
  WATTRING_CHECK(view.sequence.value >= 1 && view.sequence.value <= stream.size() + 1);
  const bool again = view.sequence.value <= stream.size();
  if (stream.empty()) ++stream_counts_[slot];
  if (!again) stream.push_back(entry);
  const EntryNo first = stream[view.sequence.value - 1];
  entries_.push_back({view.writer, view.sequence.value, view.checksum, view.chain, slot, first});
  of_slot_[slot].set(entry);
  return entry;
}

Pack EntryBook::draw(Pen& pen, std::span<const Slot> slots) {
  persistence::RecordBuilder builder(pen.writer);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Slot slot = slots[i];
    put_number(builder.begin_entry(shards_[slot], Sequence{++pen.last_sequence[slot]}, kFormat, pen.last_chain[slot]),
               static_cast<EntryNo>(entries_.size() + i));
    pen.last_chain[slot] = builder.end_entry();
  }
  Pack pack{std::make_shared<const std::string>(builder.finish()), {}};
  persistence::RecordReader reader = persistence::RecordReader::open(*pack.bytes).value();
  persistence::EntryView view;
  while (reader.next(view) == persistence::RecordReader::Step::entry)
    pack.entries.push_back(add(view, slot_of(view.shard)));
  return pack;
}

sharding::PackPtr EntryBook::pack(std::span<const EntryNo> entries) const {
  persistence::RecordBuilder builder(at(entries.front()).writer);
  std::string payload;
  for (const EntryNo number : entries) {
    const Entry& entry = at(number);
    payload.clear();
    put_number(payload, number);
    builder.add(
        {shards_[entry.slot], entry.writer, Sequence{entry.sequence}, kFormat, entry.checksum, entry.chain, payload});
  }
  return std::make_shared<const std::string>(builder.finish());
}

bool EntryBook::read(const std::string& pack, std::vector<EntryNo>& out) const {
  auto reader = persistence::RecordReader::open(pack);
  if (!reader) return false;
  persistence::EntryView view;
  for (;;) {
    const auto step = reader->next(view);
    if (step == persistence::RecordReader::Step::end) return true;
    if (step == persistence::RecordReader::Step::damaged) return false;
    const EntryNo number = number_of(view.payload);
    if (number >= entries_.size()) return false;
    const Entry& entry = entries_[number];
    if (entry.writer != view.writer || entry.sequence != view.sequence.value || entry.checksum != view.checksum ||
        entry.chain != view.chain || shards_[entry.slot] != view.shard)
      return false;
    out.push_back(number);
  }
}

const std::vector<EntryNo>* EntryBook::stream(const WriterId& writer, Slot slot) const {
  const auto at = streams_.find(writer);
  return at == streams_.end() ? nullptr : &at->second[slot];
}

bool EntryBook::to_bits(Slot slot, const sharding::Coverage& coverage, Bits& out) const {
  for (const auto& [writer, set] : coverage.writers()) {
    const std::vector<EntryNo>* const known = stream(writer, slot);
    for (const auto& interval : set.intervals()) {
      if (known == nullptr || interval.first == 0 || interval.last > known->size()) return false;
      for (std::uint64_t sequence = interval.first; sequence <= interval.last; ++sequence)
        out.set((*known)[sequence - 1]);
    }
  }
  return true;
}

sharding::Coverage EntryBook::to_coverage(Slot slot, const Bits& bits) const {
  sharding::Coverage coverage;
  (bits & of_slot_[slot]).for_each([&](EntryNo entry) {
    coverage.add(at(entry).writer, Sequence{at(entry).sequence});
  });
  return coverage;
}

}  // namespace wattring::replication
