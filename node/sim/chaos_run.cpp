// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "node/sim/chaos_load.hpp"
#include "node/sim/chaos_nemesis.hpp"
#include "node/sim/chaos_timeline.hpp"
#include "node/sim/chaos_verify.hpp"
#include "node/sim/chaos_watch.hpp"
#include "node/sim/options.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kRingWaitMs = 90'000;
constexpr std::int64_t kStopAllWaitMs = 30'000;
constexpr std::uint32_t kProbedMeters = 30;
// The first steps of the load only: few readings of each meter.
constexpr std::int64_t kProbedSpanMs = 3'600'000;
// All has to be quiet for so long: nodes count some things once a second only.
constexpr std::int64_t kQuietMs = 1500;

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::io, "cannot write " + path);
  return {};
}

std::string find_clock_library() {
  std::error_code ignored;
  for (const auto& folder : std::filesystem::directory_iterator("/usr/lib", ignored)) {
    const std::filesystem::path file = folder.path() / "faketime/libfaketimeMT.so.1";
    if (std::filesystem::exists(file, ignored)) return file.string();
  }
  return {};
}

class Chaos {
 public:
  Chaos(const ChaosRun& run, std::atomic<bool>& stop) : run_(run), stop_(stop) {}
  ChaosReport go();

 private:
  Result<void> prepare(ChaosNodes::Options& options);
  Result<void> start();
  Result<void> hurt();
  Result<void> read_back();
  bool is_rotten(const std::string& node) const;
  void find_untold();
  void finish();
  std::string wait_quiet(std::int64_t most_ms);
  std::vector<NodeLook> look() const;
  std::int64_t now_ms() const { return clock_.monotonic_ns() / 1'000'000; }
  void tidy();

  const ChaosRun& run_;
  std::atomic<bool>& stop_;
  SystemClock clock_;
  ChaosReport report_;
  std::unique_ptr<ChaosNetwork> network_;
  std::unique_ptr<ChaosNodes> nodes_;
  std::unique_ptr<ChaosClients> clients_;
  int copies_ = 0;
};

std::vector<NodeLook> Chaos::look() const {
  std::vector<NodeLook> looks;
  for (std::size_t i = 0; i < nodes_->count(); ++i) {
    if (!nodes_->lost(i)) looks.push_back(look_at(nodes_->name(i), nodes_->http(i)));
  }
  return looks;
}

