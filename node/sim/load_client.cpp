// SPDX-License-Identifier: Apache-2.0
#include "node/sim/load_client.hpp"

#include <algorithm>

#include "base/units.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kReconnectPauseNs = 100 * kNsPerMs;
constexpr std::int64_t kLongestWaitNs = 100 * kNsPerMs;
// Below a millisecond, replies are looked for in steps of this.
constexpr std::int64_t kShortStepNs = 200'000;

}  // namespace

LoadClient::LoadClient(const LoadPlan& plan, Fleet fleet, Connect connect, const Clock& clock, Pause pause,
                       LedgerWriter* ledger, LoadShared& shared, OnBooked on_booked)
    : plan_(plan),
      fleet_(std::move(fleet)),
      connect_(std::move(connect)),
      clock_(clock),
      pause_(std::move(pause)),
      ledger_(ledger),
      shared_(shared),
      on_booked_(std::move(on_booked)) {}

bool LoadClient::generating(std::int64_t now_ns) const {
  if (shared_.stop.load(std::memory_order_relaxed) || result_.gave_up) return false;
  if (plan_.duration_ns > 0 && now_ns - started_ns_ >= plan_.duration_ns) return false;
  return plan_.readings_max == 0 || generated_ + fleet_.delayed() < plan_.readings_max;
}

bool LoadClient::done(std::int64_t now_ns) const {
  if (!in_flight_.empty() || !again_.empty()) return false;
  return exhausted_ || (!generating(now_ns) && (fleet_.delayed() == 0 || shared_.stop.load()));
}

Result<LoadResult> LoadClient::run() {
  started_ns_ = clock_.monotonic_ns();
  alone_since_ns_ = started_ns_;
  while (!done(clock_.monotonic_ns())) {
    ensure_connected();
    if (result_.gave_up) {
      if (auto ok = abandon_all(); !ok) return Failure(ok.error());
      break;
    }
    if (sender_) {
      if (auto ok = send_what_may_be_sent(); !ok) return Failure(ok.error());
    }
    if (auto ok = take_replies(); !ok) return Failure(ok.error());
    if (auto ok = expire(clock_.monotonic_ns()); !ok) return Failure(ok.error());
  }
  result_.faults = fleet_.fault_counts();
  return std::move(result_);
}

void LoadClient::ensure_connected() {
  notice_end_of_patience(clock_.monotonic_ns());
  if (sender_ || result_.gave_up) return;
  auto made = connect_();
  if (made) {
    sender_ = std::move(*made);
    return;
  }
  result_.trouble = made.error().text();
  not_before_ns_ = std::max(not_before_ns_, clock_.monotonic_ns() + kReconnectPauseNs);
}

// Connections that are made but bring no reply do not count as a sign of life.
void LoadClient::notice_end_of_patience(std::int64_t now_ns) {
  const bool alone_too_long = alone_since_ns_ != 0 && now_ns - alone_since_ns_ >= plan_.patience_ms * kNsPerMs;
  if (shared_.stop.load() && stop_seen_ns_ == 0) stop_seen_ns_ = now_ns;
  const bool stop_too_long = stop_seen_ns_ != 0 && now_ns - stop_seen_ns_ >= plan_.reply_timeout_ms * kNsPerMs;
  const bool nothing_to_lose = stop_seen_ns_ != 0 && !sender_;
  if (alone_too_long || stop_too_long || nothing_to_lose) result_.gave_up = true;
}

void LoadClient::drop_connection(const std::string& why) {
  if (!why.empty()) result_.trouble = why;
  if (alone_since_ns_ == 0) alone_since_ns_ = clock_.monotonic_ns();
  sender_.reset();
  ++shared_.reconnects;
}

bool LoadClient::may_send(std::int64_t now_ns) const {
  if (now_ns < not_before_ns_ || sender_->credit() == 0) return false;
  return plan_.in_flight == 0 || in_flight_.size() < plan_.in_flight;
}

