// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/holdings.hpp"
#include "node/app/log_reader.hpp"
#include "node/app/shard_import.hpp"
#include "node/app/shard_workers.hpp"
#include "node/meter/shard_export.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/recovery.hpp"

namespace wattring::app {

/// The disk side of one node, without anybody who decides what to do: journal writer and shard workers over any
/// journal. Each call waits for its outcome.
class DiskNode {
 public:
  DiskNode(persistence::Journal& disk, const sharding::ShardKey& key, ShardWorkers::Options options)
      : disk_(disk), key_(key), options_(std::move(options)) {
    start();
  }
  ~DiskNode() { stop(false); }
  DiskNode(const DiskNode&) = delete;
  DiskNode& operator=(const DiskNode&) = delete;

  void start() {
    const auto next = persistence::next_lsn(**disk_.read());
    persistence::JournalWriter::Options writer_options;
    writer_options.reserve_bytes = 0;
    parts_ = std::make_unique<Parts>();
    parts_->writer = std::make_unique<persistence::JournalWriter>(disk_, *next, writer_options, clock_, parts_->metrics,
                                                                  Log::silent());
    parts_->workers =
        std::make_unique<ShardWorkers>(options_, key_, disk_, *parts_->writer, clock_, parts_->metrics, Log::silent());
    parts_->writer->start();
    parts_->workers->start();
  }
  /// checkpoint = false is a crash: what was pending in memory is gone.
  void stop(bool checkpoint) {
    if (!parts_) return;
    parts_->workers->stop(checkpoint);
    parts_->writer->stop();
    parts_.reset();
  }

  bool append(const sharding::PackPtr& record) {
    auto pack = workers().try_take(record);
    if (!pack) return false;
    const auto done = std::make_shared<std::promise<bool>>();
    auto outcome = done->get_future();
    auto queued = writer().append(*record, [this, done, pack](const persistence::Appended& appended) {
      const bool committed = appended.status == persistence::CommitStatus::committed;
      if (committed) {
        pack->lsn = appended.lsn;
        workers().dispatch(pack);
      }
      done->set_value(committed);
    });
    return queued && outcome.get();
  }

  /// What a start would claim now.
  [[nodiscard]] sharding::Coverage claimed(ShardId shard) const {
    const auto found = recover_holdings(**disk_.read(), key_.shard_count());
    for (const auto& held : found->held)
      if (held.shard == shard) return held.coverage;
    return {};
  }
  [[nodiscard]] Result<LogReader::Answer> pull(const sharding::message::Pull& pull) const {
    return LogReader(disk_, recover_holdings(**disk_.read(), key_.shard_count())->index).answer(pull);
  }

  Result<meter::ShardExport> open_export(ShardId shard) {
    auto snapshot = ask<std::unique_ptr<persistence::ReadTransaction>>(
        [&](auto done) { return workers().post_export(shard, std::move(done)); });
    if (!snapshot) return Failure(snapshot.error());
    return meter::ShardExport::open(std::move(*snapshot), shard);
  }
  /// Everything of the shard that `from` has sealed; the claim, when it is on the disk.
  std::optional<sharding::Coverage> fetch(DiskNode& from, ShardId shard, const WriterId& transfer) {
    auto source = from.open_export(shard);
    if (!source) return std::nullopt;
    ShardImport target(shard, transfer, key_);
    for (std::uint64_t number = 1;; ++number) {
      const auto part = source->part(number);
      if (!part) return std::nullopt;
      if (!*part) break;
      const auto record = target.stage(**part);
      if (!record || !append(*record)) return std::nullopt;
    }
    const auto record = target.claim(source->claim());
    if (!record || !append(*record)) return std::nullopt;
    return source->claim().coverage;
  }
  Result<void> drop(ShardId shard, const sharding::Coverage& confirmed) {
    return ask<void>([&](auto done) { return workers().post_drop(shard, confirmed, std::move(done)); });
  }

  /// Nothing of the shard is under way any more. False: the disk does not take what would have to be written.
  bool settle(ShardId shard) {
    for (;;) {
      const auto settling = std::make_shared<std::promise<bool>>();
      if (!workers().post(shard, [settling](const meter::ShardFold& fold) { settling->set_value(fold.is_settling()); }))
        return false;
      if (!settling->get_future().get()) return true;
      if (writer().failed()) return false;
      std::this_thread::yield();
    }
  }
  Result<meter::ShardDigest> digest(ShardId shard) {
    return ask<meter::ShardDigest>([&](auto done) { return workers().post_digest(shard, std::move(done)); });
  }

  ShardWorkers::Content content(ShardId shard) {
    const auto answer = std::make_shared<std::promise<ShardWorkers::Content>>();
    if (!workers().post_content(shard, [answer](const auto& content) { answer->set_value(content); })) return {};
    return answer->get_future().get();
  }

  ShardWorkers& workers() { return *parts_->workers; }
  persistence::JournalWriter& writer() { return *parts_->writer; }

 private:
  struct Parts {
    Metrics metrics;
    std::unique_ptr<persistence::JournalWriter> writer;
    std::unique_ptr<ShardWorkers> workers;
  };
  template <class T, class Post>
  static Result<T> ask(const Post& post) {
    const auto answer = std::make_shared<std::promise<Result<T>>>();
    if (!post([answer](Result<T> result) { answer->set_value(std::move(result)); }))
      return fail(ErrorCode::busy, "stopped");
    return answer->get_future().get();
  }

  persistence::Journal& disk_;
  const sharding::ShardKey& key_;
  const ShardWorkers::Options options_;
  SystemClock clock_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace wattring::app
