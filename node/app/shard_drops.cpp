// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_drops.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "node/app/shard_marks.hpp"
#include "node/app/write_and_wait.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

constexpr std::array kTables{Table::alert, Table::quarantine, Table::series, Table::interval,
                             Table::text,  Table::meter,      Table::limit};
/// A slice, some milliseconds of the writer.
constexpr std::size_t kRowsASlice = 1000;
constexpr std::size_t kBytesASlice = 1U << 20U;
constexpr std::int64_t kDropAgainNs = 1'000'000'000;

}  // namespace

Result<std::string_view> DroppedShardView::get(Table table, std::string_view key) const {
  if (table == Table::applied && disk_ != nullptr) return disk_->get(table, key);
  return fail(ErrorCode::not_found, "the shard is being dropped");
}

Result<std::string_view> DroppedShardView::last_key(Table) const {
  return fail(ErrorCode::not_found, "the shard is being dropped");
}

void ShardDrops::drop(std::size_t slot, sharding::Coverage confirmed, Done done) {
  Drop drop;
  drop.slot = slot;
  drop.confirmed = std::move(confirmed);
  drop.done = std::move(done);
  drops_.push_back(std::move(drop));
}

void ShardDrops::go_on(std::size_t slot) {
  Drop drop;
  drop.slot = slot;
  drop.done = [](const Result<void>&) {};
  drop.begun = true;
  drop.last = shards_.folds[slot]->sealed_up_to();
  // Before those that somebody asks for.
  drops_.push_front(std::move(drop));
  shards_.folds[slot]->set_settling(true);
}

bool ShardDrops::is_begun(std::size_t slot) const {
  return std::any_of(drops_.begin(), drops_.end(), [&](const Drop& drop) { return drop.slot == slot && drop.begun; });
}

bool ShardDrops::is_busy() const {
  if (drops_.empty()) return false;
  const Drop& drop = drops_.front();
  if (!drop.begun) return shards_.folds[drop.slot]->is_stopped() || doors_.is_settled(drop.slot);
  if (shared_.writer.failed()) return true;
  if (drop.flight) return *drop.flight != State::waiting;
  return shared_.clock.monotonic_ns() >= drop.again_ns;
}

void ShardDrops::step(Lsn applied) {
  if (!is_busy()) return;
  Drop& drop = drops_.front();
  if (!drop.begun) {
    if (auto begun = begin(drop, applied); !begun) end(std::move(begun));
    return;
  }
  // The process is about to end; the next start goes on.
  if (shared_.writer.failed()) return end(fail(ErrorCode::unknown_outcome, "a commit of the journal failed"));
  if (!drop.flight) return send(drop);
  const bool committed = *drop.flight == State::committed;
  drop.flight.reset();
  if (!committed) drop.again_ns = shared_.clock.monotonic_ns() + kDropAgainNs;
  if (committed && drop.unmarking) end({});
}

Result<void> ShardDrops::may_begin(const Drop& drop) const {
  const meter::ShardFold& fold = *shards_.folds[drop.slot];
  if (fold.is_stopped())
    return fail(ErrorCode::busy, "the fold of shard " + std::to_string(fold.shard().value) + " is stopped",
                "resume it first");
  if (!drop.confirmed.covers(fold.coverage()))
    return fail(ErrorCode::busy, "shard " + std::to_string(fold.shard().value) + " holds more than was confirmed");
  return {};
}

Result<void> ShardDrops::begin(Drop& drop, Lsn applied) {
  if (auto may = may_begin(drop); !may) return may;
  const ShardId shard = shards_.folds[drop.slot]->shard();
  const std::string row = persistence::shard_key(shard);
  std::string lsn;
  ByteWriter(lsn).u64_be(applied.value);
  const std::vector<OwnedOp> claim_nothing{
      {WriteOp::Kind::erase, Table::coverage, row, {}},
      {WriteOp::Kind::put, Table::applied, row, persistence::seal_value(lsn, persistence::position_of(row))},
      filled_mark(shard, 0),
      suspect_mark(shard, false),
      dropping_mark(shard, true)};
  // What is folded meanwhile would belong neither to the old nor to the new: so nothing is.
  if (auto written = write_and_wait(shared_.writer, claim_nothing); !written) return written;
  drop.begun = true;
  drop.last = applied;
  doors_.renew(drop.slot);
  shards_.folds[drop.slot]->set_settling(true);
  return {};
}

Result<std::vector<OwnedOp>> ShardDrops::next_slice(const Drop& drop) const {
  auto disk = shared_.disk.read();
  if (!disk) return Failure(disk.error());
  const std::string prefix = persistence::shard_key(shards_.folds[drop.slot]->shard());
  std::vector<OwnedOp> slice;
  std::size_t bytes = 0;
  for (const Table table : kTables) {
    auto scanned = (*disk)->scan(table, prefix, [&](std::string_view key, std::string_view value) {
      if (!key.starts_with(prefix) || slice.size() >= kRowsASlice || bytes >= kBytesASlice) return false;
      if (table == Table::quarantine) {
        const auto parsed = persistence::parse_quarantine_key(key);
        if (parsed && parsed->lsn > drop.last) return true;
      }
      bytes += key.size() + value.size();
      slice.push_back({WriteOp::Kind::erase, table, std::string(key), {}});
      return true;
    });
    if (!scanned) return Failure(scanned.error());
  }
  return slice;
}

void ShardDrops::send(Drop& drop) {
  auto slice = next_slice(drop);
  if (!slice) {
    shared_.log->warn("drop_failed", slice.error().text());
    drop.again_ns = shared_.clock.monotonic_ns() + kDropAgainNs;
    return;
  }
  drop.unmarking = slice->empty();
  if (drop.unmarking) slice->push_back(dropping_mark(shards_.folds[drop.slot]->shard(), false));
  drop.flight = std::make_shared<std::atomic<State>>(State::waiting);
  const auto done = [flight = drop.flight, wake = doors_.wake](const persistence::CommitResult& result) {
    *flight = result.status == persistence::CommitStatus::committed ? State::committed : State::refused;
    wake();
  };
  if (!shared_.writer.write(std::move(*slice), done)) *drop.flight = State::refused;
}

void ShardDrops::end(Result<void> outcome) {
  const Drop drop = std::move(drops_.front());
  drops_.pop_front();
  if (outcome) doors_.ended(drop.slot);
  drop.done(std::move(outcome));
}

void ShardDrops::finish() {
  while (!drops_.empty()) end(fail(ErrorCode::busy, "the node is stopping"));
}

}  // namespace wattring::app
