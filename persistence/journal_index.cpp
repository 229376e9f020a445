// SPDX-License-Identifier: Apache-2.0
#include "persistence/journal_index.hpp"

#include <algorithm>

namespace wattring::persistence {

void JournalIndex::add(Lsn lsn, ShardId shard, const WriterId& writer, Sequence sequence) {
  const auto [found, fresh] = numbers_.try_emplace(writer, static_cast<std::uint32_t>(writers_.size()));
  if (fresh) writers_.push_back(writer);
  if (shards_.size() <= shard.value) shards_.resize(shard.value + std::size_t{1});
  shards_[shard.value].push_back({lsn.value, sequence.value, found->second});
  ++size_;
}

void JournalIndex::drop_before(Lsn upto) {
  for (auto& items : shards_) {
    while (!items.empty() && items.front().lsn < upto.value) {
      items.pop_front();
      --size_;
    }
  }
}

const std::deque<JournalIndex::Item>* JournalIndex::items_of(ShardId shard) const {
  return shard.value < shards_.size() ? &shards_[shard.value] : nullptr;
}

std::vector<JournalIndex::Location> JournalIndex::entries_of(ShardId shard, Lsn from) const {
  std::vector<Location> out;
  const auto* const items = items_of(shard);
  if (items == nullptr) return out;
  auto item = std::lower_bound(items->begin(), items->end(), from.value,
                               [](const Item& a, std::uint64_t lsn) { return a.lsn < lsn; });
  for (; item != items->end(); ++item)
    out.push_back({Lsn{item->lsn}, writers_[item->writer], Sequence{item->sequence}});
  return out;
}

std::optional<std::uint32_t> JournalIndex::number_of(const WriterId& writer) const {
  const auto found = numbers_.find(writer);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::optional<Lsn> JournalIndex::find(ShardId shard, const WriterId& writer, Sequence sequence) const {
  const auto number = number_of(writer);
  const auto* const items = items_of(shard);
  if (!number || items == nullptr) return std::nullopt;
  // From the end: what is asked for is what was shipped a moment ago.
  for (auto item = items->rbegin(); item != items->rend(); ++item)
    if (item->writer == *number && item->sequence == sequence.value) return Lsn{item->lsn};
  return std::nullopt;
}

std::optional<Sequence> JournalIndex::last_of(ShardId shard, const WriterId& writer) const {
  const auto number = number_of(writer);
  const auto* const items = items_of(shard);
  if (!number || items == nullptr) return std::nullopt;
  std::uint64_t last = 0;
  for (const Item& item : *items)
    if (item.writer == *number) last = std::max(last, item.sequence);
  if (last == 0) return std::nullopt;
  return Sequence{last};
}

std::vector<ShardId> JournalIndex::shards() const {
  std::vector<ShardId> out;
  for (std::size_t i = 0; i < shards_.size(); ++i)
    if (!shards_[i].empty()) out.push_back(ShardId{static_cast<std::uint16_t>(i)});
  return out;
}

}  // namespace wattring::persistence
