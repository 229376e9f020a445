// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "base/time.hpp"
#include "base/units.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/http_sender.hpp"
#include "node/sim/json.hpp"
#include "node/sim/options.hpp"
#include "node/sim/progress.hpp"
#include "node/sim/replay_plan.hpp"
#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kPauseMs = 200;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

class Replay {
 public:
  Replay(const ReplayOptions& options, std::atomic<bool>& stop) : options_(options), stop_(stop) {}
  int go();

 private:
  bool read_capture();
  Result<void> open_ledger();
  Result<void> send_all();
  Result<ReplayBatch> next_batch(std::size_t& at);
  void wait_until_due(const CapturedItem& item);
  Result<void> deliver(const ReplayBatch& batch);
  Result<void> book(const ReplayBatch& batch, BatchOutcome outcome, const SendReply& reply);
  int report() const;

  const ReplayOptions& options_;
  std::atomic<bool>& stop_;
  SystemClock clock_;
  std::string capture_;
  CaptureFormat format_ = CaptureFormat::p1;
  Precision precision_;
  std::vector<CapturedItem> items_;
  std::int64_t shift_ms_ = 0;
  std::optional<std::int64_t> first_time_ms_;
  std::int64_t begun_ns_ = 0;
  std::string target_;
  std::string ledger_path_;
  std::unique_ptr<LedgerWriter> ledger_;
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<ReplayBooks> books_;
  std::uint64_t batch_id_ = 0;
  std::uint64_t items_sent_ = 0, items_unknown_ = 0, items_refused_ = 0, stored_ = 0, booked_ = 0;
  std::map<std::string, std::uint64_t> reasons_;
  bool gave_up_ = false;
  std::string trouble_;
};

bool Replay::read_capture() {
  auto bytes = read_file(options_.file);
  const auto precision = parse_precision(options_.precision);
  if (!bytes || !precision) {
    fmt::print(stderr, "{}\n", bytes ? "unknown precision " + options_.precision : "cannot read " + options_.file);
    return false;
  }
  capture_ = std::move(*bytes);
  precision_ = *precision;
  format_ = detect_format(capture_);
  items_ = format_ == CaptureFormat::p1 ? split_p1(capture_, options_.meter) : split_lines(capture_, precision_);
  if (items_.empty()) {
    fmt::print(stderr, "{} holds neither P1 telegrams nor line protocol\n", options_.file);
    return false;
  }
  if (options_.shift_to_now) shift_ms_ = shift_to(items_, clock_.wall_ms());
  target_ = "/api/v1/telegrams";
  if (!options_.meter.empty()) target_ += "?meter=" + percent_encode(options_.meter);
  if (format_ == CaptureFormat::line) target_ = "/write?precision=" + options_.precision;
  return true;
}

Result<void> Replay::open_ledger() {
  if (!options_.write_ledger) return {};
  ledger_path_ = options_.ledger.empty() ? "ledger-replay.bin" : options_.ledger;
  LedgerHeader header;
  header.created_ms = clock_.wall_ms();
  header.sent_as = format_ == CaptureFormat::p1 ? "p1" : "line";
  header.options = "replay " + options_.file;
  auto ledger = LedgerWriter::create(ledger_path_, header, {});
  if (!ledger) return Failure(ledger.error());
  ledger_ = std::move(*ledger);
  return {};
}

void Replay::wait_until_due(const CapturedItem& item) {
  if (options_.speed <= 0 || !item.time_ms) return;
  if (!first_time_ms_) first_time_ms_ = item.time_ms;
  const double passed_ms = static_cast<double>(*item.time_ms - *first_time_ms_) / options_.speed;
  const std::int64_t due_ns = begun_ns_ + static_cast<std::int64_t>(passed_ms * 1e6);
  while (!stop_.load() && clock_.monotonic_ns() < due_ns) {
    const std::int64_t left_ms = (due_ns - clock_.monotonic_ns()) / kNsPerMs + 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min<std::int64_t>(left_ms, kPauseMs)));
  }
}

Result<ReplayBatch> Replay::next_batch(std::size_t& at) {
  ReplayBatch batch;
  const std::size_t most = options_.speed > 0 ? 1 : options_.batch;
  for (; at < items_.size() && batch.items < most; ++at, ++batch.items) {
    const CapturedItem& item = items_[at];
    batch.item_starts.push_back(static_cast<std::uint32_t>(batch.readings.size()));
    if (auto ok = books_->add(item, shift_ms_, batch.readings); !ok) return Failure(ok.error());
    if (format_ == CaptureFormat::line) {
      append_shifted_line(item.bytes, shift_ms_, precision_, batch.body);
    } else if (shift_ms_ != 0) {
      append_shifted_telegram(item.bytes, shift_ms_, batch.body);
    } else {
      batch.body.append(item.bytes);
    }
  }
  return batch;
}

