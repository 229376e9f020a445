// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_workers.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace wattring::app {

ShardWorkers::ShardWorkers(Options options, const sharding::ShardKey& key, const persistence::Journal& disk,
                           persistence::JournalWriter& writer, const Clock& clock, Metrics& metrics,
                           std::shared_ptr<Log> log)
    : shared_{std::move(options), key, disk, writer, clock, std::move(log), ShardCounters(metrics)},
      foreign_(shared_.options.foreign_bytes_max) {
  metrics.gauge_function("wattring_foreign_in_flight_bytes", "Bytes of other nodes' packs between arrival and fold",
                         [this] { return static_cast<double>(foreign_.used()); });
  WATTRING_CHECK(shared_.options.workers >= 1);
  for (std::size_t w = 0; w < shared_.options.workers; ++w)
    workers_.push_back(std::make_unique<ShardWorker>(shared_, w, [this] { publish_sealed(); }));
}

ShardWorkers::~ShardWorkers() {
  stop(false);
}

void ShardWorkers::start() {
  shared_.first_of_run = shared_.writer.next_lsn();
  shared_.checkpoint_all = [this] { request_checkpoint(); };
  for (auto& worker : workers_) worker->start();
}

void ShardWorkers::stop(bool checkpoint) {
  for (auto& worker : workers_) worker->close(checkpoint);
  for (auto& worker : workers_) worker->join();
}

void ShardWorkers::dispatch(const std::shared_ptr<const CutBatch>& batch) {
  for (auto& worker : workers_) (void)worker->push(batch);
}

void ShardWorkers::dispatch(const std::shared_ptr<const ForeignPack>& pack) {
  for (auto& worker : workers_) (void)worker->push(pack);
}

std::shared_ptr<ForeignPack> ShardWorkers::try_take(sharding::PackPtr record) {
  // Charged at least a page, so that queues are bounded in tasks too.
  const std::uint64_t bytes = std::max<std::uint64_t>(record->size(), 4096);
  if (unsealed_full() || !foreign_.try_take(bytes)) return nullptr;
  return std::make_shared<ForeignPack>(std::move(record), foreign_, bytes);
}

bool ShardWorkers::post(ShardId shard, std::function<void(const meter::ShardFold&)> visit) {
  return worker_of(shard).push(
      [shard, visit = std::move(visit)](ShardWorker& worker) { visit(*worker.shards().folds[worker.slot_of(shard)]); });
}

bool ShardWorkers::post_all(const std::function<void(const Shards&)>& visit) {
  bool all = true;
  for (auto& worker : workers_) all = worker->push([visit](ShardWorker& self) { visit(self.shards().folds); }) && all;
  return all;
}

bool ShardWorkers::post_meter(std::string id, std::uint64_t hash, MeterVisit visit) {
  const ShardId shard = shared_.key.shard_of_hash(hash);
  return worker_of(shard).push([shard, id = std::move(id), hash, visit = std::move(visit)](ShardWorker& worker) {
    auto found = worker.meter(shard, id, hash);
    visit(*worker.shards().folds[worker.slot_of(shard)], std::move(found));
  });
}

bool ShardWorkers::post_extension(ShardId shard, std::function<void(meter::ShardFold&, ShardExtension&)> visit) {
  WATTRING_CHECK(shared_.options.extension != nullptr);
  return worker_of(shard).push([shard, visit = std::move(visit)](ShardWorker& worker) {
    const std::size_t slot = worker.slot_of(shard);
    worker.visit_extension(slot, visit);
  });
}

bool ShardWorkers::post_extensions(const std::function<void(meter::ShardFold&, ShardExtension&)>& visit) {
  const auto visit_all = [visit](ShardWorker& worker) {
    for (std::size_t slot = 0; slot < worker.shards().extensions.size(); ++slot) worker.visit_extension(slot, visit);
  };
  bool all = true;
  for (auto& worker : workers_) all = worker->push(visit_all) && all;
  return all;
}

void ShardWorkers::request_retention() {
  for (auto& worker : workers_) (void)worker->push([](ShardWorker& self) { self.sealing().request_retention(); });
}

void ShardWorkers::request_checkpoint() {
  for (auto& worker : workers_) worker->request_checkpoint();
}

void ShardWorkers::request_passivation() {
  for (auto& worker : workers_) (void)worker->push([](ShardWorker& self) { self.residency().sweep(); });
}

void ShardWorkers::publish_sealed() {
  std::uint64_t safe = std::numeric_limits<std::uint64_t>::max();
  for (const auto& worker : workers_) safe = std::min(safe, worker->safe_lsn());
  if (safe > 0 && safe != std::numeric_limits<std::uint64_t>::max()) {
    truncated_before_.store(safe, std::memory_order_relaxed);
    shared_.writer.truncate_before(Lsn{safe});
  }
}

std::size_t ShardWorkers::recovering_workers() const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->is_recovering(); }));
}

std::uint64_t ShardWorkers::meters() const {
  const Holdings now = shared_.totals.now();
  return now.active + now.passivated;
}

}  // namespace wattring::app
