// SPDX-License-Identifier: Apache-2.0
#include "node/alert/delivery.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kUsPerMs = 1000;

}  // namespace

SinkQueue::SinkQueue(Options options, Prng prng) : options_(options), prng_(prng) {
  WATTRING_CHECK(options_.backoff_min_ms > 0 && options_.backoff_max_ms >= options_.backoff_min_ms * 3 / 2);
  WATTRING_CHECK(options_.per_second > 0 && options_.burst > 0 && options_.rows_max > 0);
}

bool SinkQueue::add(OutboxRow row) {
  const std::uint64_t sequence = row.sequence;
  if (rows_.contains(sequence)) return true;
  if (rows_.size() >= options_.rows_max) return false;
  Line& line = lines_[row.notification.alert.id];
  line.sequences.insert(sequence);
  rows_.emplace(sequence, Row{std::move(row)});
  schedule(line);
  return true;
}

const OutboxRow* SinkQueue::next(Now now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now.mono_ms) {
    const std::uint64_t sequence = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    ready_.emplace(rows_.at(sequence).tries, sequence);
  }
  if (ready_.empty() || !may_send(now)) return nullptr;
  return &rows_.at(ready_.begin()->second).row;
}

SinkQueue::Outcome SinkQueue::settle(std::uint64_t sequence, const Answer& answer, Now now) {
  Row& row = rows_.at(sequence);
  note(answer, now);
  switch (answer.kind) {
    case Answer::Kind::taken:
      settle_for_good(row, delivered_);
      return Outcome::delivered;
    case Answer::Kind::refused:
      settle_for_good(row, dead_);
      return Outcome::dead;
    case Answer::Kind::sink_failed:
    case Answer::Kind::row_failed:
      break;
  }
  if (too_old(row, now)) {
    settle_for_good(row, dead_);
    return Outcome::dead;
  }
  retry(row, answer, now);
  return Outcome::retried;
}

void SinkQueue::note(const Answer& answer, Now now) {
  paid_until_us_ = std::max(paid_until_us_, now.mono_ms * kUsPerMs) + kUsPerSecond / options_.per_second;
  if (answer.kind == Answer::Kind::taken || answer.kind == Answer::Kind::refused) {
    failures_ = 0;
    pause_until_ms_ = 0;
    return;
  }
  ++failures_;
  const std::int64_t asked = std::clamp<std::int64_t>(answer.retry_after_ms, 0, options_.retry_after_max_ms);
  pause_until_ms_ = now.mono_ms + std::max(asked, backoff(failures_));
}

std::size_t SinkQueue::expire(Now now) {
  if (failures_ == 0) return 0;
  std::size_t count = 0;
  for (auto& [sequence, row] : rows_) {
    if (row.settled || !too_old(row, now)) continue;
    settle_for_good(row, dead_);
    ++count;
  }
  return count;
}

void SinkQueue::delivered_recorded() {
  forget(delivered_);
}

void SinkQueue::dead_recorded() {
  forget(dead_);
}

std::int64_t SinkQueue::due_ms() const {
  if (!ready_.empty()) return open_ms();
  return waiting_.empty() ? kNever : std::max(open_ms(), waiting_.begin()->first);
}

std::int64_t SinkQueue::open_ms() const {
  const std::int64_t credit_us = (options_.burst - 1) * (kUsPerSecond / options_.per_second);
  const std::int64_t rate_ms = (paid_until_us_ - credit_us + kUsPerMs - 1) / kUsPerMs;
  return std::max(pause_until_ms_, rate_ms);
}

std::int64_t SinkQueue::backoff(std::uint32_t failures) {
  // A third of the wait is jitter at most, so that the longest is the limit and the shortest the minimum.
  const std::int64_t longest = options_.backoff_max_ms * 2 / 3;
  std::int64_t wait = options_.backoff_min_ms;
  for (std::uint32_t i = 1; i < failures && wait < longest; ++i) wait *= 2;
  wait = std::min(wait, longest);
  return wait + static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(wait / 2 + 1)));
}

void SinkQueue::schedule(Line& line) {
  unschedule(line);
  const std::uint64_t first = *line.sequences.begin();
  const Row& row = rows_.at(first);
  if (row.settled) return;
  line.scheduled = first;
  waiting_.emplace(row.not_before_ms, first);
}

void SinkQueue::unschedule(Line& line) {
  if (!line.scheduled) return;
  const Row& row = rows_.at(*line.scheduled);
  ready_.erase({row.tries, *line.scheduled});
  waiting_.erase({row.not_before_ms, *line.scheduled});
  line.scheduled.reset();
}

void SinkQueue::settle_for_good(Row& row, std::vector<std::uint64_t>& list) {
  Line& line = lines_.find(row.row.notification.alert.id)->second;
  if (line.scheduled == row.row.sequence) unschedule(line);
  row.settled = true;
  list.push_back(row.row.sequence);
}

void SinkQueue::retry(Row& row, const Answer& answer, Now now) {
  Line& line = lines_.find(row.row.notification.alert.id)->second;
  unschedule(line);
  ++row.tries;
  if (answer.kind == Answer::Kind::row_failed) row.not_before_ms = now.mono_ms + backoff(++row.failures);
  schedule(line);
}

void SinkQueue::forget(std::vector<std::uint64_t>& list) {
  for (const std::uint64_t sequence : list) {
    const auto row = rows_.find(sequence);
    const auto line = lines_.find(row->second.row.notification.alert.id);
    // A row that is given up by its age may stand behind one that is scheduled.
    unschedule(line->second);
    line->second.sequences.erase(sequence);
    rows_.erase(row);
    if (line->second.sequences.empty()) {
      lines_.erase(line);
    } else {
      schedule(line->second);
    }
  }
  list.clear();
}

bool SinkQueue::too_old(const Row& row, Now now) const {
  return now.wall_ms - row.row.notification.created_ms >= options_.give_up_after_ms;
}

}  // namespace wattring::alert