Result<void> LoadClient::send_what_may_be_sent() {
  std::int64_t now_ns = clock_.monotonic_ns();
  while (sender_ && may_send(now_ns)) {
    std::unique_ptr<Batch> batch;
    if (!again_.empty()) {
      batch = std::move(again_.front());
      again_.pop_front();
      ++shared_.resent;
    } else {
      batch = next_batch(now_ns);
    }
    if (!batch) return {};
    if (auto ok = send(std::move(batch), now_ns); !ok) return ok;
    now_ns = clock_.monotonic_ns();
  }
  return {};
}

std::unique_ptr<LoadClient::Batch> LoadClient::next_batch(std::int64_t now_ns) {
  if (exhausted_) return nullptr;
  const std::int64_t due = plan_.rate > 0 ? due_ns() : now_ns;
  if (due > now_ns) return nullptr;
  std::size_t size = plan_.batch;
  if (!generating(now_ns)) {
    if (shared_.stop.load() || fleet_.delayed() == 0) return nullptr;
    fleet_.finish();
  } else if (plan_.readings_max > 0) {
    size = std::min<std::size_t>(size, plan_.readings_max - generated_ - fleet_.delayed());
  }
  std::unique_ptr<Batch> batch = spare_.empty() ? std::make_unique<Batch>() : std::move(spare_.back());
  if (!spare_.empty()) spare_.pop_back();
  batch->readings.clear();
  fleet_.fill(size, clock_.wall_ms(), batch->readings);
  if (batch->readings.empty() && fleet_.delayed() > 0) {
    fleet_.finish();
    fleet_.fill(size, clock_.wall_ms(), batch->readings);
  }
  if (batch->readings.empty()) {
    exhausted_ = true;
    result_.reached_horizon = generating(now_ns);
    return nullptr;
  }
  batch->id = shared_.next_batch_id.fetch_add(1);
  batch->due_ns = due;
  batch->attempts = 0;
  batch->had_unknown = false;
  generated_ += batch->readings.size();
  shared_.sent += batch->readings.size();
  result_.last_event_ms = std::max(result_.last_event_ms, fleet_.step_time_ms());
  return batch;
}

Result<void> LoadClient::send(std::unique_ptr<Batch> batch, std::int64_t now_ns) {
  if (ledger_ != nullptr && batch->attempts == 0) {
    if (auto ok = ledger_->sent(batch->id, clock_.wall_ms(), batch->readings); !ok) return ok;
  }
  if (plan_.rate <= 0 && batch->attempts == 0) batch->due_ns = clock_.monotonic_ns();
  batch->sent_ns = now_ns;
  ++batch->attempts;
  const Result<void> sent = sender_->send(batch->id, batch->readings);
  if (sent) {
    in_flight_.push_back(std::move(batch));
    return {};
  }
  --batch->attempts;
  again_.push_front(std::move(batch));
  drop_connection(sent.error().text());
  return {};
}

std::int64_t LoadClient::due_ns() const {
  return started_ns_ + static_cast<std::int64_t>(static_cast<double>(generated_) / plan_.rate * 1e9);
}

std::int64_t LoadClient::wait_ns(std::int64_t now_ns) const {
  std::int64_t until_ns = now_ns + kLongestWaitNs;
  if (not_before_ns_ > now_ns) until_ns = std::min(until_ns, not_before_ns_);
  // Overdue and still not sent: the credit is used up, and only a reply helps.
  if (plan_.rate > 0 && generating(now_ns) && due_ns() > now_ns) until_ns = std::min(until_ns, due_ns());
  return until_ns - now_ns;
}

Result<void> LoadClient::take_replies() {
  const std::int64_t wait = wait_ns(clock_.monotonic_ns());
  if (!sender_) {
    pause_(wait);
    return {};
  }
  if (wait < kNsPerMs) pause_(std::min(wait, kShortStepNs));
  for (const SendReply& reply : sender_->receive(wait / kNsPerMs)) {
    const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                    [&](const auto& batch) { return batch->id == reply.ticket; });
    if (found == in_flight_.end()) continue;
    std::unique_ptr<Batch> batch = std::move(*found);
    in_flight_.erase(found);
    if (auto ok = settle(std::move(batch), reply); !ok) return ok;
  }
  return {};
}

