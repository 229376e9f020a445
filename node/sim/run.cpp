// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "base/time.hpp"
#include "cluster/curve.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/http_sender.hpp"
#include "node/sim/json.hpp"
#include "node/sim/load_report.hpp"
#include "node/sim/native_sender.hpp"
#include "node/sim/options.hpp"
#include "node/sim/progress.hpp"
#include "node/sim/run_plan.hpp"

namespace wattring::sim {
namespace {

void pause_for(std::int64_t ns) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(ns));
}

// Builds the batches and takes them at once; what is measured is then the generator.
class NullSender final : public Sender {
 public:
  explicit NullSender(const MeterNames& names) : names_(names) {}
  std::uint32_t credit() const override { return replies_.empty() ? 1 : 0; }
  Result<void> send(std::uint64_t ticket, std::span<const Reading> readings) override {
    build_batch(readings, names_, batch_);
    SendReply reply;
    reply.ticket = ticket;
    replies_.push_back(std::move(reply));
    return {};
  }
  std::vector<SendReply> receive(std::int64_t /*timeout_ms*/) override { return std::exchange(replies_, {}); }

 private:
  MeterNames names_;
  gateway::Batch batch_;
  std::vector<SendReply> replies_;
};

HttpClient::Options http_options(const NodeOptions& node, std::size_t first_node, std::int64_t timeout_ms) {
  return {node.nodes, first_node, timeout_ms, node.token};
}

Result<NodeFacts> ask_status(HttpClient& client) {
  const Result<HttpReply> reply = client.get("/api/v1/status");
  if (!reply) return Failure(reply.error());
  if (reply->status != 200) return fail(ErrorCode::io, client.node() + ": " + error_text(reply->status, reply->body));
  Result<NodeFacts> facts = parse_status(reply->body);
  if (!facts) return facts;
  // A node that listens on all addresses is reached where its HTTP is.
  if (facts->ingest.starts_with("0.0.0.0:") || facts->ingest.starts_with("[::]:")) {
    const Result<HostPort> host = parse_host_port(client.node());
    if (host) facts->ingest = host->host + facts->ingest.substr(facts->ingest.rfind(':'));
  }
  return facts;
}

class Run {
 public:
  Run(const RunOptions& options, std::atomic<bool>& stop) : options_(options), stop_(stop) {}
  int go();

 private:
  Result<void> look_at_node();
  Result<void> open_ledger();
  Connect connector(std::size_t client);
  void start_clients();
  void watch();
  LoadReport collect();
  int exit_code(const LoadReport& report) const;

  RunOptions options_;
  std::atomic<bool>& stop_;
  SystemClock clock_;
  LoadShared shared_;
  NodeFacts facts_;
  std::string target_;
  std::optional<cluster::CurveKeys> keys_;
  std::string ledger_path_;
  std::unique_ptr<LedgerWriter> ledger_;
  std::vector<std::optional<Result<LoadResult>>> results_;
  std::atomic<std::size_t> running_{0};
  std::vector<std::jthread> threads_;
  std::int64_t begun_ns_ = 0;
  std::int64_t ended_ns_ = 0;
};

Result<void> Run::look_at_node() {
  if (options_.generate_only) return {};
  const bool native = options_.as == SendAs::native;
  if (native && !options_.keys.empty()) {
    auto keys = cluster::load_key_file(options_.keys);
    if (!keys) return Failure(keys.error());
    keys_ = std::move(*keys);
  }
  if (native && !options_.ingest.empty()) {
    target_ = options_.ingest;
    return {};
  }
  HttpClient client(http_options(options_.node, 0, options_.node.timeout_ms));
  Result<NodeFacts> facts = ask_status(client);
  if (!facts) return Failure(facts.error());
  facts_ = std::move(*facts);
  target_ = native ? facts_.ingest : client.node();
  if (target_.empty()) {
    return fail(ErrorCode::io, "the node " + client.node() + " has no native ingest endpoint", "try --as line");
  }
  return {};
}

Result<void> Run::open_ledger() {
  options_.fleet.start_ms = choose_start_ms(options_, clock_.wall_ms());
  if (!options_.write_ledger || options_.generate_only) return {};
  ledger_path_ = options_.ledger.empty() ? fmt::format("ledger-{}.bin", options_.fleet.seed) : options_.ledger;
  LedgerHeader header;
  header.created_ms = clock_.wall_ms();
  header.seed = options_.fleet.seed;
  header.meters = options_.fleet.meters;
  header.every_ms = options_.fleet.every_ms;
  header.prefix = options_.prefix;
  header.cluster = facts_.cluster;
  header.sent_as = to_string(options_.as);
  header.options = options_.command_line;
  auto ledger = LedgerWriter::create(ledger_path_, header, kFleetRegisters);
  if (!ledger) return Failure(ledger.error());
  ledger_ = std::move(*ledger);
  return {};
}

