// SPDX-License-Identifier: Apache-2.0
#include "persistence/journal_writer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/units.hpp"
#include "persistence/recovery.hpp"

namespace wattring::persistence {
namespace {

constexpr std::uint64_t kReserveBytesMax = std::uint64_t{16} << 30U;

Lsn first_of(const Journal& journal, Lsn next) {
  const auto snapshot = journal.read();
  if (!snapshot) return next;
  const auto first = first_lsn(**snapshot);
  return first ? std::clamp(*first, Lsn{1}, next) : next;
}

GroupCommitLimits limits_of(const JournalWriter::Options& options) {
  GroupCommitLimits limits;
  limits.queue_records_max = options.queue_records_max;
  limits.group_bytes_max = options.group_bytes_max;
  return limits;
}

Failure stopped() {
  return fail(ErrorCode::busy, "the journal's writer has stopped", "the node is going down");
}

}  // namespace

std::uint64_t default_reserve_bytes(std::uint64_t disk_bytes) {
  return std::clamp(disk_bytes / 20, 256 * kMiB, kReserveBytesMax);
}

bool reserve_is_reached(const JournalUsage& usage, std::uint64_t reserve_bytes, bool reached) {
  const std::uint64_t growth = usage.map_bytes > usage.file_bytes ? usage.map_bytes - usage.file_bytes : 0;
  const std::uint64_t room = usage.reusable_bytes + std::min(usage.disk_free_bytes, growth);
  const std::uint64_t wanted = reached ? reserve_bytes + reserve_bytes / 8 : reserve_bytes;
  // File systems that copy on write need free blocks even to overwrite; so does the log of everything else.
  const std::uint64_t disk_floor = std::min(reserve_bytes / 4, 16 * kMiB);
  return room < wanted || usage.disk_free_bytes < disk_floor;
}

struct JournalWriter::Instruments {
  explicit Instruments(Metrics& metrics)
      : commit_seconds(metrics.histogram("wattring_journal_commit_seconds", "Time of one synced journal transaction")),
        commits(metrics.counter("wattring_journal_commits_total", "Journal transactions committed")),
        failures(metrics.counter("wattring_journal_commit_failures_total", "Journal transactions refused or unknown")),
        records(metrics.counter("wattring_journal_records_total", "Records committed to the journal")),
        record_bytes(metrics.counter("wattring_journal_record_bytes_total", "Bytes of records committed")),
        used(bytes(metrics, "used")),
        map(bytes(metrics, "map")),
        reusable(bytes(metrics, "reusable")),
        on_disk(bytes(metrics, "on_disk")),
        reader_lag(metrics.gauge("wattring_journal_oldest_reader_lag",
                                 "Transactions committed since the oldest open snapshot was taken")),
        reserve(
            metrics.gauge("wattring_disk_reserve", "1 while the disk reserve is reached and readings are refused")) {}

  static Gauge& bytes(Metrics& metrics, std::string_view kind) {
    return metrics.gauge("wattring_journal_bytes", "Size of the journal", "kind=\"" + std::string(kind) + "\"");
  }

  DurationHistogram& commit_seconds;
  Counter& commits;
  Counter& failures;
  Counter& records;
  Counter& record_bytes;
  Gauge& used;
  Gauge& map;
  Gauge& reusable;
  Gauge& on_disk;
  Gauge& reader_lag;
  Gauge& reserve;
};

JournalWriter::JournalWriter(Journal& journal, Lsn next, Options options, Clock& clock, Metrics& metrics,
                             std::shared_ptr<Log> log)
    : journal_(journal),
      options_(std::move(options)),
      clock_(clock),
      instruments_(std::make_unique<Instruments>(metrics)),
      log_(std::move(log)),
      group_(first_of(journal, next), next, limits_of(options_)) {}

JournalWriter::~JournalWriter() {
  stop();
}

void JournalWriter::start() {
  std::unique_lock lock(mutex_);
  if (started_ || stopping_) return;
  started_ = true;
  look_at_disk(lock);
  thread_ = std::thread([this] { run(); });
}

void JournalWriter::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (!started_ && !ended_) {
    ended_ = true;
    finish(group_.fail_queued(CommitStatus::refused, stopped().value()), lock);
  }
  std::thread thread = std::move(thread_);
  lock.unlock();
  work_.notify_all();
  if (thread.joinable()) thread.join();
}

Lsn JournalWriter::next_lsn() const {
  const std::lock_guard lock(mutex_);
  return group_.next_lsn();
}

Result<void> JournalWriter::append(std::string record, std::function<void(const Appended&)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return stopped();
    if (auto queued = group_.append(std::move(record)); !queued) return queued;
    append_done_.push_back(std::move(done));
  }
  work_.notify_one();
  return {};
}

