// SPDX-License-Identifier: Apache-2.0
#include "persistence/journal_index.hpp"

#include <algorithm>

namespace wattring::persistence {

void JournalIndex::add(Lsn lsn, ShardId shard, const WriterId& writer, Sequence sequence) {
  const auto [found, fresh] = numbers_.try_emplace(writer, static_cast<std::uint32_t>(writers_.size()));
  if (fresh) writers_.push_back(writer);
  shards_[shard].push_back({lsn.value, sequence.value, found->second});
  ++size_;
}

void JournalIndex::drop_before(Lsn upto) {
  for (auto shard = shards_.begin(); shard != shards_.end();) {
    auto& items = shard->second;
    while (!items.empty() && items.front().lsn < upto.value) {
      items.pop_front();
      --size_;
    }
    shard = items.empty() ? shards_.erase(shard) : std::next(shard);
  }
}

std::vector<JournalIndex::Location> JournalIndex::entries_of(ShardId shard, Lsn from) const {
  std::vector<Location> out;
  const auto found = shards_.find(shard);
  if (found == shards_.end()) return out;
  const auto& items = found->second;
  auto item = std::lower_bound(items.begin(), items.end(), from.value,
                               [](const Item& a, std::uint64_t lsn) { return a.lsn < lsn; });
  for (; item != items.end(); ++item) out.push_back({Lsn{item->lsn}, writers_[item->writer], Sequence{item->sequence}});
  return out;
}

std::optional<std::uint32_t> JournalIndex::number_of(const WriterId& writer) const {
  const auto found = numbers_.find(writer);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::optional<Lsn> JournalIndex::find(ShardId shard, const WriterId& writer, Sequence sequence) const {
  const auto number = number_of(writer);
  const auto found = shards_.find(shard);
  if (!number || found == shards_.end()) return std::nullopt;
  // From the end: what is asked for is what was shipped a moment ago.
  for (auto item = found->second.rbegin(); item != found->second.rend(); ++item)
    if (item->writer == *number && item->sequence == sequence.value) return Lsn{item->lsn};
  return std::nullopt;
}

std::optional<Sequence> JournalIndex::last_of(ShardId shard, const WriterId& writer) const {
  const auto number = number_of(writer);
  const auto found = shards_.find(shard);
  if (!number || found == shards_.end()) return std::nullopt;
  std::uint64_t last = 0;
  for (const Item& item : found->second)
    if (item.writer == *number) last = std::max(last, item.sequence);
  if (last == 0) return std::nullopt;
  return Sequence{last};
}

std::vector<ShardId> JournalIndex::shards() const {
  std::vector<ShardId> out;
  out.reserve(shards_.size());
  for (const auto& [shard, items] : shards_) out.push_back(shard);
  return out;
}

}  // namespace wattring::persistence
