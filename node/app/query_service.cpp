// SPDX-License-Identifier: Apache-2.0
#include "node/app/query_service.hpp"

#include <algorithm>
#include <chrono>
#include <future>

#include "node/app/meter_pages.hpp"
#include "node/meter/fold_options.hpp"
#include "node/meter/registers.hpp"
#include "node/meter/rollup.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using http::MeterPage;
using http::MeterSummary;
using meter::MeterTable;
using meter::SeriesReader;

constexpr std::chrono::seconds kWorkerWait{10};

Failure busy() {
  return fail(ErrorCode::busy, "the node is still reading its journal, or has more queued than it can fold in 10 s",
              "ask again in a few seconds");
}

/// Waits for the value, which a worker sets; nothing on time-out.
template <class T>
std::optional<T> wait_for(std::future<T>& future) {
  if (future.wait_for(kWorkerWait) != std::future_status::ready) return std::nullopt;
  return future.get();
}

SeriesReader::Series series_of(const meter::ShardFold& fold, const std::string& id, MeterTable::SeriesIndex index) {
  const meter::SeriesState& state = fold.meters().series(index);
  SeriesReader::Series series{
      fold.shard(), id, state.reg, state.first_ms, state.last_ms, {}, fold.limits().erased_before(id)};
  fold.collect_pending(index, series.pending);
  return series;
}

bool some_passivated(const ShardWorkers::Shards& shards) {
  return std::any_of(shards.begin(), shards.end(), [](const auto& fold) { return fold->passivated_count() != 0; });
}

Failure no_meter(const std::string& id, const meter::ShardFold& fold) {
  if (fold.is_stopped())
    return fail(ErrorCode::busy,
                "meter \"" + id + "\" is not known so far, and the readings of its shard " +
                    std::to_string(fold.shard().value) + " are not looked at",
                "wattringctl problems explain FOLD_STOPPED");
  if (const std::int64_t before_ms = fold.limits().erased_before(id); before_ms != meter::ShardLimits::kNever)
    return fail(ErrorCode::not_found,
                "no meter \"" + id + "\": its readings from before " + format_rfc3339(before_ms) + " were erased",
                "it is known again with its first reading from then on");
  return fail(ErrorCode::not_found, "no meter \"" + id + "\"", "GET /api/v1/meters?prefix= lists them");
}

}  // namespace

QueryService::QueryService(const sharding::ShardKey& key, ShardWorkers& workers, const persistence::Journal& disk,
                           const Clock& clock, OnDamaged on_damaged)
    : key_(key), workers_(workers), disk_(disk), clock_(clock), on_damaged_(std::move(on_damaged)) {}