Result<void> JournalWriter::write(std::vector<OwnedOp> slice, std::function<void(const CommitResult&)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return stopped();
    if (auto queued = group_.write(std::move(slice)); !queued) return queued;
    slice_done_.push_back(std::move(done));
  }
  work_.notify_one();
  return {};
}

void JournalWriter::truncate_before(Lsn upto) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    group_.truncate_before(upto);
  }
  work_.notify_one();
}

void JournalWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const std::chrono::nanoseconds patience(std::max<std::int64_t>(next_look_ns_ - clock_.monotonic_ns(), 0));
    work_.wait_for(lock, patience, [&] { return stopping_ || group_.has_work(); });
    if (group_.has_work()) {
      turn(lock);
    } else if (stopping_) {
      break;
    }
    if (look_is_due()) look_at_disk(lock);
  }
  ended_ = true;
}

void JournalWriter::turn(std::unique_lock<std::mutex>& lock) {
  if (!group_.begin()) return;
  lock.unlock();
  const std::int64_t began_ns = clock_.monotonic_ns();
  const CommitResult result = journal_.commit(group_.ops());
  instruments_->commit_seconds.record_ns(static_cast<std::uint64_t>(clock_.monotonic_ns() - began_ns));
  lock.lock();
  const auto completed = group_.complete(result);
  if (completed.status != CommitStatus::unknown) {
    finish(completed, lock);
    return;
  }
  failed_.store(true, std::memory_order_relaxed);
  finish(completed, lock);
  finish(group_.fail_queued(CommitStatus::unknown, completed.error), lock);
}

// Calls back without the lock: what runs there may append again.
void JournalWriter::finish(const GroupCommit::Completed& completed, std::unique_lock<std::mutex>& lock) {
  std::vector<std::function<void(const Appended&)>> appends;
  appends.reserve(completed.records);
  for (std::size_t i = 0; i < completed.records; ++i) {
    appends.push_back(std::move(append_done_.front()));
    append_done_.pop_front();
  }
  std::vector<std::function<void(const CommitResult&)>> slices;
  for (std::size_t i = 0; i < completed.slices; ++i) {
    slices.push_back(std::move(slice_done_.front()));
    slice_done_.pop_front();
  }
  lock.unlock();
  if (completed.status == CommitStatus::committed) {
    instruments_->commits.add();
    instruments_->records.add(completed.records);
    instruments_->record_bytes.add(completed.record_bytes);
    bytes_since_look_ += completed.record_bytes;
  } else {
    instruments_->failures.add();
    // A full map or disk is looked at now, not in a second.
    if (completed.error.code == ErrorCode::no_space) next_look_ns_ = 0;
    log_->error(completed.status == CommitStatus::unknown ? "journal_commit_unknown" : "journal_commit_refused",
                completed.error.text());
  }
  Appended outcome{completed.status, completed.first, completed.error};
  for (const auto& done : appends) {
    if (done) done(outcome);
    ++outcome.lsn.value;
  }
  for (const auto& done : slices)
    if (done) done(CommitResult{completed.status, completed.error});
  lock.lock();
}

bool JournalWriter::look_is_due() const {
  return clock_.monotonic_ns() >= next_look_ns_ || bytes_since_look_ > reserve_bytes_ / 4;
}

void JournalWriter::look_at_disk(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  next_look_ns_ = clock_.monotonic_ns() + options_.usage_check_interval_ms * 1'000'000;
  bytes_since_look_ = 0;
  const auto usage = journal_.usage();
  bool reached = reserve_reached();
  if (usage) {
    reserve_bytes_ = options_.reserve_bytes.value_or(default_reserve_bytes(usage->disk_bytes));
    show(*usage);
    reached = reserve_is_reached(*usage, reserve_bytes_, reached);
    if (options_.on_usage) options_.on_usage(*usage, reserve_bytes_);
  } else {
    log_->warn("journal_usage_failed", usage.error().text());
  }
  lock.lock();
  set_reserve_reached(reached);
}

void JournalWriter::show(const JournalUsage& usage) {
  instruments_->used.set(static_cast<double>(usage.used_bytes));
  instruments_->map.set(static_cast<double>(usage.map_bytes));
  instruments_->reusable.set(static_cast<double>(usage.reusable_bytes));
  instruments_->on_disk.set(static_cast<double>(usage.file_bytes));
  instruments_->reader_lag.set(static_cast<double>(usage.oldest_reader_lag));
}

void JournalWriter::set_reserve_reached(bool reached) {
  group_.set_reserve_reached(reached);
  if (reserve_reached_.exchange(reached, std::memory_order_relaxed) == reached) return;
  instruments_->reserve.set(reached ? 1 : 0);
  if (reached) {
    log_->error("disk_reserve_reached",
                "less than " + std::to_string(reserve_bytes_) +
                    " bytes are left for the journal: readings are refused until there is room");
  } else {
    log_->info("disk_reserve_left", "there is room for the journal again: readings are accepted");
  }
}

}  // namespace wattring::persistence
