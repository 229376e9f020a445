// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "node/alert/outbox.hpp"

namespace wattring::alert {

inline Notification notification(const std::string& id, Event event, const std::string& sink = "hook",
                                 std::int64_t created_ms = 0) {
  Notification out;
  out.sink = sink;
  out.event = event;
  out.created_ms = created_ms;
  out.summary = "too much power";
  Alert& alert = out.alert;
  alert.id = id;
  alert.rule = "over-power";
  alert.meter = "M-000731";
  alert.severity = Severity::critical;
  alert.onset_ms = 1'700'000'000'000;
  alert.fired_ms = 1'700'000'060'000;
  alert.last_ms = 1'700'000'070'000;
  alert.peak = 9400;
  alert.count = 7;
  alert.told = true;
  if (event == Event::resolved || event == Event::retracted) {
    alert.state = event == Event::resolved ? State::resolved : State::retracted;
    alert.resolved_ms = 1'700'000'100'000;
  }
  alert.revision = revision_of(alert);
  return out;
}

/// The disk of these tests: what a restart finds again. Any thread.
class FakeOutbox final : public OutboxDoor {
 public:
  std::uint64_t put(Notification row) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t sequence = next_++;
    if (row.event == Event::firing) {
      open_.insert_or_assign(row.alert.id, row.alert);
    } else if (row.event != Event::acked) {
      open_.erase(row.alert.id);
    }
    rows_.emplace(sequence, std::move(row));
    return sequence;
  }

  Result<std::vector<OutboxRow>> pending(std::uint64_t from, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    if (refuses_) return fail(ErrorCode::io, "the disk is gone");
    std::vector<OutboxRow> out;
    for (auto at = rows_.lower_bound(from); at != rows_.end() && out.size() < limit; ++at) {
      out.push_back({at->first, at->second});
    }
    return out;
  }
  Result<void> delivered(const std::vector<std::uint64_t>& sequences) override { return take(sequences, delivered_); }
  Result<void> dead(const std::vector<std::uint64_t>& sequences) override { return take(sequences, dead_); }
  std::vector<Alert> open_alerts() override {
    const std::lock_guard lock(mutex_);
    std::vector<Alert> out;
    out.reserve(open_.size());
    for (const auto& [id, alert] : open_) out.push_back(alert);
    return out;
  }

  void refuse(bool yes) {
    const std::lock_guard lock(mutex_);
    refuses_ = yes;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return rows_.size();
  }
  /// Until so many rows are left; false when it takes too long.
  bool wait_for_size(std::size_t rows) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return rows_.size() == rows; });
  }
  /// How often each sequence was taken out as delivered, and as dead.
  std::map<std::uint64_t, int> delivered_rows() const {
    const std::lock_guard lock(mutex_);
    return delivered_;
  }
  std::map<std::uint64_t, int> dead_rows() const {
    const std::lock_guard lock(mutex_);
    return dead_;
  }

 private:
  Result<void> take(const std::vector<std::uint64_t>& sequences, std::map<std::uint64_t, int>& into) {
    const std::lock_guard lock(mutex_);
    if (refuses_) return fail(ErrorCode::no_space, "the disk is full");
    for (const std::uint64_t sequence : sequences) {
      rows_.erase(sequence);
      ++into[sequence];
    }
    changed_.notify_all();
    return {};
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Notification> rows_;
  std::map<std::string, Alert> open_;
  std::map<std::uint64_t, int> delivered_;
  std::map<std::uint64_t, int> dead_;
  bool refuses_ = false;
};

/// Stands still until it is moved.
class FakeClock final : public Clock {
 public:
  std::int64_t wall_ms() const override { return wall_ms_; }
  std::int64_t monotonic_ns() const override { return mono_ms_ * 1'000'000; }
  void advance(std::int64_t ms) {
    wall_ms_ += ms;
    mono_ms_ += ms;
  }

 private:
  std::int64_t wall_ms_ = 1'700'000'200'000;
  std::int64_t mono_ms_ = 5'000;
};

}  // namespace wattring::alert
