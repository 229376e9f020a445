// SPDX-License-Identifier: Apache-2.0
#include "node/alert/delivery_runner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"

namespace wattring::alert {
namespace {

constexpr std::size_t kPageRows = 256;
constexpr std::int64_t kLoadEveryMs = 5 * kMsPerSecond;  // when nobody wakes us
constexpr std::int64_t kDoorRetryMs = kMsPerSecond;
constexpr std::int64_t kHeldMs = 200;

std::string labels(const std::string& sink, std::string_view result) {
  return fmt::format("sink=\"{}\",result=\"{}\"", sink, result);
}

Counter& notifications(Metrics& metrics, const std::string& sink, std::string_view result) {
  return metrics.counter("wattring_alert_notifications_total", "Notifications by what came of them",
                         labels(sink, result));
}

}  // namespace

SinkBoard::SinkBoard(const SinkOptions& options, Metrics& metrics)
    : options_(options),
      delivered_(notifications(metrics, options.name, "delivered")),
      retried_(notifications(metrics, options.name, "retried")),
      dead_(notifications(metrics, options.name, "dead")),
      pending_(metrics.gauge("wattring_alert_outbox_pending", "Notifications that wait for their sink",
                             fmt::format("sink=\"{}\"", options.name))),
      seconds_(metrics.histogram("wattring_alert_delivery_seconds", "Time of a request to a sink",
                                 fmt::format("sink=\"{}\"", options.name))) {
  state_.name = options.name;
}

SinkState SinkBoard::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void SinkBoard::answered(const Answer& answer, std::int64_t wall_ms) {
  if (answer.kind != Answer::Kind::taken) {
    failed(answer.text, wall_ms);
    return;
  }
  const std::lock_guard lock(mutex_);
  state_.failing_since_ms = 0;
}

void SinkBoard::failed(const std::string& error, std::int64_t wall_ms) {
  const std::lock_guard lock(mutex_);
  if (state_.failing_since_ms == 0) state_.failing_since_ms = wall_ms;
  state_.last_error = error;
}

void SinkBoard::settled(SinkQueue::Outcome outcome, std::uint64_t count) {
  switch (outcome) {
    case SinkQueue::Outcome::delivered:
      delivered_.add(count);
      return;
    case SinkQueue::Outcome::retried:
      retried_.add(count);
      return;
    case SinkQueue::Outcome::dead:
      dead_.add(count);
      const std::lock_guard lock(mutex_);
      state_.dead += count;
      return;
  }
}

void SinkBoard::pending(std::size_t count) {
  pending_.set(static_cast<double>(count));
  const std::lock_guard lock(mutex_);
  state_.pending = count;
}

SinkRunner::SinkRunner(DeliveryDoors doors, Sink& sink, SinkBoard& board, SinkQueue::Options queue, Prng prng)
    : doors_(std::move(doors)), sink_(sink), board_(board), queue_(queue, prng) {
  load_at_ms_ = remind_at_ms_ = now().mono_ms;
  board_.busy_since_ms = 0;
}

std::int64_t SinkRunner::step() {
  const Now at = now();
  load(at);
  const bool requested = request(now());
  if (const std::size_t dead = queue_.expire(now()); dead > 0) {
    board_.settled(SinkQueue::Outcome::dead, dead);
    doors_.log->error("alert_given_up",
                      fmt::format("sink {}: {} notifications were not told in {}: dead letters", board_.options().name,
                                  dead, format_duration_ms(board_.options().give_up_after_ms)));
  }
  record(now());
  board_.pending(queue_.size());
  return requested ? 0 : wait_ms(now());
}

Now SinkRunner::now() const {
  return {doors_.clock.wall_ms(), doors_.clock.monotonic_ns() / kNsPerMs};
}

void SinkRunner::load(Now now) {
  const bool woken = board_.woken.exchange(false);
  if (!woken && now.mono_ms < load_at_ms_) return;
  load_at_ms_ = now.mono_ms + kLoadEveryMs;
  while (load_page()) {
  }
}

/// Whether there may be more.
bool SinkRunner::load_page() {
  auto rows = doors_.outbox.pending(cursor_, kPageRows);
  if (!rows) {
    doors_.log->error("alert_outbox_unreadable", rows.error().text());
    return false;
  }
  for (OutboxRow& row : *rows) {
    const std::uint64_t sequence = row.sequence;
    if (row.notification.sink == board_.options().name && !queue_.add(std::move(row))) return false;
    cursor_ = sequence + 1;
  }
  return rows->size() == kPageRows;
}

bool SinkRunner::request(Now now) {
  const bool reminded = remind_first_ && remind(now);
  const bool sent = !reminded && send(now);
  const bool reminded_then = !reminded && !sent && !remind_first_ && remind(now);
  remind_first_ = sent;
  return reminded || sent || reminded_then;
}

bool SinkRunner::remind(Now now) {
  const std::int64_t every_ms = sink_.remind_every_ms();
  if (every_ms == 0 || now.mono_ms < remind_at_ms_ || !queue_.may_send(now)) return false;
  remind_at_ms_ = now.mono_ms + every_ms;
  std::vector<Alert> firing = doors_.outbox.open_alerts();
  std::erase_if(firing, [this](const Alert& alert) { return !wants(board_.options(), alert); });
  if (firing.empty()) return false;
  board_.busy_since_ms = now.mono_ms;
  const Answer answer = sink_.remind(firing, now.wall_ms);
  board_.busy_since_ms = 0;
  const Now after = this->now();
  queue_.note(answer, after);
  board_.answered(answer, after.wall_ms);
  if (answer.kind == Answer::Kind::taken) return true;
  doors_.log->warn("alert_not_told", fmt::format("sink {}: reminder of {} firing alerts: {}", board_.options().name,
                                                 firing.size(), answer.text));
  // Due again as soon as the queue lets it.
  if (answer.kind != Answer::Kind::refused) remind_at_ms_ = after.mono_ms;
  return true;
}

bool SinkRunner::send(Now now) {
  if (now.mono_ms < held_until_ms_) return false;
  const OutboxRow* row = queue_.next(now);
  if (row == nullptr) return false;
  const std::uint64_t sequence = row->sequence;
  const MayTell may = doors_.outbox.may_tell(*row);
  if (may == MayTell::not_yet) held_until_ms_ = now.mono_ms + kHeldMs;
  if (may == MayTell::never) (void)queue_.settle(sequence, Answer{}, now);
  if (may != MayTell::yes) return may == MayTell::never;
  const std::int64_t start_ns = doors_.clock.monotonic_ns();
  board_.busy_since_ms = now.mono_ms;
  const Answer answer = sink_.tell(row->notification, now.wall_ms);
  board_.busy_since_ms = 0;
  board_.took(static_cast<std::uint64_t>(std::max<std::int64_t>(0, doors_.clock.monotonic_ns() - start_ns)));
  const Now after = this->now();
  board_.answered(answer, after.wall_ms);
  const std::string about = fmt::format("sink {}: alert {} {}: {}", board_.options().name, row->notification.alert.id,
                                        to_string(row->notification.event), answer.text);
  const auto outcome = queue_.settle(sequence, answer, after);
  board_.settled(outcome, 1);
  if (outcome == SinkQueue::Outcome::retried) doors_.log->warn("alert_not_told", about);
  if (outcome == SinkQueue::Outcome::dead) doors_.log->error("alert_given_up", about);
  return true;
}

void SinkRunner::record(Now now) {
  if ((queue_.delivered().empty() && queue_.dead().empty()) || now.mono_ms < record_at_ms_) return;
  const auto write = [&](const std::vector<std::uint64_t>& rows, auto call) {
    if (rows.empty()) return false;
    const Result<void> written = call(rows);
    if (written) return true;
    record_at_ms_ = now.mono_ms + kDoorRetryMs;
    doors_.log->error("alert_outbox_unwritable", written.error().text());
    return false;
  };
  if (write(queue_.delivered(), [&](const auto& rows) { return doors_.outbox.delivered(rows); })) {
    queue_.delivered_recorded();
  }
  if (write(queue_.dead(), [&](const auto& rows) { return doors_.outbox.dead(rows); })) queue_.dead_recorded();
}

std::int64_t SinkRunner::wait_ms(Now now) const {
  std::int64_t due = std::min(load_at_ms_, std::max(queue_.due_ms(), held_until_ms_));
  if (sink_.remind_every_ms() != 0 && queue_.may_send(now)) due = std::min(due, remind_at_ms_);
  if (!queue_.delivered().empty() || !queue_.dead().empty()) due = std::min(due, record_at_ms_);
  return std::max<std::int64_t>(0, due - now.mono_ms);
}

}  // namespace wattring::alert
