// SPDX-License-Identifier: Apache-2.0
#include "persistence/memory_journal.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace wattring::persistence {
namespace {

using Rows = MemoryJournal::Rows;

class Snapshot final : public ReadTransaction {
 public:
  Snapshot(std::mutex& mutex, MemoryJournal::Image image) : mutex_(mutex), image_(std::move(image)) {}
  // Released under the lock, so that the writer's look at the use counts is exact.
  ~Snapshot() override {
    const std::lock_guard lock(mutex_);
    image_ = {};
  }

  [[nodiscard]] Result<std::string_view> get(Table table, std::string_view key) const override {
    const Rows& rows = *image_[static_cast<std::size_t>(table)];
    const auto found = rows.find(key);
    if (found == rows.end()) return fail(ErrorCode::not_found, "no such key in table " + std::string(to_string(table)));
    return std::string_view(found->second);
  }

  [[nodiscard]] Result<void> scan(Table table, std::string_view from, const Visitor& visit) const override {
    const Rows& rows = *image_[static_cast<std::size_t>(table)];
    for (auto row = rows.lower_bound(from); row != rows.end(); ++row)
      if (!visit(row->first, row->second)) break;
    return {};
  }

  [[nodiscard]] Result<std::string_view> last_key(Table table) const override {
    const Rows& rows = *image_[static_cast<std::size_t>(table)];
    if (rows.empty()) return fail(ErrorCode::not_found, "table " + std::string(to_string(table)) + " is empty");
    return std::string_view(rows.rbegin()->first);
  }

 private:
  std::mutex& mutex_;
  MemoryJournal::Image image_;
};

// One transaction's changes and how to take them back.
class Change {
 public:
  Change(MemoryJournal::Image& tables, std::uint64_t used_bytes) : tables_(tables), used_bytes_(used_bytes) {}

  [[nodiscard]] std::optional<Error> apply(const WriteOp& op) {
    if (auto problem = problem_of(op)) return problem;
    Rows& rows = writable(op.table);
    if (op.kind == WriteOp::Kind::append && !rows.empty() && rows.rbegin()->first >= op.key)
      return Error{ErrorCode::invalid_argument,
                   "append to table " + std::string(to_string(op.table)) + " out of key order", ""};
    const auto found = rows.find(op.key);
    undo_.push_back({op.table, std::string(op.key),
                     found == rows.end() ? std::nullopt : std::optional<std::string>(found->second)});
    if (found != rows.end()) used_bytes_ -= found->first.size() + found->second.size();
    if (op.kind == WriteOp::Kind::erase) {
      if (found != rows.end()) rows.erase(found);
      return std::nullopt;
    }
    used_bytes_ += op.key.size() + op.value.size();
    rows.insert_or_assign(std::string(op.key), std::string(op.value));
    return std::nullopt;
  }

  void take_back() {
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) {
      Rows& rows = writable(step->table);
      if (step->value) {
        rows.insert_or_assign(step->key, *step->value);
      } else {
        rows.erase(step->key);
      }
    }
  }

  [[nodiscard]] std::uint64_t used_bytes() const { return used_bytes_; }

 private:
  struct Undo {
    Table table;
    std::string key;
    std::optional<std::string> value;
  };

  Rows& writable(Table table) {
    auto& rows = tables_[static_cast<std::size_t>(table)];
    if (rows.use_count() > 1) rows = std::make_shared<Rows>(*rows);
    return const_cast<Rows&>(*rows);
  }

  MemoryJournal::Image& tables_;
  std::uint64_t used_bytes_;
  std::vector<Undo> undo_;
};

std::uint64_t bytes_of(const MemoryJournal::Image& image) {
  std::uint64_t bytes = 0;
  for (const auto& rows : image)
    for (const auto& [key, value] : *rows) bytes += key.size() + value.size();
  return bytes;
}

}  // namespace

MemoryJournal::MemoryJournal(std::uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {
  for (auto& rows : tables_) rows = std::make_shared<Rows>();
}

CommitResult MemoryJournal::commit(std::span<const WriteOp> ops) {
  const std::lock_guard lock(mutex_);
  Change change(tables_, used_bytes_);
  std::optional<Error> problem;
  for (const WriteOp& op : ops) {
    problem = change.apply(op);
    if (problem) break;
  }
  if (!problem && change.used_bytes() > capacity_bytes_ && change.used_bytes() > used_bytes_)
    problem = Error{ErrorCode::no_space, "the journal in memory is full", ""};
  if (problem) {
    change.take_back();
    return {CommitStatus::refused, std::move(*problem)};
  }
  used_bytes_ = change.used_bytes();
  return {};
}

Result<std::unique_ptr<ReadTransaction>> MemoryJournal::read() const {
  const std::lock_guard lock(mutex_);
  return std::make_unique<Snapshot>(mutex_, tables_);
}

Result<JournalUsage> MemoryJournal::usage() const {
  const std::lock_guard lock(mutex_);
  JournalUsage usage;
  usage.used_bytes = used_bytes_;
  usage.file_bytes = used_bytes_;
  usage.map_bytes = capacity_bytes_;
  usage.disk_bytes = capacity_bytes_;
  usage.disk_free_bytes = capacity_bytes_ > used_bytes_ ? capacity_bytes_ - used_bytes_ : 0;
  return usage;
}

MemoryJournal::Image MemoryJournal::image() const {
  const std::lock_guard lock(mutex_);
  return tables_;
}

void MemoryJournal::restore(const Image& image) {
  const std::lock_guard lock(mutex_);
  tables_ = image;
  used_bytes_ = bytes_of(tables_);
}

}  // namespace wattring::persistence
