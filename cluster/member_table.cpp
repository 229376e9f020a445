// SPDX-License-Identifier: Apache-2.0
#include "cluster/member_table.hpp"

#include "base/check.hpp"

namespace wattring::cluster {

std::size_t MemberTable::locate(std::uint64_t hash, const NodeId& id) const {
  std::size_t at = home(hash);
  while (slots_[at].record && !(slots_[at].hash == hash && slots_[at].record->id == id))
    at = (at + 1) & (slots_.size() - 1);
  return at;
}

const MemberTable::Slot* MemberTable::find(const NodeId& id) const {
  const Slot& slot = slots_[locate(id_hash(id), id)];
  return slot.record ? &slot : nullptr;
}

void MemberTable::account(const Record& record, bool add) {
  const std::uint64_t print = fingerprint(record);
  auto& count = counts_[static_cast<std::size_t>(record.state)];
  count = add ? count + 1 : count - 1;
  if (is_live(record)) view_hash_ ^= print;
  bucket_hashes_[bucket_of(id_hash(record.id), kBucketBits)] ^= print;
}

void MemberTable::put(RecordPtr record, std::int64_t since_ns) {
  if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  const std::uint64_t hash = id_hash(record->id);
  Slot& slot = slots_[locate(hash, record->id)];
  if (slot.record) {
    account(*slot.record, false);
  } else {
    ++size_;
  }
  account(*record, true);
  slot = {hash, std::move(record), since_ns};
}

void MemberTable::erase(const NodeId& id) {
  std::size_t hole = locate(id_hash(id), id);
  if (!slots_[hole].record) return;
  account(*slots_[hole].record, false);
  --size_;
  // Linear probing: whoever would no longer be found moves into the hole.
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t next = (hole + 1) & mask; slots_[next].record; next = (next + 1) & mask) {
    if (((next - home(slots_[next].hash)) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = std::move(slots_[next]);
    hole = next;
  }
  slots_[hole] = {};
}

void MemberTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (Slot& slot : old)
    if (slot.record) slots_[locate(slot.hash, slot.record->id)] = std::move(slot);
}

std::vector<std::uint64_t> MemberTable::buckets(unsigned bits) const {
  WATTRING_CHECK(bits <= kBucketBits);
  std::vector<std::uint64_t> folded(std::size_t{1} << bits);
  for (std::size_t i = 0; i < bucket_hashes_.size(); ++i) folded[i >> (kBucketBits - bits)] ^= bucket_hashes_[i];
  return folded;
}

}  // namespace wattring::cluster
