// SPDX-License-Identifier: Apache-2.0
#include "persistence/group_commit.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"
#include "persistence/recovery.hpp"

namespace wattring::persistence {
namespace {

Failure after_failure() {
  return fail(ErrorCode::unknown_outcome, "a commit of the journal failed and nothing more is written",
              "the node must be restarted");
}

std::size_t bytes_of(const std::vector<OwnedOp>& slice) {
  std::size_t bytes = 0;
  for (const OwnedOp& op : slice) bytes += op.key.size() + op.value.size();
  return bytes;
}

}  // namespace

GroupCommit::GroupCommit(Lsn first, Lsn next, GroupCommitLimits limits)
    : limits_(limits), first_(first), next_(next), truncate_upto_(first), group_truncate_to_(first) {
  WATTRING_CHECK(first.value > 0 && first <= next);
}

Result<void> GroupCommit::append(std::string&& record) {
  if (failed_) return after_failure();
  if (reserve_reached_)
    return fail(ErrorCode::no_space, "the disk reserve is reached", "free space on the volume; retry later");
  if (records_.size() >= limits_.queue_records_max)
    return fail(ErrorCode::busy, "the journal's queue of " + std::to_string(limits_.queue_records_max) + " is full",
                "retry later");
  // Sealing for no place yet costs a hash of the directory, and proves that begin() cannot meet a non-record.
  if (auto sealed = seal_record(record, Lsn{0}); !sealed) return sealed;
  records_.push_back(std::move(record));
  return {};
}

Result<void> GroupCommit::write(std::vector<OwnedOp>&& slice) {
  if (failed_) return after_failure();
  if (slices_.size() >= limits_.queue_slices_max)
    return fail(ErrorCode::busy, "the journal's queue of slices is full", "retry later");
  if (bytes_of(slice) > limits_.group_bytes_max)
    return fail(ErrorCode::invalid_argument, "a slice of " + std::to_string(bytes_of(slice)) + " bytes; at most " +
                                                 std::to_string(limits_.group_bytes_max) + " go into one transaction");
  for (const OwnedOp& op : slice) {
    if (op.table == Table::journal) return fail(ErrorCode::invalid_argument, "a slice may not touch the journal table");
    if (auto problem = problem_of({op.kind, op.table, op.key, op.value})) return Failure(std::move(*problem));
  }
  slices_.push_back(std::move(slice));
  return {};
}

void GroupCommit::truncate_before(Lsn upto) {
  truncate_upto_ = std::max(truncate_upto_, std::min(upto, next_));
}

bool GroupCommit::has_work() const {
  return !failed_ && (!records_.empty() || !slices_.empty() || truncate_upto_ > first_);
}

bool GroupCommit::begin() {
  WATTRING_CHECK(!in_flight_);
  if (!has_work()) return false;
  std::size_t bytes = 0;
  while (!records_.empty() && (bytes == 0 || bytes + records_.front().size() <= limits_.group_bytes_max)) {
    bytes += records_.front().size();
    group_records_.push_back(std::move(records_.front()));
    records_.pop_front();
  }
  group_has_slice_ = !slices_.empty();
  if (group_has_slice_) {
    group_slice_ = std::move(slices_.front());
    slices_.pop_front();
  }
  const std::uint64_t step = std::max(limits_.truncate_step_records, 2 * group_records_.size());
  group_truncate_to_ = Lsn{std::min(truncate_upto_.value, first_.value + step)};
  in_flight_ = true;
  return true;
}

std::span<const WriteOp> GroupCommit::ops() {
  WATTRING_CHECK(in_flight_);
  ops_.clear();
  keys_.clear();
  // Views into keys_ must stay.
  keys_.reserve(group_records_.size() + (group_truncate_to_.value - first_.value));
  for (std::size_t i = 0; i < group_records_.size(); ++i) {
    const Lsn lsn{next_.value + i};
    WATTRING_CHECK(seal_record(group_records_[i], lsn).has_value());
    ops_.push_back({WriteOp::Kind::append, Table::journal, keys_.emplace_back(journal_key(lsn)), group_records_[i]});
  }
  for (const OwnedOp& op : group_slice_) ops_.push_back({op.kind, op.table, op.key, op.value});
  if (group_truncate_to_ > first_) add_truncation();
  return ops_;
}

void GroupCommit::add_truncation() {
  for (std::uint64_t lsn = first_.value; lsn < group_truncate_to_.value; ++lsn)
    ops_.push_back({WriteOp::Kind::erase, Table::journal, keys_.emplace_back(journal_key(Lsn{lsn})), {}});
  std::string payload;
  ByteWriter(payload).u64_be(group_truncate_to_.value);
  truncated_before_ = seal_value(payload, position_of(kTruncatedBeforeName));
  ops_.push_back({WriteOp::Kind::put, Table::meta, kTruncatedBeforeName, truncated_before_});
}

GroupCommit::Completed GroupCommit::complete(const CommitResult& result) {
  WATTRING_CHECK(in_flight_);
  Completed out{result.status, next_, group_records_.size(), 0, group_has_slice_ ? std::size_t{1} : 0, result.error};
  for (const std::string& record : group_records_) out.record_bytes += record.size();
  if (result.status == CommitStatus::committed) {
    next_ = Lsn{next_.value + group_records_.size()};
    first_ = group_truncate_to_;
  } else if (group_truncate_to_ > first_) {
    // Not tried again by itself: the next checkpoint asks anew, and a loop of failing transactions helps nobody.
    truncate_upto_ = first_;
  }
  failed_ = failed_ || result.status == CommitStatus::unknown;
  in_flight_ = false;
  group_records_.clear();
  group_slice_.clear();
  ops_.clear();
  return out;
}

GroupCommit::Completed GroupCommit::fail_queued(CommitStatus status, Error error) {
  Completed out{status, next_, records_.size(), 0, slices_.size(), std::move(error)};
  records_.clear();
  slices_.clear();
  return out;
}

}  // namespace wattring::persistence
