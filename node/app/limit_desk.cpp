// SPDX-License-Identifier: Apache-2.0
#include "node/app/limit_desk.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "node/meter/erasure.hpp"

namespace wattring::app {
namespace {

constexpr std::chrono::seconds kCountWait{10};
constexpr std::chrono::seconds kErasureWait{5};

std::string_view promise_of(WriteOutcome::Class worst) {
  switch (worst) {
    case WriteOutcome::Class::single:
      return "SINGLE";
    case WriteOutcome::Class::held:
      return "HELD";
    case WriteOutcome::Class::durable:
      return "DURABLE";
    case WriteOutcome::Class::unknown:
      break;
  }
  return "NONE";
}

Failure cannot_count() {
  return fail(ErrorCode::busy, "the node cannot look at the meter now", "ask again in a few seconds");
}

Failure not_kept() {
  return fail(ErrorCode::busy,
              "too few nodes have the erasure on disk: it may come to hold or not, and nothing is certain to be erased",
              "ask again, twice does no harm; wattringctl status shows which nodes are away");
}

}  // namespace

Result<http::Erasable> LimitDesk::count(std::string_view meter, std::int64_t before_ms) {
  const auto done = std::make_shared<std::promise<Result<http::Erasable>>>();
  auto counted = done->get_future();
  const meter::Erasure erasure{std::string(meter), before_ms};
  const auto look = [done, erasure, &disk = doors_.disk](const meter::ShardFold& fold) {
    // Opened here: it and what is pending are of one moment.
    auto snapshot = disk.read();
    const auto rows = snapshot ? meter::count_erasable(fold, **snapshot, erasure)
                               : Result<meter::ErasedRows>(Failure(snapshot.error()));
    if (!rows) return done->set_value(Failure(rows.error()));
    http::Erasable found{rows->readings, rows->chunks, rows->interval_days, rows->quarantined, std::nullopt};
    if (const std::int64_t gone_ms = fold.limits().erased_before(erasure.meter); gone_ms != meter::ShardLimits::kNever)
      found.erased_before_ms = gone_ms;
    done->set_value(found);
  };
  if (!doors_.workers.post(doors_.key.shard_of(meter), look)) return cannot_count();
  if (counted.wait_for(kCountWait) != std::future_status::ready) return cannot_count();
  return counted.get();
}

Result<http::KeptErasure> LimitDesk::erase(std::string_view meter, std::int64_t before_ms) {
  const ShardId shard = doors_.key.shard_of(meter);
  const std::vector<meter::Limit> limits{meter::Erasure{std::string(meter), before_ms}};
  const auto kept = entries_.try_write(meter::kLimitEntryFormat, {{shard, meter::encode_limits(limits)}}, kErasureWait);
  if (!kept || !kept->is_kept()) return not_kept();
  return http::KeptErasure{std::string(promise_of(kept->outcome.worst)), kept->outcome.copies, encode(kept->token)};
}

void LimitDesk::issue(const meter::RetentionDays& days, const std::function<bool(ShardId)>& speaks_for) {
  EntryWriter::OfShard entries;
  for (std::size_t i = 0; i < doors_.key.shard_count(); ++i) {
    const ShardId shard{static_cast<std::uint16_t>(i)};
    const meter::RetentionDays now = doors_.workers.watermarks().of(shard);
    if ((days.raw <= now.raw && days.intervals <= now.intervals) || !speaks_for(shard)) continue;
    entries[shard] = meter::encode_limits(std::vector<meter::Limit>{days});
  }
  if (!entries.empty()) (void)entries_.try_write(meter::kLimitEntryFormat, entries, std::chrono::milliseconds(0));
}

}  // namespace wattring::app
