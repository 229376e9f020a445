// SPDX-License-Identifier: Apache-2.0
#include "cluster/dissemination.hpp"

#include <algorithm>
#include <utility>

namespace wattring::cluster {
namespace {

constexpr std::size_t kRecordFixedBytes = 114;  // numbers at their widest, keys and lengths
constexpr std::size_t kAccusationBytes = 22;
constexpr std::size_t kUnknownFixedBytes = 16;

}  // namespace

std::size_t size_bound(const News& news) {
  const Record& record = *news.record;
  std::size_t bytes = kRecordFixedBytes + record.name.size() + record.zone.size() + record.endpoints.membership.size() +
                      record.endpoints.peers.size() + record.endpoints.ingest.size() + record.endpoints.http.size() +
                      record.endpoints.data.size() + news.accusations.size() * kAccusationBytes;
  for (const UnknownField& field : record.unknown) bytes += kUnknownFixedBytes + field.bytes.size();
  return bytes;
}

void Dissemination::put(News news, bool unbounded) {
  const NodeId& id = news.record->id;
  const auto slot = std::ranges::find_if(items_, [&](const Item& item) { return item.news.record->id == id; });
  Item item{std::move(news), 0, next_order_++};
  if (slot != items_.end() && !unbounded) {
    *slot = std::move(item);
    return;
  }
  if (items_.size() >= kNewsQueueMax && !unbounded) {
    const auto most_told =
        std::ranges::max_element(items_, {}, [](const Item& queued) { return std::pair(queued.told, ~queued.order); });
    *most_told = std::move(item);
    return;
  }
  items_.push_back(std::move(item));
}

void Dissemination::drop(const NodeId& id) {
  std::erase_if(items_, [&](const Item& item) { return item.news.record->id == id; });
}

bool Dissemination::contains(const NodeId& id) const {
  return std::ranges::any_of(items_, [&](const Item& item) { return item.news.record->id == id; });
}

std::vector<News> Dissemination::take(std::size_t records, std::size_t bytes, std::size_t limit) {
  std::vector<News> taken;
  if (items_.empty()) return taken;
  const auto fresher = [](const Item& item) { return std::pair(item.told, ~item.order); };
  const auto middle = items_.begin() + static_cast<std::ptrdiff_t>(std::min(records, items_.size()));
  std::ranges::partial_sort(items_, middle, {}, fresher);
  std::size_t used = 0;
  for (auto item = items_.begin(); item != middle; ++item) {
    const std::size_t size = size_bound(item->news);
    if (used + size > bytes) continue;
    used += size;
    ++item->told;
    taken.push_back(item->news);
  }
  std::erase_if(items_, [&](const Item& item) { return item.told >= limit; });
  return taken;
}

}  // namespace wattring::cluster
