// SPDX-License-Identifier: Apache-2.0
#include "node/app/outbox_store.hpp"

#include <algorithm>

#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

constexpr std::uint64_t kDead = std::uint64_t{1} << 63U;

}  // namespace

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

alert::MayTell OutboxStore::may_tell(const alert::OutboxRow& row) {
  const alert::MayTell may = ask_ ? ask_(row) : alert::MayTell::yes;
  if (may != alert::MayTell::never) return may;
  const std::lock_guard lock(mutex_);
  withdrawn_.insert(row.sequence);
  return may;
}

/// Those of them that were told.
std::vector<alert::Notification> OutboxStore::rows_of(const std::vector<std::uint64_t>& sequences) {
  std::vector<alert::Notification> rows;
  auto snapshot = disk_.read();
  if (!snapshot) return rows;
  for (const std::uint64_t sequence : sequences) {
    {
      const std::lock_guard lock(mutex_);
      if (withdrawn_.contains(sequence)) continue;
    }
    const std::string key = persistence::outbox_key(sequence);
    const auto stored = (*snapshot)->get(Table::outbox, key);
    if (!stored) continue;
    const auto payload = persistence::open_value(*stored, persistence::position_of(key));
    if (!payload) continue;
    if (auto row = alert::decode_notification(*payload)) rows.push_back(std::move(*row));
  }
  return rows;
}

Result<void> OutboxStore::delivered(const std::vector<std::uint64_t>& sequences) {
  if (told_)
    if (const auto rows = rows_of(sequences); !rows.empty()) told_(rows);
  std::vector<OwnedOp> slice;
  slice.reserve(sequences.size());
  for (const std::uint64_t sequence : sequences)
    slice.push_back({WriteOp::Kind::erase, Table::outbox, persistence::outbox_key(sequence), {}});
  auto written = write_and_wait(writer_, slice);
  if (!written) return written;
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t sequence : sequences) withdrawn_.erase(sequence);
  return {};
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
