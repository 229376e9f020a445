// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "node/app/shard_workers.hpp"

/// Whole shards on their way in and out.

namespace wattring::app {

bool ShardWorkers::post_export(ShardId shard, ShardSealing::HandedOver done) {
  return worker_of(shard).push([shard, done = std::move(done)](ShardWorker& worker) {
    worker.sealing().hand_over(worker.slot_of(shard), done);
  });
}

bool ShardWorkers::post_drop(ShardId shard, sharding::Coverage confirmed, ShardDrops::Done done) {
  return worker_of(shard).push([shard, confirmed = std::move(confirmed), done = std::move(done)](ShardWorker& worker) {
    worker.drops().drop(worker.slot_of(shard), confirmed, done);
  });
}

void ShardWorkers::abandon_transfer(ShardId shard) {
  (void)worker_of(shard).push([shard](ShardWorker& worker) { worker.arrivals().forget_staged(worker.slot_of(shard)); });
}

bool ShardWorkers::post_digest(ShardId shard, std::function<void(Result<meter::ShardDigest>)> done) {
  return worker_of(shard).push([this, shard, done = std::move(done)](ShardWorker& worker) {
    auto disk = shared_.disk.read();
    const meter::ShardFold& fold = *worker.shards().folds[worker.slot_of(shard)];
    done(disk ? meter::digest_of(fold, **disk) : Failure(disk.error()));
  });
}

bool ShardWorkers::post_content(ShardId shard, std::function<void(const Content&)> done) {
  return worker_of(shard).push([this, shard, done = std::move(done)](ShardWorker& worker) {
    const meter::ShardFold& fold = *worker.shards().folds[worker.slot_of(shard)];
    if (!fold.complete() || !fold.quarantined().empty()) return done(std::nullopt);
    auto disk = shared_.disk.read();
    const auto digest = disk ? meter::digest_of(fold, **disk) : Failure(disk.error());
    if (!digest && digest.error().code == ErrorCode::corrupt && shared_.options.on_damaged)
      shared_.options.on_damaged(shard);
    if (!digest) return done(std::nullopt);
    done(sharding::ContentDigest{fold.coverage().hash(), digest->facts, digest->high, digest->low});
  });
}

}  // namespace wattring::app
