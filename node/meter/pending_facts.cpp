// SPDX-License-Identifier: Apache-2.0
#include "node/meter/pending_facts.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace wattring::meter {

void PendingFacts::append(std::uint32_t series, const Fact& fact) {
  const bool has_extra = fact.end_ms != fact.start_ms || fact.revision != 0;
  if (has_extra) extras_.push_back({static_cast<std::uint32_t>(items_.size()), fact.end_ms, fact.revision});
  items_.push_back({fact.start_ms, fact.value, series, fact.quality, fact.method, fact.flags, has_extra});
}

Fact PendingFacts::fact(std::size_t index, Register reg) const {
  const Item& item = items_[index];
  Fact fact{reg, item.start_ms, item.start_ms, item.value, 0, item.quality, item.method, item.flags};
  if (!item.has_extra) return fact;
  const auto extra = std::lower_bound(extras_.begin(), extras_.end(), index,
                                      [](const Extra& e, std::size_t wanted) { return e.index < wanted; });
  WATTRING_CHECK(extra != extras_.end() && extra->index == index);
  fact.end_ms = extra->end_ms;
  fact.revision = extra->revision;
  return fact;
}

std::size_t PendingFacts::memory_bytes() const {
  return items_.capacity() * sizeof(Item) + extras_.capacity() * sizeof(Extra);
}

void PendingFacts::cut_to(std::size_t size) {
  items_.resize(std::min(size, items_.size()), Item{});
  while (!extras_.empty() && extras_.back().index >= items_.size()) extras_.pop_back();
}

void PendingFacts::append_all(const PendingFacts& other) {
  const auto base = static_cast<std::uint32_t>(items_.size());
  items_.insert(items_.end(), other.items_.begin(), other.items_.end());
  for (const Extra& extra : other.extras_) extras_.push_back({base + extra.index, extra.end_ms, extra.revision});
}

}  // namespace wattring::meter