std::string Chaos::wait_quiet(std::int64_t most_ms) {
  const std::int64_t until_ms = now_ms() + most_ms;
  for (std::int64_t quiet_since_ms = now_ms(); now_ms() - quiet_since_ms < kQuietMs;) {
    std::string missing = what_is_missing(look());
    if (!missing.empty()) quiet_since_ms = now_ms();
    if (stop_.load()) return "interrupted";
    if (!missing.empty() && now_ms() > until_ms) return missing;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return {};
}

// What a plan needs of the machine. Without it there is no verdict.
Result<void> Chaos::prepare(ChaosNodes::Options& options) {
  if (has_fault(run_.plan, FaultKind::partition)) {
    auto network = ChaosNetwork::make(static_cast<std::size_t>(run_.plan.nodes), run_.folder + "/network.log");
    if (!network) return Failure(network.error());
    network_ = std::move(*network);
    options.network = network_.get();
  }
  if (has_fault(run_.plan, FaultKind::clock)) {
    options.clock_library = find_clock_library();
    if (options.clock_library.empty()) {
      return fail(ErrorCode::not_found, "clocks cannot be moved here: there is no libfaketime",
                  "install the Debian package libfaketime");
    }
  }
  return {};
}

Result<void> Chaos::start() {
  const std::int64_t began_ms = now_ms();
  ChaosNodes::Options options;
  options.dir = run_.folder + "/nodes";
  options.program = run_.program;
  options.nodes = run_.plan.nodes;
  options.settings = run_.plan.settings;
  if (auto ok = prepare(options); !ok) return ok;
  auto nodes = ChaosNodes::up(options, clock_, stop_);
  if (!nodes) return Failure(nodes.error());
  nodes_ = std::move(*nodes);
  if (const std::string missing = wait_quiet(kRingWaitMs); !missing.empty()) {
    return fail(ErrorCode::busy, "the cluster was not whole before anything was done: " + missing);
  }
  report_.ring_ms = now_ms() - began_ms;
  const auto looks = look();
  if (!looks.front().status) return fail(ErrorCode::io, "n1 does not answer");
  report_.version = looks.front().status->version;
  // A node that counts its shards copies readings.
  if (looks.front().status->shards_owned >= 0) copies_ = std::min(run_.plan.copies, run_.plan.nodes);
  return {};
}

Result<void> Chaos::hurt() {
  clients_ = std::make_unique<ChaosClients>(run_.plan, run_.seed, *nodes_, clock_);
  if (auto ok = clients_->start(run_.folder + "/ledger.bin", run_.replay); !ok) return ok;
  std::vector<std::string> meters;
  const std::uint32_t step = std::max<std::uint32_t>(1, run_.plan.load.meters / kProbedMeters);
  for (std::uint32_t i = 0; i < run_.plan.load.meters; i += step) meters.push_back(clients_->meter(i));
  const std::int64_t from_ms = clients_->first_event_ms();
  HomeProbe probe(*nodes_, clock_, std::move(meters), {from_ms, from_ms + kProbedSpanMs});
  Nemesis nemesis(run_.plan, run_.seed, clients_->began_ns(), {*nodes_, probe, network_.get(), clock_, stop_});
  std::vector<SeenChange> changes;
  {
    const ChaosWatch watch(*nodes_, clock_);
    nemesis.run();
    if (stop_.load()) clients_->interrupt();
    if (auto ok = clients_->wait(); !ok) return ok;
    changes = watch.changes();
  }
  if (auto ok = write_file(run_.folder + "/acks.tsv", clients_->table()); !ok) return ok;
  report_.load = clients_->figures();
  report_.faults = nemesis.records();
  const std::int64_t ended_ns = clients_->began_ns() + run_.plan.duration_ms * 1'000'000;
  measure_waits(clients_->traces(), clients_->began_ns(), ended_ns, report_.faults);
  measure_detection(changes, clients_->began_ns(), report_.faults);
  report_.trouble = nemesis.trouble();
  report_.crashed = nemesis.crashed();
  return {};
}

Result<void> Chaos::read_back() {
  const std::int64_t began_ms = now_ms();
  if (const std::string crashed = nodes_->crashed(); !crashed.empty()) {
    report_.crashed += (report_.crashed.empty() ? "" : "; ") + crashed + " ended without being asked";
  }
  report_.not_quiet = wait_quiet(run_.plan.settle_ms);
  if (report_.not_quiet.empty()) report_.quiet_ms = now_ms() - began_ms;
  std::vector<VerifyNode> nodes;
  for (std::size_t i = 0; i < nodes_->count(); ++i) {
    if (nodes_->runs(i)) nodes.push_back({nodes_->name(i), nodes_->http(i), is_rotten(nodes_->name(i))});
  }
  for (std::size_t i = 0; i < nodes_->count(); ++i) report_.lost_nodes += nodes_->lost(i) ? 1 : 0;
  VerifyOptions options;
  options.ledger = run_.folder + "/ledger.bin";
  // A lost node stays an owner until somebody removes it.
  options.copies = std::max(0, copies_ - report_.lost_nodes);
  options.began_ns = clients_->began_ns();
  if (auto ok = verify_everything(options, nodes, clients_->traces(), clock_, report_); !ok) return ok;
  find_untold();
  return {};
}

bool Chaos::is_rotten(const std::string& node) const {
  return std::any_of(report_.faults.begin(), report_.faults.end(),
                     [&](const FaultRecord& fault) { return fault.kind == "rot" && fault.node == node; });
}

// Damage must be found, and told: by the node itself, once everything has been read.
void Chaos::find_untold() {
  for (FaultRecord& fault : report_.faults) {
    if (fault.kind != "rot" || !fault.took_hold) continue;
    for (const NodeLook& look : look()) {
      if (look.name != fault.node || !look.status) continue;
      fault.proof += fmt::format(", it tells of {}", look.status->corrupt_values);
      if (look.status->corrupt_values <= 0) report_.untold += (report_.untold.empty() ? "" : ", ") + fault.node;
    }
  }
}

void Chaos::tidy() {
  if (run_.keep || report_.verdict != Verdict::pass) return;
  std::error_code ignored;
  std::filesystem::remove_all(run_.folder + "/nodes", ignored);
  std::filesystem::remove(run_.folder + "/ledger.bin", ignored);
  std::filesystem::remove(run_.folder + "/acks.tsv", ignored);
}

void Chaos::finish() {
  if (nodes_) {
    const std::string badly = nodes_->stop_all(kStopAllWaitMs);
    if (!badly.empty() && report_.crashed.empty()) report_.crashed = "asked to end, " + badly;
    nodes_.reset();
  }
  report_.timeline = timeline_of(report_);
  judge_chaos(report_);
  if (stop_.load()) report_.exit_code = kExitInterrupted;
}

ChaosReport Chaos::go() {
  report_.plan = run_.plan;
  report_.seed = run_.seed;
  report_.folder = run_.folder;
  report_.replay = run_.replay;
  report_.started = format_rfc3339(clock_.wall_ms());
  std::error_code error;
  std::filesystem::create_directories(run_.folder, error);
  for (const auto step : {&Chaos::start, &Chaos::hurt, &Chaos::read_back}) {
    if (stop_.load()) break;
    const Result<void> done = (this->*step)();
    if (done) continue;
    report_.trouble += (report_.trouble.empty() ? "" : "; ") + done.error().text();
    break;
  }
  clients_.reset();
  finish();
  if (auto written = write_chaos_report(report_); !written) report_.trouble = written.error().text();
  tidy();
  return std::move(report_);
}

}  // namespace

Result<void> write_chaos_report(const ChaosReport& report) {
  if (auto ok = write_file(report.folder + "/report.json", render_chaos_json(report)); !ok) return ok;
  if (auto ok = write_file(report.folder + "/junit.xml", render_chaos_junit(report)); !ok) return ok;
  if (!report.evidence.empty()) {
    std::string lines;
    for (const std::string& line : report.evidence) lines += line + "\n";
    if (auto ok = write_file(report.folder + "/lost.txt", lines); !ok) return ok;
  }
  return write_file(report.folder + "/report.html", render_chaos_html(report));
}

ChaosReport do_chaos(const ChaosRun& run, std::atomic<bool>& stop) {
  return Chaos(run, stop).go();
}

}  // namespace wattring::sim