Result<void> LoadClient::settle(std::unique_ptr<Batch> batch, const SendReply& reply) {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (!reply.trouble.empty()) result_.trouble = reply.trouble;
  if (reply.kind != SendReply::Kind::lost) alone_since_ns_ = 0;
  if (reply.retry_after_ms > 0) not_before_ns_ = std::max(not_before_ns_, now_ns + reply.retry_after_ms * kNsPerMs);
  if (reply.kind == SendReply::Kind::busy) {
    ++shared_.busy;
    again_.push_back(std::move(batch));
    return {};
  }
  if (reply.kind == SendReply::Kind::lost) {
    if (sender_) drop_connection(reply.trouble);
    return give_up_or_resend(std::move(batch));
  }
  if (reply.unknown > 0 && plan_.resend && !result_.gave_up) return give_up_or_resend(std::move(batch));
  return book(std::move(batch), &reply);
}

Result<void> LoadClient::give_up_or_resend(std::unique_ptr<Batch> batch) {
  batch->had_unknown = true;
  if (!plan_.resend || result_.gave_up) return book(std::move(batch), nullptr);
  again_.push_back(std::move(batch));
  return {};
}

Result<void> LoadClient::book(std::unique_ptr<Batch> batch, const SendReply* reply) {
  BatchOutcome outcome;
  outcome.id = batch->id;
  outcome.attempts = batch->attempts;
  outcome.had_unknown = batch->had_unknown;
  const std::uint64_t count = batch->readings.size();
  if (reply == nullptr) {
    outcome.unknown = count;
  } else {
    outcome.replied_ms = std::max<std::int64_t>(clock_.wall_ms(), 1);
    outcome.refused = std::min(reply->refused, count);
    outcome.unknown = std::min(reply->unknown, count - outcome.refused);
    outcome.stored = count - outcome.refused - outcome.unknown;
    outcome.listed = reply->listed;
  }
  if (outcome.stored > 0) result_.latency.record(clock_.monotonic_ns() - batch->due_ns);
  shared_.acked += outcome.stored;
  shared_.refused += outcome.refused;
  shared_.unknown += outcome.unknown;
  if (ledger_ != nullptr) {
    if (auto ok = ledger_->outcome(outcome); !ok) return ok;
  }
  if (on_booked_) {
    on_booked_({outcome.id, count, outcome.stored, batch->due_ns, clock_.monotonic_ns(), outcome.attempts,
                reply == nullptr ? Promise{} : reply->promise});
  }
  spare_.push_back(std::move(batch));
  return {};
}

Result<void> LoadClient::expire(std::int64_t now_ns) {
  const bool late = std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& batch) {
    return now_ns - batch->sent_ns >= plan_.reply_timeout_ms * kNsPerMs;
  });
  if (!sender_ ? in_flight_.empty() : !late) return {};
  if (sender_) drop_connection("no reply in " + std::to_string(plan_.reply_timeout_ms) + " ms");
  // A new connection will not bring the replies of the old one.
  std::vector<std::unique_ptr<Batch>> lost = std::move(in_flight_);
  in_flight_.clear();
  for (std::unique_ptr<Batch>& batch : lost) {
    if (auto ok = give_up_or_resend(std::move(batch)); !ok) return ok;
  }
  return {};
}

Result<void> LoadClient::abandon_all() {
  for (std::unique_ptr<Batch>& batch : in_flight_) {
    batch->had_unknown = true;
    if (auto ok = book(std::move(batch), nullptr); !ok) return ok;
  }
  for (std::unique_ptr<Batch>& batch : again_) {
    batch->had_unknown = batch->attempts > 0;
    if (auto ok = book(std::move(batch), nullptr); !ok) return ok;
  }
  in_flight_.clear();
  again_.clear();
  return {};
}

}  // namespace wattring::sim