Result<MeterPage> QueryService::meters(std::string_view prefix, std::string_view after, std::size_t limit) {
  struct Gathering {
    std::mutex mutex;
    std::vector<MeterSummary> meters;
    std::optional<Error> error;
    std::size_t left;
    std::promise<Result<std::vector<MeterSummary>>> done;
  };
  const auto gathering = std::make_shared<Gathering>();
  gathering->left = workers_.worker_count();
  auto future = gathering->done.get_future();
  const bool posted = workers_.post_all([this, gathering, prefix = std::string(prefix), after = std::string(after),
                                         limit](const ShardWorkers::Shards& shards) {
    // Opened here: a meter that left memory before is in it.
    Result<std::unique_ptr<persistence::ReadTransaction>> disk(nullptr);
    if (some_passivated(shards)) disk = disk_.read();
    std::vector<MeterSummary> page;
    if (disk) page = page_of(shards, key_, disk->get(), prefix, after, limit + 1);
    const std::lock_guard lock(gathering->mutex);
    if (!disk) gathering->error = disk.error();
    std::move(page.begin(), page.end(), std::back_inserter(gathering->meters));
    if (--gathering->left != 0) return;
    if (gathering->error) gathering->done.set_value(Failure(*gathering->error));
    if (!gathering->error) gathering->done.set_value(std::move(gathering->meters));
  });
  if (!posted) return busy();
  auto gathered = wait_for(future);
  if (!gathered) return busy();
  if (!*gathered) return Failure(gathered->error());
  MeterPage page{std::move(**gathered), std::nullopt};
  std::sort(page.meters.begin(), page.meters.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  if (page.meters.size() > limit) {
    page.meters.resize(limit);
    page.next = page.meters.empty() ? std::string(after) : page.meters.back().id;
  }
  return page;
}

Result<MeterSummary> QueryService::meter(std::string_view id) {
  const std::string wanted(id);
  const auto done = std::make_shared<std::promise<Result<MeterSummary>>>();
  auto future = done->get_future();
  const std::uint64_t hash = key_.hash(wanted);
  const bool posted = workers_.post_meter(wanted, hash, [=](const meter::ShardFold& fold, const auto& found) {
    if (!found) return done->set_value(Failure(found.error()));
    if (!*found || is_erased(fold, **found)) return done->set_value(no_meter(wanted, fold));
    done->set_value(summarise(fold, **found));
  });
  if (!posted) return busy();
  auto answer = wait_for(future);
  if (!answer) return busy();
  if (!*answer) return Failure(answer->error());
  auto disk = disk_.read();
  if (!disk) return Failure(disk.error());
  for (http::RegisterSummary& reg : (*answer)->registers) {
    const meter::RegisterInfo* info = meter::find_register(reg.reg);
    if (reg.last_text.empty() && info != nullptr && info->kind == meter::Kind::event)
      reg.last_text = text_of(**disk, Resident{{key_.shard_of_hash(hash), wanted, reg.reg, 0, 0, {}}, {}, {}, true},
                              reg.last_value);
  }
  return std::move(**answer);
}

Result<QueryService::Resident> QueryService::find_series(const std::string& id, Register reg) {
  const auto done = std::make_shared<std::promise<Result<Resident>>>();
  auto future = done->get_future();
  const std::uint64_t hash = key_.hash(id);
  const bool posted = workers_.post_meter(id, hash, [=](const meter::ShardFold& fold, const auto& found) {
    if (!found) return done->set_value(Failure(found.error()));
    if (!*found || is_erased(fold, **found)) return done->set_value(no_meter(id, fold));
    const MeterTable::SeriesIndex series = fold.meters().find_series(**found, reg);
    if (series == meter::kNone || fold.meters().series(series).empty)
      return done->set_value(fail(ErrorCode::not_found, "meter \"" + id + "\" has no register " + format_obis(reg),
                                  "GET /api/v1/meters/{id} lists its registers"));
    Resident resident;
    resident.series = series_of(fold, id, series);
    resident.complete = fold.complete();
    resident.raw_from_ms = fold.limits().days().raw_from_ms();
    const MeterTable::SeriesIndex equipment = fold.meters().find_series(**found, meter::kEquipmentId);
    if (equipment != meter::kNone && !fold.meters().series(equipment).empty)
      resident.equipment = series_of(fold, id, equipment);
    for (const Fact& fact : resident.series.pending)
      if (const std::string* text = fold.pending_text(fact.value)) resident.texts.emplace_back(fact.value, *text);
    done->set_value(std::move(resident));
  });
  if (!posted) return busy();
  auto answer = wait_for(future);
  if (!answer) return busy();
  return std::move(*answer);
}

std::string QueryService::text_of(const persistence::ReadTransaction& disk, const Resident& resident,
                                  std::int64_t value) const {
  for (const auto& [known, text] : resident.texts)
    if (known == value) return text;
  const std::string key = persistence::text_key(resident.series.shard, static_cast<std::uint64_t>(value));
  const auto stored = disk.get(persistence::Table::text, key);
  if (!stored) return {};
  const auto text = persistence::open_value(*stored, persistence::position_of(key));
  return text ? std::string(*text) : std::string();
}

Result<http::ReadingsAnswer> QueryService::readings(const http::ReadingsQuery& query) {
  auto resident = find_series(query.meter, query.reg);
  if (!resident) return Failure(resident.error());
  auto disk = disk_.read();
  if (!disk) return Failure(disk.error());
  const meter::RegisterInfo* info = meter::find_register(query.reg);
  const bool text = info != nullptr && info->kind == meter::Kind::event;
  http::ReadingsAnswer answer;
  answer.as_of_ms = clock_.wall_ms();
  SeriesReader reader(**disk, resident->series);
  // Texts stay; of other readings what is below the watermark is an anchor, or about to go.
  const std::int64_t from_ms = text ? query.from_ms : std::max(query.from_ms, resident->raw_from_ms);
  const std::int32_t first = std::max(day_of(from_ms), day_of(reader.series().first_ms));
  const std::int32_t last = std::min(day_of(query.to_ms - 1), day_of(reader.series().last_ms));
  for (std::int32_t day = first; day <= last && !answer.next_ms; ++day) {
    const auto chunk = reader.load_days(day, day);
    if (!chunk) return Failure(chunk.error());
    const auto conflicts = meter::conflicted_starts(chunk->winners, chunk->losers);
    for (const Fact& fact : chunk->winners) {
      if (fact.start_ms < from_ms || fact.start_ms >= query.to_ms) continue;
      // A page ends between two starts, so that `next` can name the place.
      if (answer.rows.size() >= query.limit && fact.start_ms != answer.rows.back().fact.start_ms) {
        answer.next_ms = fact.start_ms;
        break;
      }
      const bool conflict = std::binary_search(conflicts.begin(), conflicts.end(), fact.start_ms);
      answer.rows.push_back({fact, conflict, text ? text_of(**disk, *resident, fact.value) : std::string()});
    }
  }
  answer.complete = resident->complete && !reader.damaged();
  tell_if(reader.damaged(), reader.series().shard);
  return answer;
}

Result<std::vector<std::int64_t>> QueryService::exchange_times(const persistence::ReadTransaction& disk,
                                                               Resident& resident, bool& damaged) {
  if (!resident.equipment) return std::vector<std::int64_t>{};
  SeriesReader reader(disk, std::move(*resident.equipment));
  auto times = meter::exchange_times(reader);
  damaged = reader.damaged();
  return times;
}

Result<http::IntervalsAnswer> QueryService::intervals(const http::IntervalsQuery& query) {
  auto resident = find_series(query.meter, query.reg);
  if (!resident) return Failure(resident.error());
  auto disk = disk_.read();
  if (!disk) return Failure(disk.error());
  http::IntervalsAnswer answer;
  answer.as_of_ms = clock_.wall_ms();
  bool damaged = false;
  const auto exchanges = exchange_times(**disk, *resident, damaged);
  if (!exchanges) return Failure(exchanges.error());

  const meter::FoldOptions options = meter::fold_options(query.reg);
  if (options.kind == meter::Kind::event)
    return fail(ErrorCode::invalid_argument,
                "register " + format_obis(query.reg) + " holds texts, which have no intervals",
                "GET .../readings shows them");
  // Whole spans: the quarters of the last one may reach past `to`.
  const meter::Zone::Span first = meter::span_of(query.every, query.zone, query.from_ms);
  const meter::Zone::Span last = meter::span_of(query.every, query.zone, query.to_ms - 1);
  const std::int64_t begin = first.begin_ms < query.from_ms ? first.end_ms : first.begin_ms;
  SeriesReader reader(**disk, resident->series);
  const auto quarters = reader.intervals(*exchanges, options, begin, last.end_ms);
  if (!quarters) return Failure(quarters.error());
  answer.intervals = meter::roll_up(*quarters, query.every, query.zone, query.from_ms, query.to_ms, options.kind);
  answer.complete = resident->complete && !damaged && !reader.damaged();
  tell_if(damaged || reader.damaged(), reader.series().shard);
  return answer;
}

}  // namespace wattring::app
