// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <future>

#include "node/app/actor_rows.hpp"
#include "node/app/gathering.hpp"
#include "node/app/meter_pages.hpp"
#include "node/app/shard_workers.hpp"

/// What people ask of the shards and meters as actors.

namespace wattring::app {
namespace {

constexpr std::size_t kRowsMax = 10'000;

struct Question {
  ActorPath path;
  std::size_t meters_max;  ///< of one worker; 0 = none are wanted
  std::int64_t now_ns;
};
/// A shard's own row, unless a meter was asked for, and those of its meters.
struct ShardRows {
  ShardId shard;
  std::vector<http::ActorRow> rows;
};

void add_meters(ShardWorker& worker, const ShardShared& shared, const Question& question, ShardRows& into) {
  const auto& fold = worker.shards().folds[worker.slot_of(into.shard)];
  Result<std::unique_ptr<persistence::ReadTransaction>> disk(nullptr);
  if (fold->passivated_count() != 0) disk = shared.disk.read();
  if (!disk) return;
  for (const auto& meter : page_of({&fold, 1}, shared.key, disk->get(), "", "", question.meters_max))
    into.rows.push_back(meter_row(worker, into.shard, meter.id, question.now_ns));
}

std::vector<ShardRows> rows_of(ShardWorker& worker, const ShardShared& shared, Question question,
                               const std::vector<ShardWorker::Waiting>& waiting) {
  std::vector<ShardRows> all;
  for (std::size_t slot = 0; slot < waiting.size(); ++slot) {
    ShardRows some{worker.shards().folds[slot]->shard(), {}};
    if (question.path.shard && some.shard != *question.path.shard) continue;
    if (question.path.meter.empty()) {
      some.rows.push_back(shard_row(worker, some.shard, waiting[slot], question.now_ns));
      if (question.meters_max != 0) add_meters(worker, shared, question, some);
      question.meters_max -= std::min(question.meters_max, some.rows.size() - 1);
    } else if (worker.knows(some.shard, question.path.meter)) {
      some.rows.push_back(meter_row(worker, some.shard, question.path.meter, question.now_ns));
    }
    if (!some.rows.empty()) all.push_back(std::move(some));
  }
  return all;
}

http::ActorRow root_row(const std::vector<ShardRows>& shards) {
  http::ActorRow root;
  root.path = "/shards";
  root.state = "running";
  root.children = shards.size();
  for (const ShardRows& some : shards) {
    const http::ActorRow& row = some.rows.front();
    root.mailbox += row.mailbox;
    root.oldest_ms = std::max(root.oldest_ms, row.oldest_ms);
    root.restarts += row.restarts;
    if (!row.last_failure.empty()) root.last_failure = row.last_failure;
  }
  return root;
}

std::vector<http::ActorRow> assemble(std::vector<ShardRows>&& shards, bool with_root, bool with_meters) {
  std::sort(shards.begin(), shards.end(), [](const auto& a, const auto& b) { return a.shard < b.shard; });
  std::vector<http::ActorRow> rows;
  if (with_root) rows.push_back(root_row(shards));
  std::uint64_t expected = rows.size();
  for (ShardRows& some : shards) {
    expected += 1 + (with_meters ? some.rows.front().children : 0);
    std::move(some.rows.begin(), some.rows.end(), std::back_inserter(rows));
  }
  rows.resize(std::min(rows.size(), kRowsMax));
  if (rows.size() >= expected) return rows;
  http::ActorRow more;
  more.path = "/shards/...";
  more.state = "not shown";
  more.children = expected - rows.size();
  rows.push_back(std::move(more));
  return rows;
}

}  // namespace

Result<std::vector<http::ActorRow>> ShardWorkers::actors(std::string_view path, std::size_t depth) {
  const auto parsed = ActorPath::parse(path, shared_.key.shard_count());
  if (!parsed) return Failure(parsed.error());
  const bool with_meters = parsed->meter.empty() && depth >= (parsed->shard ? 1U : 2U);
  const Question question{*parsed, with_meters ? kRowsMax : 0, shared_.clock.monotonic_ns()};
  const auto gathering = std::make_shared<Gathering<ShardRows>>(workers_.size());
  for (auto& worker : workers_) {
    const bool posted = worker->push([=, this, waiting = worker->waiting()](ShardWorker& self) {
      gathering->give(rows_of(self, shared_, question, waiting));
    });
    if (!posted) return workers_are_busy();
  }
  auto found = gathering->wait();
  if (!found) return workers_are_busy();
  if (found->empty()) return fail(ErrorCode::not_found, "no actor at \"" + std::string(path) + "\"");
  if (!parsed->shard && depth == 0) return std::vector<http::ActorRow>{root_row(*found)};
  return assemble(std::move(*found), !parsed->shard, with_meters);
}

Result<void> ShardWorkers::ask(ShardId shard, const OnWorker& verb) {
  if (shard.value >= shared_.key.shard_count())
    return fail(ErrorCode::not_found, "no shard " + std::to_string(shard.value));
  const auto done = std::make_shared<std::promise<Result<void>>>();
  auto future = done->get_future();
  const bool posted = worker_of(shard).push([done, verb](ShardWorker& worker) {
    verb(worker, [done](Result<void> result) { done->set_value(std::move(result)); });
  });
  if (!posted || future.wait_for(kWorkerWait) != std::future_status::ready) return workers_are_busy();
  return future.get();
}

Result<void> ShardWorkers::resume(ShardId shard) {
  return ask(shard, [shard](ShardWorker& worker, const ShardWorker::Done& done) {
    worker.journal_only().resume(worker.slot_of(shard), done);
  });
}

Result<void> ShardWorkers::release(std::string_view quarantine_id) {
  const auto key = meter::parse_quarantine_id(quarantine_id);
  if (!key) return Failure(key.error());
  return ask(key->shard,
             [key = *key](ShardWorker& worker, const ShardWorker::Done& done) { worker.release(key, done); });
}

Result<void> ShardWorkers::drop(std::string_view quarantine_id) {
  const auto key = meter::parse_quarantine_id(quarantine_id);
  if (!key) return Failure(key.error());
  return ask(key->shard, [key = *key](ShardWorker& worker, const ShardWorker::Done& done) { worker.drop(key, done); });
}

Result<std::vector<http::QuarantineRow>> ShardWorkers::quarantine_list() {
  const auto gathering = std::make_shared<Gathering<meter::QuarantineNote>>(workers_.size());
  const bool posted = post_all([gathering](const Shards& shards) {
    std::vector<meter::QuarantineNote> notes;
    for (const auto& fold : shards) notes.insert(notes.end(), fold->quarantined().begin(), fold->quarantined().end());
    gathering->give(std::move(notes));
  });
  if (!posted) return workers_are_busy();
  auto notes = gathering->wait();
  if (!notes) return workers_are_busy();
  std::sort(notes->begin(), notes->end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  std::vector<http::QuarantineRow> rows;
  rows.reserve(notes->size());
  for (const meter::QuarantineNote& note : *notes)
    rows.push_back({meter::quarantine_id(note.key), note.meter, note.first_ms, note.readings, note.bytes, note.failure,
                    note.since_ms});
  return rows;
}

}  // namespace wattring::app