Result<void> Replay::deliver(const ReplayBatch& batch) {
  BatchOutcome outcome;
  outcome.id = ++batch_id_;
  if (ledger_) {
    if (auto ok = ledger_->sent(outcome.id, clock_.wall_ms(), batch.readings); !ok) return ok;
  }
  const std::int64_t begun_ns = clock_.monotonic_ns();
  SendReply reply;
  while (true) {
    ++outcome.attempts;
    reply = interpret_reply(client_->post(target_, batch.body, "text/plain"), batch.readings.size(),
                            [&](std::uint64_t line) { return batch.range_of(line); });
    if (reply.kind == SendReply::Kind::answered && reply.unknown == 0) break;
    outcome.had_unknown = outcome.had_unknown || reply.kind != SendReply::Kind::busy;
    trouble_ = reply.trouble;
    gave_up_ = clock_.monotonic_ns() - begun_ns >= options_.patience_ms * kNsPerMs;
    if (gave_up_ || stop_.load()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::max(reply.retry_after_ms, kPauseMs)));
  }
  return book(batch, std::move(outcome), reply);
}

Result<void> Replay::book(const ReplayBatch& batch, BatchOutcome outcome, const SendReply& reply) {
  const std::uint64_t count = batch.readings.size();
  items_sent_ += batch.items;
  if (reply.kind != SendReply::Kind::answered || reply.unknown > 0) {
    outcome.unknown = count;
    items_unknown_ += batch.items;
  } else {
    outcome.replied_ms = std::max<std::int64_t>(clock_.wall_ms(), 1);
    outcome.refused = std::min(reply.refused, count);
    outcome.stored = count - outcome.refused;
    outcome.listed = reply.listed;
    items_refused_ += std::max<std::uint64_t>(reply.listed.size(), reply.refused > 0 ? 1 : 0);
    for (const RefusedRange& range : reply.listed) ++reasons_[range.reason];
    if (!reply.trouble.empty()) trouble_ = reply.trouble;
    stored_ += outcome.stored;
  }
  booked_ += count;
  return ledger_ ? ledger_->outcome(outcome) : Result<void>{};
}

Result<void> Replay::send_all() {
  Progress progress(format_ == CaptureFormat::p1 ? "telegrams" : "lines", items_.size(), 0, begun_ns_);
  std::size_t at = 0;
  while (at < items_.size() && !stop_.load() && !gave_up_) {
    wait_until_due(items_[at]);
    if (stop_.load()) break;
    Result<ReplayBatch> batch = next_batch(at);
    if (!batch) return Failure(batch.error());
    if (auto ok = deliver(*batch); !ok) return ok;
    progress.show(items_sent_, clock_.monotonic_ns());
  }
  progress.clear();
  return ledger_ ? ledger_->end() : Result<void>{};
}

int Replay::report() const {
  const char* items = format_ == CaptureFormat::p1 ? "telegrams" : "lines";
  fmt::print("sent {} of {} {}     items with a refusal {}   unknown {}\n", grouped(items_sent_),
             grouped(items_.size()), items, grouped(items_refused_), grouped(items_unknown_));
  fmt::print("readings that can be checked: {} = acked {} + refused or unknown {}\n", grouped(booked_),
             grouped(stored_), grouped(booked_ - stored_));
  for (const auto& [reason, count] : reasons_) fmt::print("  {:<20} {}\n", reason, grouped(count));
  if (!trouble_.empty()) fmt::print("last trouble  {}\n", trouble_);
  if (ledger_) fmt::print("ledger      {}      check it: wattringsim check {}\n", ledger_path_, ledger_path_);
  if (gave_up_) return kExitNoNode;
  return stop_.load() ? kExitInterrupted : kExitDone;
}

int Replay::go() {
  if (!read_capture()) return kExitUsage;
  client_ = std::make_unique<HttpClient>(
      HttpClient::Options{options_.node.nodes, 0, options_.node.timeout_ms, options_.node.token});
  if (const auto reply = client_->get("/api/v1/status"); !reply) {
    fmt::print(stderr, "{}\n", reply.error().text());
    return kExitNoNode;
  }
  if (auto ok = open_ledger(); !ok) {
    fmt::print(stderr, "{}\n", ok.error().text());
    return kExitUsage;
  }
  books_ = std::make_unique<ReplayBooks>(ledger_.get());
  begun_ns_ = clock_.monotonic_ns();
  if (auto ok = send_all(); !ok) {
    fmt::print(stderr, "{}\n", ok.error().text());
    return kExitInternal;
  }
  return report();
}

}  // namespace

int run_replay(const ReplayOptions& options, std::atomic<bool>& stop) {
  return Replay(options, stop).go();
}

}  // namespace wattring::sim
