// SPDX-License-Identifier: Apache-2.0
#include "tests/support/faulty_journal.hpp"

#include <algorithm>

namespace wattring::test {

using persistence::CommitResult;
using persistence::CommitStatus;
using persistence::MemoryJournal;
using persistence::Table;
using persistence::WriteOp;

namespace {

/// A snapshot of which one table cannot be read.
class HoledRead final : public persistence::ReadTransaction {
 public:
  HoledRead(std::unique_ptr<ReadTransaction> inner, Table hole) : inner_(std::move(inner)), hole_(hole) {}
  [[nodiscard]] Result<std::string_view> get(Table table, std::string_view key) const override {
    return table == hole_ ? Result<std::string_view>(unreadable()) : inner_->get(table, key);
  }
  [[nodiscard]] Result<void> scan(Table table, std::string_view from, const Visitor& visit) const override {
    return table == hole_ ? Result<void>(unreadable()) : inner_->scan(table, from, visit);
  }
  [[nodiscard]] Result<std::string_view> last_key(Table table) const override { return inner_->last_key(table); }

 private:
  static Failure unreadable() { return fail(ErrorCode::io, "input/output error"); }
  const std::unique_ptr<ReadTransaction> inner_;
  const Table hole_;
};

}  // namespace

void FaultyJournal::fail_commit(std::uint64_t nth, Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_[commits_ + nth] = fault;
}

void FaultyJournal::refuse_put(persistence::Table table) {
  const std::lock_guard lock(mutex_);
  refused_put_ = table;
}

void FaultyJournal::set_unreadable(std::optional<Table> table) {
  const std::lock_guard lock(mutex_);
  unreadable_ = table;
}

void FaultyJournal::set_no_space(bool full) {
  const std::lock_guard lock(mutex_);
  no_space_ = full;
}

void FaultyJournal::set_lying(bool lying) {
  const std::lock_guard lock(mutex_);
  if (lying && !synced_) synced_ = inner_.image();
  lying_ = lying;
}

bool FaultyJournal::flip_bit(persistence::Table table, std::size_t k, std::size_t bit) {
  const std::lock_guard lock(mutex_);
  MemoryJournal::Image image = inner_.image();
  auto rows = std::make_shared<MemoryJournal::Rows>(*image[static_cast<std::size_t>(table)]);
  if (k >= rows->size()) return false;
  auto row = std::next(rows->begin(), static_cast<std::ptrdiff_t>(k));
  if (row->second.empty()) return false;
  const std::size_t at = bit % (row->second.size() * 8);
  row->second[at / 8] = static_cast<char>(row->second[at / 8] ^ (1 << (at % 8)));
  image[static_cast<std::size_t>(table)] = std::move(rows);
  inner_.restore(image);
  return true;
}

void FaultyJournal::crash() {
  const std::lock_guard lock(mutex_);
  if (synced_) inner_.restore(*synced_);
  if (!lying_) synced_.reset();
  failed_ = false;
}

std::uint64_t FaultyJournal::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

CommitResult FaultyJournal::commit(std::span<const WriteOp> ops) {
  const std::lock_guard lock(mutex_);
  if (failed_) return {CommitStatus::unknown, {ErrorCode::unknown_outcome, "an earlier commit failed", ""}};
  ++commits_;
  const bool puts =
      std::any_of(ops.begin(), ops.end(), [](const WriteOp& op) { return op.kind != WriteOp::Kind::erase; });
  if (no_space_ && puts) return {CommitStatus::refused, {ErrorCode::no_space, "no space left on device", ""}};
  if (refused_put_ && std::any_of(ops.begin(), ops.end(), [&](const WriteOp& op) {
        return op.kind != WriteOp::Kind::erase && op.table == *refused_put_;
      })) {
    refused_put_.reset();
    return {CommitStatus::refused, {ErrorCode::io, "input/output error", ""}};
  }
  const auto fault = faults_.find(commits_);
  if (fault == faults_.end()) return commit_honestly(ops);
  if (fault->second == Fault::refuse) return {CommitStatus::refused, {ErrorCode::io, "input/output error", ""}};
  failed_ = true;
  if (fault->second == Fault::unknown_there) {
    if (auto applied = commit_honestly(ops); applied.status != CommitStatus::committed) return applied;
  }
  return {CommitStatus::unknown, {ErrorCode::unknown_outcome, "input/output error in commit", ""}};
}

CommitResult FaultyJournal::commit_honestly(std::span<const WriteOp> ops) {
  CommitResult result = inner_.commit(ops);
  if (result.status == CommitStatus::committed && !lying_) synced_.reset();
  return result;
}

Result<std::unique_ptr<persistence::ReadTransaction>> FaultyJournal::read() const {
  auto snapshot = inner_.read();
  const std::lock_guard lock(mutex_);
  if (!snapshot || !unreadable_) return snapshot;
  return std::make_unique<HoledRead>(std::move(*snapshot), *unreadable_);
}

Result<persistence::JournalUsage> FaultyJournal::usage() const {
  auto usage = inner_.usage();
  const std::lock_guard lock(mutex_);
  if (usage && no_space_) usage->disk_free_bytes = 0;
  return usage;
}

}  // namespace wattring::test
