// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_load.hpp"

#include <fmt/format.h>

#include <chrono>

#include "node/sim/hedging_sender.hpp"
#include "node/sim/http_sender.hpp"
#include "node/sim/native_sender.hpp"
#include "node/sim/run_plan.hpp"

namespace wattring::sim {
namespace {

constexpr std::string_view kPrefix = "M-";
constexpr int kRegisters = 3;
// Some disorder, as meters have it; it must not show.
constexpr double kDisorder = 0.01;
constexpr std::int64_t kConnectMs = 1000;
constexpr std::int64_t kLineReplyMs = 3000;
// Longer than all nodes together may take to say nothing.
constexpr std::int64_t kBatchReplyMs = 20'000;
constexpr std::int64_t kPatienceMs = 60'000;

LoadPlan load_of(const ChaosPlan& plan) {
  LoadPlan load;
  load.batch = plan.load.batch;
  load.rate = plan.load.rate;
  load.duration_ns = plan.duration_ms * 1'000'000;
  load.reply_timeout_ms = kBatchReplyMs;
  load.patience_ms = kPatienceMs;
  return load;
}

}  // namespace

ChaosClients::ChaosClients(const ChaosPlan& plan, std::uint64_t seed, const ChaosNodes& nodes, const Clock& clock)
    : plan_(plan), nodes_(nodes), clock_(clock) {
  RunOptions run;
  run.load = load_of(plan);
  run.fleet.seed = seed;
  run.fleet.meters = plan.load.meters;
  run.fleet.registers = kRegisters;
  run.fleet.faults.dup = kDisorder;
  run.fleet.faults.out_of_order = kDisorder;
  run.fleet.start_ms = choose_start_ms(run, clock.wall_ms());
  fleet_ = run.fleet;
}

ChaosClients::~ChaosClients() {
  interrupt();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::string ChaosClients::meter(std::uint32_t index) const {
  return std::string(MeterNames(kPrefix, fleet_.meters)(index));
}

Result<void> ChaosClients::start(const std::string& ledger, const std::string& command) {
  LedgerHeader header;
  header.created_ms = clock_.wall_ms();
  header.seed = fleet_.seed;
  header.meters = fleet_.meters;
  header.every_ms = fleet_.every_ms;
  header.prefix = kPrefix;
  header.cluster = kLocalClusterName;
  header.sent_as = "native and json";
  header.options = command;
  auto writer = LedgerWriter::create(ledger, header, kFleetRegisters);
  if (!writer) return Failure(writer.error());
  ledger_ = std::move(*writer);
  began_ns_ = clock_.monotonic_ns();
  for (std::uint32_t i = 0; i < plan_.load.clients; ++i) threads_.emplace_back([this, i] { run_client(i); });
  return {};
}

Connect ChaosClients::connector(std::uint32_t client) {
  const MeterNames names(kPrefix, fleet_.meters);
  const bool http = client < plan_.load.http_clients;
  return [this, client, names, http]() -> Result<std::unique_ptr<Sender>> {
    std::vector<HedgeLine> lines;
    for (std::size_t i = 0; i < nodes_.count(); ++i) {
      HedgeLine line;
      line.node = nodes_.name(i);
      if (http) {
        line.connect = [address = nodes_.http(i), names]() -> Result<std::unique_ptr<Sender>> {
          return make_http_sender(HttpClient({{address}, 0, kLineReplyMs, {}}), SendAs::json, names);
        };
      } else {
        line.connect = [address = nodes_.ingest(i), names] {
          return connect_native({.endpoint = address, .connect_timeout_ms = kConnectMs}, names);
        };
      }
      lines.push_back(std::move(line));
    }
    HedgeOptions options;
    options.first = client % nodes_.count();
    options.hedge_ms = plan_.load.hedge_ms;
    options.reply_timeout_ms = kLineReplyMs;
    return make_hedging_sender(options, std::move(lines), clock_, hedged_);
  };
}

void ChaosClients::run_client(std::uint32_t client) {
  const MeterShare share = share_of(fleet_.meters, plan_.load.clients, client);
  const auto pause = [](std::int64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); };
  const auto booked = [this, client](const BatchTrace& batch) {
    const std::lock_guard lock(mutex_);
    traces_.push_back({client, batch});
  };
  LoadClient one(plan_of(load_of(plan_), fleet_.meters, share), Fleet(fleet_, share.first, share.count),
                 connector(client), clock_, pause, ledger_.get(), shared_, booked);
  const Result<LoadResult> result = one.run();
  const std::lock_guard lock(mutex_);
  if (!result) trouble_ = result.error().text();
}

Result<void> ChaosClients::wait() {
  for (std::thread& thread : threads_) thread.join();
  ended_ns_ = began_ns_ + plan_.duration_ms * 1'000'000;
  if (!trouble_.empty()) return fail(ErrorCode::io, trouble_);
  return ledger_->end();
}

std::string ChaosClients::table() const {
  std::string text = "batch\tclient\tdue_ms\tfate_ms\treadings\tstored\tnode\tclass\tcopies\tattempts\n";
  for (const ClientTrace& trace : traces_) {
    const BatchTrace& batch = trace.batch;
    const auto after_ms = [&](std::int64_t at_ns) { return (at_ns - began_ns_) / 1'000'000; };
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", batch.id, trace.client, after_ms(batch.due_ns),
                        after_ms(batch.booked_ns), batch.readings, batch.stored, batch.promise.node,
                        batch.promise.ack_class, batch.promise.copies, batch.attempts);
  }
  return text;
}

LoadFigures ChaosClients::figures() const {
  LoadFigures load = figures_of(traces_, began_ns_, ended_ns_);
  load.refused = shared_.refused;
  load.unknown = shared_.unknown;
  load.turned_away = shared_.busy;
  load.hedged = hedged_;
  return load;
}

}  // namespace wattring::sim
