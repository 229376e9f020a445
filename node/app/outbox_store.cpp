// SPDX-License-Identifier: Apache-2.0
#include "node/app/outbox_store.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

constexpr std::uint64_t kDead = std::uint64_t{1} << 63U;
constexpr int kQueueTries = 200;

}  // namespace

Result<void> write_and_wait(persistence::JournalWriter& writer, const std::vector<OwnedOp>& slice) {
  const auto done = std::make_shared<std::promise<persistence::CommitResult>>();
  auto committed = done->get_future();
  for (int tries = 0;; ++tries) {
    auto copy = slice;
    auto queued =
        writer.write(std::move(copy), [done](const persistence::CommitResult& result) { done->set_value(result); });
    if (queued) break;
    if (queued.error().code != ErrorCode::busy || tries == kQueueTries) return queued;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const persistence::CommitResult result = committed.get();
  if (result.status == persistence::CommitStatus::committed) return {};
  return Failure(result.error);
}

Result<std::uint64_t> OutboxStore::next_sequence(const persistence::ReadTransaction& disk) {
  std::uint64_t next = 1;
  auto scanned = disk.scan(Table::outbox, persistence::outbox_key(0), [&](std::string_view key, std::string_view) {
    if (const auto sequence = persistence::parse_outbox_key(key)) next = std::max(next, (*sequence & ~kDead) + 1);
    return true;
  });
  if (!scanned) return Failure(scanned.error());
  return next;
}

Result<std::vector<alert::OutboxRow>> OutboxStore::pending(std::uint64_t from, std::size_t limit) {
  std::vector<alert::OutboxRow> rows;
  // Asked before the snapshot is taken, so that all below it is in the snapshot.
  const std::uint64_t settled_below = settled_below_();
  auto snapshot = disk_.read();
  if (!snapshot) return Failure(snapshot.error());
  const std::string first = persistence::outbox_key(from);
  auto scanned = (*snapshot)->scan(Table::outbox, first, [&](std::string_view key, std::string_view value) {
    const auto sequence = persistence::parse_outbox_key(key);
    if (!sequence || *sequence >= settled_below || rows.size() == limit) return false;
    const auto payload = persistence::open_value(value, persistence::position_of(key));
    auto notification =
        payload ? alert::decode_notification(*payload) : Result<alert::Notification>(Failure(payload.error()));
    if (notification) rows.push_back({*sequence, std::move(*notification)});
    return true;
  });
  if (!scanned) return Failure(scanned.error());
  return rows;
}

Result<void> OutboxStore::delivered(const std::vector<std::uint64_t>& sequences) {
  std::vector<OwnedOp> slice;
  slice.reserve(sequences.size());
  for (const std::uint64_t sequence : sequences)
    slice.push_back({WriteOp::Kind::erase, Table::outbox, persistence::outbox_key(sequence), {}});
  return write_and_wait(writer_, slice);
}

Result<void> OutboxStore::dead(const std::vector<std::uint64_t>& sequences) {
  auto snapshot = disk_.read();
  if (!snapshot) return Failure(snapshot.error());
  std::vector<OwnedOp> slice;
  for (const std::uint64_t sequence : sequences) {
    const std::string key = persistence::outbox_key(sequence);
    const auto stored = (*snapshot)->get(Table::outbox, key);
    if (!stored) continue;
    const auto payload = persistence::open_value(*stored, persistence::position_of(key));
    if (!payload) return Failure(payload.error());
    std::string dead_key = persistence::outbox_key(sequence | kDead);
    const std::uint64_t position = persistence::position_of(dead_key);
    slice.push_back(
        {WriteOp::Kind::put, Table::outbox, std::move(dead_key), persistence::seal_value(*payload, position)});
    slice.push_back({WriteOp::Kind::erase, Table::outbox, key, {}});
  }
  snapshot->reset();
  if (slice.empty()) return {};
  return write_and_wait(writer_, slice);
}

}  // namespace wattring::app
