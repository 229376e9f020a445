// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/restore_sender.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "node/ctl/wording.hpp"
#include "node/meter/reading_entry.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kRestoredFactsMax = 20'000;  // of one request
constexpr std::size_t kRowsBytesMax = 256U << 10U;
constexpr std::size_t kRequestsAtOnce = 4;
constexpr std::int64_t kRestoreWaitMs = 60'000;
constexpr std::int64_t kRestorePauseMs = 500;

}  // namespace

void RestoreSender::text(std::string_view text) {
  texts_.try_emplace(text_value(text), text);
}

Outcome<void> RestoreSender::readings(std::string_view meter, std::span<const Fact> facts) {
  while (!facts.empty()) {
    const std::size_t n = std::min(facts.size(), kRestoredFactsMax - facts_);
    if (runs_.empty() || runs_.back().meter != meter) runs_.push_back({std::string(meter), {}});
    runs_.back().facts.insert(runs_.back().facts.end(), facts.begin(), facts.begin() + static_cast<std::ptrdiff_t>(n));
    facts = facts.subspan(n);
    facts_ += n;
    if (facts_ < kRestoredFactsMax) continue;
    if (auto sent = send_readings(); !sent) return sent;
  }
  return {};
}

Outcome<void> RestoreSender::send_readings() {
  if (runs_.empty()) return {};
  std::vector<Register> registers;
  std::map<std::int64_t, std::string_view> used;
  for (const Run& run : runs_)
    for (const Fact& fact : run.facts) {
      registers.push_back(fact.reg);
      if (const auto text = texts_.find(fact.value); text != texts_.end()) used.emplace(text->first, text->second);
    }
  std::ranges::sort(registers);
  registers.erase(std::unique(registers.begin(), registers.end()), registers.end());
  std::vector<std::string_view> texts;
  texts.reserve(used.size());
  for (const auto& [value, text] : used) texts.push_back(text);
  std::string body;
  meter::ReadingEntryWriter writer(body, 0, runs_.front().facts.front().start_ms, registers, texts);
  for (const Run& run : runs_) {
    writer.begin_run(run.meter, run.facts.size());
    for (const Fact& fact : run.facts)
      writer.add(fact, static_cast<std::size_t>(std::ranges::lower_bound(registers, fact.reg) - registers.begin()));
  }
  runs_.clear();
  facts_ = 0;
  return enqueue("/api/v1/restore/readings", std::move(body));
}

Outcome<void> RestoreSender::row(const meter::TransferRow& row) {
  rows_.add(row);
  rows_bytes_ += row.key.size() + row.payload.size();
  return rows_bytes_ < kRowsBytesMax ? Outcome<void>() : send_rows();
}

Outcome<void> RestoreSender::send_rows() {
  if (rows_.empty()) return {};
  rows_bytes_ = 0;
  return enqueue("/api/v1/restore/rows", rows_.finish());
}

Outcome<void> RestoreSender::enqueue(std::string target, std::string body) {
  Waiting one;
  one.request.method = "POST";
  one.request.target = std::move(target);
  one.request.content_type = "application/octet-stream";
  one.request.body = std::move(body);
  one.until_ns = session_.context().clock.monotonic_ns() + retry_ms_ * kNsPerMs;
  bytes_ += one.request.body.size();
  waiting_.push_back(std::move(one));
  return waiting_.size() < kRequestsAtOnce ? Outcome<void>() : flush();
}

Outcome<void> RestoreSender::finish() {
  if (auto sent = send_readings(); !sent) return sent;
  if (auto sent = send_rows(); !sent) return sent;
  texts_.clear();
  return flush();
}

Outcome<void> RestoreSender::flush() {
  while (!waiting_.empty()) {
    std::vector<Session::Raw> calls;
    calls.reserve(waiting_.size());
    for (const Waiting& one : waiting_) calls.push_back({nodes_[next_node_++ % nodes_.size()], one.request});
    const auto responses = session_.raw_each(calls, kRestoreWaitMs);
    std::vector<Waiting> again;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      auto done = judge(waiting_[i], calls[i].node, responses[i]);
      if (!done) return tl::unexpected(done.error());
      if (!*done) again.push_back(std::move(waiting_[i]));
    }
    waiting_ = std::move(again);
    if (!waiting_.empty()) session_.context().sleep(kRestorePauseMs);
  }
  return {};
}

Outcome<bool> RestoreSender::judge(const Waiting& one, const NodeAddress& node, const Result<ApiResponse>& response) {
  std::string why = response ? fmt::format("answered {}", response->status) : response.error().message;
  if (response) {
    const auto body = parse_json(response->body);
    if (response->status == 200 && body && (*body)["unknown_total"].integer() == 0) {
      refused_ += static_cast<std::uint64_t>((*body)["refused_total"].integer());
      if (const std::string& ack = (*body)["class"].string(); !ack.empty() && ack != "NONE")
        ack_ = weaker_ack(ack_, ack);
      return true;
    }
    if (response->status >= 400 && response->status < 500)
      return tl::unexpected(Session::refused(node.label(), response->status, body ? *body : Json()));
    if (body) why += ": " + (*body)["error"]["message"].string();
  }
  if (session_.context().clock.monotonic_ns() < one.until_ns) return false;
  return tl::unexpected(Trouble{
      kExitTimeIsUp,
      fmt::format(
          "Gave up after {}: {} {}\nRestore the same backup again later: what is there already stays as it is.\n",
          format_duration_ms(retry_ms_), node.label(), why)});
}

}  // namespace wattring::ctl
