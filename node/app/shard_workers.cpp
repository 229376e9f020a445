// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_workers.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <span>
#include <thread>
#include <variant>

#include "base/bounded_queue.hpp"
#include "base/check.hpp"
#include "node/app/extension_turns.hpp"
#include "node/meter/shard_seal.hpp"
#include "persistence/recovery.hpp"

namespace wattring::app {
namespace {

// Bounded by admission in bytes long before; a batch is charged at least a page.
constexpr std::size_t kQueueTasksMax = std::numeric_limits<std::size_t>::max();
/// Shards of one worker whose seal may be on its way to the disk at once.
constexpr std::size_t kSealsInFlightMax = 4;
constexpr std::size_t kPrefetchAhead = 8;
constexpr std::int64_t kPatienceMs = 200;

struct Visit {
  std::function<void(ExtensionTurns::Shards&, const ExtensionTurns::Extensions&)> visit;
};
struct Retain {
  meter::RetentionDays days;
};
struct Wake {};
using Task = std::variant<std::shared_ptr<const CutBatch>, Visit, Retain, Wake>;

}  // namespace

/// One thread and its shards. Fields are the thread's own unless they say otherwise.
class ShardWorkers::Worker {
 public:
  Worker(ShardWorkers& owner, std::size_t index)
      : owner_(owner), index_(index), queue_(kQueueTasksMax), turns_(shards_, extensions_, owner.disk_, owner.clock_) {
    for (std::size_t shard = index; shard < owner.key_.shard_count(); shard += owner.options_.workers) {
      const ShardId id{static_cast<std::uint16_t>(shard)};
      shards_.push_back(std::make_unique<meter::ShardFold>(id));
      if (owner.options_.extension) extensions_.push_back(owner.options_.extension(id));
    }
  }

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void close(bool checkpoint) {
    checkpoint_at_end_ = checkpoint;
    queue_.close();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool push(Task&& task) { return queue_.try_push(std::move(task)); }
  void request_checkpoint() {
    checkpoint_requested_ = true;
    wake();
  }

  // Any thread.
  std::atomic<std::uint64_t> safe_lsn{0};  ///< records below it hold nothing unsealed of this worker
  std::atomic<std::uint64_t> meters{0};
  std::atomic<std::uint64_t> unsealed_facts{0};
  std::atomic<std::uint64_t> resident_bytes{0};

  [[nodiscard]] meter::ShardFold& shard(ShardId id) { return *shards_[id.value / owner_.options_.workers]; }
  [[nodiscard]] const meter::ShardFold& shard(ShardId id) const { return *shards_[id.value / owner_.options_.workers]; }

 private:
  struct SealInFlight {
    std::optional<std::size_t> shard_slot;  ///< nothing: a retention step, which moves no facts
    std::shared_ptr<std::atomic<int>> slices_left;
    std::shared_ptr<std::atomic<bool>> refused;
  };

  void wake() { (void)queue_.try_push(Wake{}); }

  void run() {
    recover();
    bool idle = false;
    for (;;) {
      auto task = queue_.pop_for(std::chrono::milliseconds(patience_ms(idle)));
      idle = !task;
      if (task) handle(*task);
      if (!task && queue_.closed() && queue_.size() == 0) break;
      collect_seals();
      maybe_start_pass();
      if (sealing_pass_ && (!task || std::chrono::steady_clock::now() >= fold_until_)) seal_next();
      if (!sealing_pass_ && seals_.empty()) retain_next();
      turns_.turn(idle, [this] { return queue_.size() != 0; });
    }
    for (std::size_t slot = 0; slot < shards_.size(); ++slot) turns_.finish(slot);
    if (checkpoint_at_end_) seal_everything();
    publish();
  }

  /// Extensions are looked through only when nothing came the last time: while facts flow they have their own pace.
  [[nodiscard]] std::int64_t patience_ms(bool idle) const {
    const bool busy = sealing_pass_ ? seals_.size() < kSealsInFlightMax : retention_.has_value();
    if (busy) return 0;
    if (extensions_.empty()) return kPatienceMs;
    return idle ? turns_.patience_ms(kPatienceMs) : 0;
  }

  void handle(Task& task) {
    if (auto* batch = std::get_if<std::shared_ptr<const CutBatch>>(&task)) {
      fold(**batch);
    } else if (auto* visit = std::get_if<Visit>(&task)) {
      visit->visit(shards_, extensions_);
    } else if (auto* retain = std::get_if<Retain>(&task)) {
      retention_ = retain->days;
      retention_slot_ = 0;
    }
  }

  void fold(const CutBatch& batch) {
    const std::size_t workers = owner_.options_.workers;
    const auto& runs = batch.batch.runs();
    meter::ShardFold::Applied total;
    for (const CutBatch::Slice& slice : batch.slices) {
      if (slice.shard.value % workers != index_) continue;
      meter::ShardFold& fold = shard(slice.shard);
      const std::size_t bytes_before = fold.pending_bytes();
      const std::size_t meters_before = fold.meters().meter_count();
      const std::size_t facts_before = fold.pending_count();
      const std::uint32_t end = slice.first + slice.count;
      for (std::uint32_t i = slice.first; i < end; ++i) {
        if (i + kPrefetchAhead < end) fold.meters().prefetch(batch.hashes[batch.order[i + kPrefetchAhead]]);
        const auto& run = runs[batch.order[i]];
        const auto applied =
            fold.apply(batch.batch.id(run), batch.hashes[batch.order[i]],
                       std::span(batch.batch.facts()).subspan(run.first_fact, run.fact_count), batch.lsn);
        total.facts += applied.facts;
        total.duplicates += applied.duplicates;
        if (!batch.batch.texts().empty()) fold_texts(fold, batch, run);
      }
      fold.cover(batch.writer, slice.sequence, batch.lsn);
      charge(fold.pending_bytes() - bytes_before);
      meters.fetch_add(fold.meters().meter_count() - meters_before, std::memory_order_relaxed);
      unsealed_facts.fetch_add(fold.pending_count() - facts_before, std::memory_order_relaxed);
    }
    owner_.facts_.add(total.facts);
    owner_.duplicates_.add(total.duplicates);
    applied_lsn_ = batch.lsn;
    journal_bytes_ += batch.record_bytes;
  }

  static void fold_texts(meter::ShardFold& fold, const CutBatch& batch, const gateway::Batch::MeterRun& run) {
    for (std::uint32_t f = run.first_fact; f < run.first_fact + run.fact_count; ++f) {
      const auto text = batch.batch.texts().find(batch.batch.facts()[f].value);
      if (text != batch.batch.texts().end()) fold.apply_text(text->second);
    }
  }

  /// unsealed_bytes_ is a sum over workers of what their pending lists hold; wrapping differences cancel out.
  void charge(std::size_t difference) { owner_.unsealed_bytes_.fetch_add(difference, std::memory_order_relaxed); }

  void count() {
    std::uint64_t all_meters = 0;
    std::uint64_t all_facts = 0;
    std::uint64_t all_bytes = 0;
    for (const auto& fold : shards_) {
      all_meters += fold->meters().meter_count();
      all_facts += fold->pending_count();
      all_bytes += fold->resident_bytes();
    }
    meters.store(all_meters, std::memory_order_relaxed);
    unsealed_facts.store(all_facts, std::memory_order_relaxed);
    resident_bytes.store(all_bytes, std::memory_order_relaxed);
  }

  // --- sealing ---

  void maybe_start_pass() {
    if (sealing_pass_ || !recovered_) return;
    const std::uint64_t share = owner_.options_.unsealed_bytes_max / 2;
    const bool too_much = owner_.unsealed_bytes() > share || journal_bytes_ > owner_.options_.journal_bytes_max / 2;
    if (!too_much && !checkpoint_requested_.exchange(false)) return;
    if (writer_refused_until_ > std::chrono::steady_clock::now()) return;
    sealing_pass_ = true;
    journal_bytes_ = 0;
    next_slot_ = 0;
  }

  void seal_next() {
    if (seals_.size() >= kSealsInFlightMax) return;
    while (next_slot_ < shards_.size() && !shards_[next_slot_]->can_begin_seal()) ++next_slot_;
    if (next_slot_ < shards_.size()) {
      const auto began = std::chrono::steady_clock::now();
      start_seal(next_slot_++);
      const auto ended = std::chrono::steady_clock::now();
      fold_until_ = ended + (ended - began);
    } else if (seals_.empty()) {
      sealing_pass_ = false;
      publish();
    }
  }

  void start_seal(std::size_t slot) {
    turns_.finish(slot);
    meter::ShardFold& fold = *shards_[slot];
    SealInFlight seal{slot, std::make_shared<std::atomic<int>>(1), std::make_shared<std::atomic<bool>>(false)};
    fold.begin_seal(applied_lsn_);
    std::vector<std::string> damaged;
    auto disk = owner_.disk_.read();
    Result<meter::SealStats> sealed = Failure(disk ? Error{} : disk.error());
    if (disk) {
      const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) { return send(std::move(slice), seal); };
      sealed = meter::seal_shard(fold, **disk, sink, damaged);
    }
    report(damaged);
    if (sealed) {
      owner_.sealed_facts_.add(sealed->facts);
      owner_.duplicates_.add(sealed->duplicates);
      owner_.conflicts_.add(sealed->conflicts);
      owner_.chunks_.add(sealed->chunks);
    } else {
      owner_.log_->warn("seal_failed", "shard " + std::to_string(fold.shard().value) + ": " + sealed.error().text());
      *seal.refused = true;
    }
    --*seal.slices_left;
    seals_.push_back(std::move(seal));
  }

