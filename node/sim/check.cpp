// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/time.hpp"
#include "node/sim/check_report.hpp"
#include "node/sim/http_read_back.hpp"
#include "node/sim/ledger_index.hpp"
#include "node/sim/options.hpp"
#include "node/sim/progress.hpp"

namespace wattring::sim {
namespace {

// 24 bytes each.
constexpr std::size_t kGroupReadingsMax = 4'000'000;

std::string_view ending_text(LedgerEnding ending) {
  switch (ending) {
    case LedgerEnding::clean:
      return "clean";
    case LedgerEnding::without_end_mark:
      return "killed";
    case LedgerEnding::torn:
      return "torn";
  }
  return "torn";
}

class Check {
 public:
  Check(const CheckOptions& options, std::atomic<bool>& stop) : options_(options), stop_(stop) {}
  int go();

 private:
  Result<void> check_all(const LedgerIndex& index);
  void check_group(const LedgerIndex& index, const std::vector<std::uint32_t>& meters,
                   std::vector<std::vector<SentReading>>& sent);
  void merge(MeterCheck check);

  const CheckOptions& options_;
  std::atomic<bool>& stop_;
  SystemClock clock_;
  CheckScope scope_;
  CheckReport report_;
  std::vector<HttpReadBack> doors_;
  std::optional<Progress> progress_;
};

void Check::merge(MeterCheck check) {
  report_.counts.add(check.counts);
  for (Evidence& evidence : check.evidence) {
    if (report_.evidence.size() < kEvidenceMax) report_.evidence.push_back(std::move(evidence));
  }
  if (report_.unread_reason.empty()) report_.unread_reason = std::move(check.unread_reason);
}

void Check::check_group(const LedgerIndex& index, const std::vector<std::uint32_t>& meters,
                        std::vector<std::vector<SentReading>>& sent) {
  std::vector<std::optional<MeterCheck>> checks(meters.size());
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  {
    std::vector<std::jthread> threads;
    threads.reserve(doors_.size());
    for (HttpReadBack& door : doors_) {
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < meters.size(); i = next++) {
          if (!stop_.load()) checks[i] = check_meter(index.meter_id(meters[i]), sent[i], scope_, door);
          ++done;
        }
      });
    }
    while (done.load() < meters.size()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      progress_->show(report_.counts.meters + done.load(), clock_.monotonic_ns());
    }
  }
  for (std::optional<MeterCheck>& check : checks) {
    if (check) merge(std::move(*check));
  }
}

Result<void> Check::check_all(const LedgerIndex& index) {
  const std::vector<std::uint32_t> all = choose_meters(index.sent_by_meter(), index.sent_by_meter().size(), 0);
  const std::vector<std::uint32_t> meters = choose_meters(index.sent_by_meter(), options_.sample, options_.sample_seed);
  report_.meters_in_ledger = all.size();
  scope_ = {index.first_ms(), index.last_ms() + 1, options_.intervals};
  progress_.emplace("meters", meters.size(), 0, clock_.monotonic_ns());
  for (const auto& group : group_meters(meters, index.sent_by_meter(), kGroupReadingsMax)) {
    auto sent = index.load_readings(group);
    if (!sent) return Failure(sent.error());
    check_group(index, group, *sent);
    if (stop_.load()) break;
  }
  progress_->clear();
  return {};
}

int Check::go() {
  const Result<LedgerIndex> index = LedgerIndex::load(options_.ledger);
  if (!index) {
    fmt::print(stderr, "{}\n", index.error().text());
    return index.error().code == ErrorCode::io ? kExitUsage : kExitInconclusive;
  }
  HttpClient::Options http{options_.node.nodes, 0, options_.node.timeout_ms, options_.node.token};
  if (const auto reply = HttpClient(http).get("/api/v1/status"); !reply) {
    fmt::print(stderr, "{}\n", reply.error().text());
    return kExitNoNode;
  }
  for (int i = 0; i < options_.threads; ++i, ++http.first_node) {
    doors_.emplace_back(HttpClient(http), clock_, options_.wait_ms);
  }
  report_.ledger = options_.ledger;
  report_.ending = ending_text(index->ending());
  report_.readings_sent = index->readings();
  report_.sample_seed = options_.sample_seed;
  if (auto ok = check_all(*index); !ok) {
    fmt::print(stderr, "{}\n", ok.error().text());
    return kExitInconclusive;
  }
  if (stop_.load()) return kExitInterrupted;
  report_.judgement = judge(report_.counts, options_.acked_share_min);
  fmt::print("{}", options_.json ? render_check_json(report_) : render_check(report_));
  switch (report_.judgement.verdict) {
    case Verdict::pass:
      return kExitDone;
    case Verdict::fail:
      return kExitDataWrong;
    case Verdict::inconclusive:
      return kExitInconclusive;
  }
  return kExitInternal;
}

}  // namespace

int run_check(const CheckOptions& options, std::atomic<bool>& stop) {
  return Check(options, stop).go();
}

}  // namespace wattring::sim