Connect Run::connector(std::size_t client) {
  const MeterNames names(options_.prefix, options_.fleet.meters);
  if (options_.generate_only) {
    return [names]() -> Result<std::unique_ptr<Sender>> { return std::make_unique<NullSender>(names); };
  }
  if (options_.as != SendAs::native) {
    return [this, client, names, attempt = std::size_t{0}]() mutable -> Result<std::unique_ptr<Sender>> {
      return make_http_sender(
          HttpClient(http_options(options_.node, client + attempt++, options_.load.reply_timeout_ms)), options_.as,
          names);
    };
  }
  return [this, client, names, attempt = std::size_t{0}]() mutable -> Result<std::unique_ptr<Sender>> {
    gateway::NativeClient::Options native{
        .endpoint = options_.ingest, .connect_timeout_ms = options_.node.timeout_ms, .keys = keys_};
    if (!native.endpoint.empty()) return connect_native(native, names);
    // Asked for anew each time: a restarted node may listen elsewhere.
    HttpClient http(http_options(options_.node, client + attempt++, native.connect_timeout_ms));
    const Result<NodeFacts> facts = ask_status(http);
    if (!facts) return Failure(facts.error());
    native.endpoint = facts->ingest;
    return connect_native(native, names);
  };
}

void Run::start_clients() {
  const std::uint32_t clients = std::min(options_.clients, options_.fleet.meters);
  results_.resize(clients);
  running_ = clients;
  begun_ns_ = clock_.monotonic_ns();
  for (std::uint32_t i = 0; i < clients; ++i) {
    threads_.emplace_back([this, i, clients] {
      const MeterShare share = share_of(options_.fleet.meters, clients, i);
      LoadClient client(plan_of(options_.load, options_.fleet.meters, share),
                        Fleet(options_.fleet, share.first, share.count), connector(i), clock_, pause_for, ledger_.get(),
                        shared_);
      results_[i].emplace(client.run());
      if (--running_ == 0) ended_ns_ = clock_.monotonic_ns();
      running_.notify_all();
    });
  }
}

void Run::watch() {
  Progress progress("readings acked", options_.load.readings_max, static_cast<double>(options_.load.duration_ns) / 1e9,
                    begun_ns_);
  while (running_.load() > 0) {
    pause_for(50'000'000);
    if (stop_.load()) shared_.stop = true;
    progress.show(shared_.acked.load(), clock_.monotonic_ns(),
                  shared_.busy.load() > 0 ? fmt::format("turned away {}", shared_.busy.load()) : "");
  }
  threads_.clear();
  progress.clear();
}

LoadReport Run::collect() {
  LoadReport report;
  report.cluster = facts_.cluster;
  report.version = facts_.version;
  report.target = target_;
  report.sent = shared_.sent;
  report.acked = shared_.acked;
  report.refused = shared_.refused;
  report.unknown = shared_.unknown;
  report.busy = shared_.busy;
  report.resent = shared_.resent;
  report.reconnects = shared_.reconnects;
  report.seconds = static_cast<double>(ended_ns_ - begun_ns_) / 1e9;
  report.ledger = ledger_path_;
  report.interrupted = stop_.load();
  for (const auto& result : results_) {
    if (!result || !result->has_value()) continue;
    const LoadResult& one = result->value();
    report.all.latency.merge(one.latency);
    report.all.faults.add(one.faults);
    report.all.gave_up = report.all.gave_up || one.gave_up;
    report.all.reached_horizon = report.all.reached_horizon || one.reached_horizon;
    if (!one.trouble.empty()) report.all.trouble = one.trouble;
  }
  return report;
}

int Run::exit_code(const LoadReport& report) const {
  if (report.interrupted) return kExitInterrupted;
  if (report.all.gave_up) return kExitNoNode;
  return missed_limit(options_, report).empty() ? kExitDone : kExitLimitMissed;
}

int Run::go() {
  if (auto ok = look_at_node(); !ok) {
    fmt::print(stderr, "{}\n", ok.error().text());
    return kExitNoNode;
  }
  if (auto ok = open_ledger(); !ok) {
    fmt::print(stderr, "{}\n", ok.error().text());
    return kExitUsage;
  }
  fmt::print(stderr, "{}", describe_run(options_, target_));
  start_clients();
  watch();
  for (const auto& result : results_) {
    if (result->has_value()) continue;
    fmt::print(stderr, "{}\n", result->error().text());
    return kExitInternal;
  }
  if (ledger_) {
    if (auto ok = ledger_->end(); !ok) {
      fmt::print(stderr, "{}\n", ok.error().text());
      return kExitInternal;
    }
  }
  const LoadReport report = collect();
  fmt::print(options_.bench ? stderr : stdout, "{}", render_report(options_, report));
  if (options_.bench) fmt::print("{}", render_bench_json(options_, report));
  if (const std::string missed = missed_limit(options_, report); !missed.empty()) {
    fmt::print(stderr, "limit missed: {}\n", missed);
  }
  return exit_code(report);
}

}  // namespace

int run_load(const RunOptions& options, std::atomic<bool>& stop) {
  return Run(options, stop).go();
}

}  // namespace wattring::sim