  /// Hands a slice to the journal writer, waiting while its queue is full: the disk sets the pace of sealing.
  Result<void> send(std::vector<persistence::OwnedOp>&& slice, const SealInFlight& seal) {
    ++*seal.slices_left;
    const auto done = [this, left = seal.slices_left, refused = seal.refused](const persistence::CommitResult& result) {
      if (result.status != persistence::CommitStatus::committed) *refused = true;
      if (--*left == 0) wake();
    };
    for (;;) {
      auto copy = slice;
      auto queued = owner_.writer_.write(std::move(copy), done);
      if (queued) return queued;
      if (queued.error().code != ErrorCode::busy || stopping()) {
        --*seal.slices_left;
        return queued;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  [[nodiscard]] bool stopping() const { return owner_.writer_.failed(); }

  void collect_seals() {
    std::erase_if(seals_, [&](const SealInFlight& seal) {
      if (*seal.slices_left != 0) return false;
      if (!seal.shard_slot) return true;
      meter::ShardFold& fold = *shards_[*seal.shard_slot];
      const std::size_t before = fold.pending_bytes();
      if (*seal.refused) {
        fold.abandon_seal();
        // Full disk: try again in a while instead of at once.
        writer_refused_until_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        next_slot_ = shards_.size();
      } else {
        fold.finish_seal();
      }
      charge(fold.pending_bytes() - before);
      return true;
    });
  }

  // --- retention ---

  void retain_next() {
    if (!retention_ || !recovered_) return;
    if (retention_slot_ == shards_.size()) {
      retention_.reset();
      return;
    }
    const meter::ShardFold& fold = *shards_[retention_slot_++];
    SealInFlight step{std::nullopt, std::make_shared<std::atomic<int>>(1), std::make_shared<std::atomic<bool>>(false)};
    auto disk = owner_.disk_.read();
    if (!disk) return;
    const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) -> Result<void> {
      if (slice.empty()) return {};
      return send(std::move(slice), step);
    };
    const auto done = meter::apply_retention(fold, owner_.key_, **disk, *retention_, sink);
    if (done) owner_.dropped_.add(done->chunks_dropped);
    if (!done) owner_.log_->warn("retention_failed", done.error().text());
    --*step.slices_left;
    seals_.push_back(std::move(step));
  }

  void seal_everything() {
    for (std::size_t slot = 0; slot < shards_.size() && !stopping();) {
      collect_seals();
      if (seals_.size() >= kSealsInFlightMax) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      if (shards_[slot]->can_begin_seal()) start_seal(slot);
      ++slot;
    }
    while (!seals_.empty()) {
      collect_seals();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void publish() {
    std::uint64_t safe = applied_lsn_.value + 1;
    for (const auto& fold : shards_) safe = std::min(safe, fold->first_unsealed().value);
    safe_lsn = safe;
    count();
    owner_.publish_sealed();
  }

  // --- recovery ---

  void recover() {
    std::vector<std::string> damaged;
    auto disk = owner_.disk_.read();
    if (!disk) {
      owner_.log_->error("recovery_failed", disk.error().text());
    } else {
      for (auto& fold : shards_) {
        auto recovered = fold->recover(**disk, owner_.key_, damaged);
        if (!recovered) damaged.push_back(recovered.error().text());
      }
      for (std::size_t slot = 0; slot < extensions_.size(); ++slot)
        extensions_[slot]->recovered(*shards_[slot], **disk);
      replay(**disk, damaged);
    }
    report(damaged);
    count();
    recovered_ = true;
    --owner_.recovering_;
  }

  void replay(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged) {
    const auto on_entry = [&](Lsn lsn, const persistence::EntryView& entry) {
      applied_lsn_ = lsn;
      if (entry.shard.value % owner_.options_.workers != index_ || entry.shard.value >= owner_.key_.shard_count())
        return;
      meter::ShardFold& fold = shard(entry.shard);
      if (lsn <= fold.sealed_up_to()) return;
      const std::size_t before = fold.pending_bytes();
      const auto applied = fold.apply_entry(entry.payload, owner_.key_, lsn);
      if (!applied) {
        fold.mark_incomplete();
        damaged.push_back("record " + std::to_string(lsn.value) + ": " + applied.error().text());
        return;
      }
      fold.cover(entry.writer, entry.sequence, lsn);
      owner_.replayed_.add(applied->facts);
      charge(fold.pending_bytes() - before);
    };
    const auto on_damage = [&](const persistence::Damage& damage) {
      if (index_ == 0) damaged.push_back(damage.error.text());
      for (auto& fold : shards_)
        if (!damage.entry || damage.entry->shard == fold->shard()) fold->mark_incomplete();
    };
    const auto read = persistence::read_tail(disk, Lsn{0}, on_entry, on_damage);
    if (!read) damaged.push_back(read.error().text());
  }

  void report(const std::vector<std::string>& damaged) {
    owner_.damaged_.add(damaged.size());
    for (const std::string& what : damaged)
      owner_.log_->error("corrupt_value", what + " does not verify and was left out");
  }

  ShardWorkers& owner_;
  const std::size_t index_;
  BoundedQueue<Task> queue_;                       // any thread
  std::atomic<bool> checkpoint_requested_{false};  // any thread
  std::atomic<bool> checkpoint_at_end_{false};     // any thread
  ExtensionTurns::Extensions
      extensions_;  ///< by slot; empty without a factory. Outlive the folds that use their gates.
  Shards shards_;
  ExtensionTurns turns_;
  Lsn applied_lsn_{0};
  bool recovered_ = false;
  bool sealing_pass_ = false;
  std::size_t next_slot_ = 0;
  std::vector<SealInFlight> seals_;
  std::optional<meter::RetentionDays> retention_;
  std::size_t retention_slot_ = 0;
  std::uint64_t journal_bytes_ = 0;
  std::chrono::steady_clock::time_point writer_refused_until_{};
  /// While batches and questions wait, sealing takes at most half of the time: they come first until then.
  std::chrono::steady_clock::time_point fold_until_{};
  std::thread thread_;
};

ShardWorkers::ShardWorkers(Options options, const sharding::ShardKey& key, const persistence::Journal& disk,
                           persistence::JournalWriter& writer, const Clock& clock, Metrics& metrics,
                           std::shared_ptr<Log> log)
    : options_(options),
      key_(key),
      disk_(disk),
      writer_(writer),
      clock_(clock),
      log_(std::move(log)),
      facts_(metrics.counter("wattring_facts_folded_total", "Facts folded, repeats included")),
      duplicates_(metrics.counter("wattring_duplicate_facts_total", "Facts that were there already")),
      sealed_facts_(metrics.counter("wattring_sealed_facts_total", "Facts moved from the journal into chunks")),
      conflicts_(
          metrics.counter("wattring_conflicting_facts_total", "Facts that claim another value for the same key")),
      chunks_(metrics.counter("wattring_chunks_written_total", "Chunks written by sealing")),
      damaged_(metrics.counter("wattring_corrupt_values_total", "Stored values that did not verify and were left out")),
      replayed_(metrics.counter("wattring_replayed_facts_total", "Facts folded again from the journal at start")),
      dropped_(metrics.counter("wattring_retention_chunks_total", "Chunks of readings dropped by retention")) {
  WATTRING_CHECK(options.workers >= 1);
  for (std::size_t w = 0; w < options.workers; ++w) workers_.push_back(std::make_unique<Worker>(*this, w));
}

ShardWorkers::~ShardWorkers() {
  stop(false);
}

void ShardWorkers::start() {
  recovering_ = workers_.size();
  for (auto& worker : workers_) worker->start();
}

void ShardWorkers::stop(bool checkpoint) {
  for (auto& worker : workers_) worker->close(checkpoint);
  for (auto& worker : workers_) worker->join();
}

void ShardWorkers::dispatch(std::shared_ptr<const CutBatch> batch) {
  for (auto& worker : workers_) (void)worker->push(batch);
}

bool ShardWorkers::post(ShardId shard, std::function<void(const meter::ShardFold&)> visit) {
  const std::size_t slot = shard.value / options_.workers;
  return workers_[shard.value % options_.workers]->push(
      Visit{[slot, visit = std::move(visit)](const Shards& shards, const auto&) { visit(*shards[slot]); }});
}

bool ShardWorkers::post_extension(ShardId shard, std::function<void(meter::ShardFold&, ShardExtension&)> visit) {
  WATTRING_CHECK(options_.extension != nullptr);
  const std::size_t slot = shard.value / options_.workers;
  return workers_[shard.value % options_.workers]->push(
      Visit{[slot, visit = std::move(visit)](Shards& shards, const auto& extensions) {
        visit(*shards[slot], *extensions[slot]);
      }});
}

bool ShardWorkers::post_extensions(const std::function<void(meter::ShardFold&, ShardExtension&)>& visit) {
  bool all = true;
  for (auto& worker : workers_)
    all = worker->push(Visit{[visit](Shards& shards, const auto& extensions) {
      for (std::size_t slot = 0; slot < extensions.size(); ++slot) visit(*shards[slot], *extensions[slot]);
    }}) && all;
  return all;
}

bool ShardWorkers::post_all(const std::function<void(const Shards&)>& visit) {
  bool all = true;
  for (auto& worker : workers_)
    all = worker->push(Visit{[visit](const Shards& shards, const auto&) { visit(shards); }}) && all;
  return all;
}

void ShardWorkers::request_retention(const meter::RetentionDays& days) {
  for (auto& worker : workers_) (void)worker->push(Retain{days});
}

void ShardWorkers::request_checkpoint() {
  for (auto& worker : workers_) worker->request_checkpoint();
}

void ShardWorkers::publish_sealed() {
  std::uint64_t safe = std::numeric_limits<std::uint64_t>::max();
  for (const auto& worker : workers_) safe = std::min(safe, worker->safe_lsn.load());
  if (safe > 0 && safe != std::numeric_limits<std::uint64_t>::max()) {
    truncated_before_.store(safe, std::memory_order_relaxed);
    writer_.truncate_before(Lsn{safe});
  }
}

std::uint64_t ShardWorkers::unsealed_facts() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->unsealed_facts.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t ShardWorkers::meters() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->meters.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t ShardWorkers::resident_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->resident_bytes.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace wattring::app
