// SPDX-License-Identifier: Apache-2.0
#include "node/app/meter_pages.hpp"

#include <algorithm>

#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using http::MeterSummary;
using meter::MeterTable;

void add_register(MeterSummary& summary, const meter::SeriesState& state, const std::string* text) {
  if (state.empty) return;
  http::RegisterSummary reg{state.reg, state.last_ms, state.last_value, state.last_quality, {}};
  if (text != nullptr) reg.last_text = *text;
  summary.last_time_ms = summary.registers.empty() ? state.last_ms : std::max(summary.last_time_ms, state.last_ms);
  summary.registers.push_back(std::move(reg));
}

/// The least ids so far, the greatest of them on top, so that a smaller one replaces it.
class Page {
 public:
  Page(const std::string& prefix, const std::string& after, std::size_t limit)
      : prefix_(prefix), after_(after), limit_(limit) {}

  [[nodiscard]] const std::string& from() const { return std::max(prefix_, after_); }
  [[nodiscard]] bool is_past(std::string_view id) const {
    if (id.substr(0, prefix_.size()) != prefix_) return true;
    return heap_.size() == limit_ && id >= heap_.front().id;
  }
  [[nodiscard]] bool skips(std::string_view id) const { return !after_.empty() && id <= after_; }
  void add(MeterSummary&& meter) {
    heap_.push_back(std::move(meter));
    std::push_heap(heap_.begin(), heap_.end(), less);
    if (heap_.size() <= limit_) return;
    std::pop_heap(heap_.begin(), heap_.end(), less);
    heap_.pop_back();
  }
  [[nodiscard]] std::vector<MeterSummary> take() {
    std::sort_heap(heap_.begin(), heap_.end(), less);
    return std::move(heap_);
  }

 private:
  static bool less(const MeterSummary& a, const MeterSummary& b) { return a.id < b.id; }
  const std::string& prefix_;
  const std::string& after_;
  const std::size_t limit_;
  std::vector<MeterSummary> heap_;
};

void add_resident(Page& page, const meter::ShardFold& fold) {
  const MeterTable& table = fold.meters();
  const auto ordered = table.ordered();
  auto at = std::lower_bound(
      ordered.begin(), ordered.end(), page.from(),
      [&](MeterTable::MeterIndex index, const std::string& wanted) { return table.id(index) < wanted; });
  for (; at != ordered.end() && !page.is_past(table.id(*at)); ++at)
    if (!page.skips(table.id(*at)) && !is_erased(fold, *at)) page.add(summarise(fold, *at));
}

void add_passivated(Page& page, const meter::ShardFold& fold, const sharding::ShardKey& key,
                    const persistence::ReadTransaction& disk) {
  std::vector<meter::SeriesState> series;
  const std::string from = persistence::meter_key(fold.shard(), page.from());
  // What the disk cannot say is missing from the page, as it would be from the table.
  (void)disk.scan(persistence::Table::meter, from, [&](std::string_view row, std::string_view value) {
    const auto parsed = persistence::parse_meter_key(row);
    if (!parsed || parsed->shard != fold.shard() || page.is_past(parsed->meter_id)) return false;
    if (page.skips(parsed->meter_id) || fold.meters().find(parsed->meter_id, key.hash(parsed->meter_id))) return true;
    const auto snapshot = persistence::open_value(value, persistence::position_of(row));
    if (!snapshot || !meter::decode_snapshot(*snapshot, series)) return true;
    MeterSummary summary;
    summary.id = parsed->meter_id;
    summary.shard = fold.shard().value;
    for (const meter::SeriesState& state : series) add_register(summary, state, fold.pending_text(state.last_value));
    page.add(std::move(summary));
    return true;
  });
}

}  // namespace

bool is_erased(const meter::ShardFold& fold, MeterTable::MeterIndex meter) {
  return fold.limits().erases_any() && !fold.meters().has_facts(meter) &&
         fold.limits().erased_before(fold.meters().id(meter)) != meter::ShardLimits::kNever;
}

MeterSummary summarise(const meter::ShardFold& fold, MeterTable::MeterIndex meter) {
  const MeterTable& table = fold.meters();
  MeterSummary summary;
  summary.id = table.id(meter);
  summary.shard = fold.shard().value;
  if (const std::int64_t before_ms = fold.limits().erased_before(summary.id); before_ms != meter::ShardLimits::kNever)
    summary.erased_before_ms = before_ms;
  for (const MeterTable::SeriesIndex series : table.series_of(meter)) {
    const meter::SeriesState& state = table.series(series);
    add_register(summary, state, fold.pending_text(state.last_value));
  }
  return summary;
}

std::vector<MeterSummary> page_of(std::span<const std::unique_ptr<meter::ShardFold>> shards,
                                  const sharding::ShardKey& key, const persistence::ReadTransaction* disk,
                                  const std::string& prefix, const std::string& after, std::size_t limit) {
  Page page(prefix, after, limit);
  for (const auto& fold : shards) {
    add_resident(page, *fold);
    if (disk != nullptr && fold->passivated_count() != 0) add_passivated(page, *fold, key, *disk);
  }
  return page.take();
}

}  // namespace wattring::app
