// SPDX-License-Identifier: Apache-2.0
#include "node/app/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/prng.hpp"
#include "node/app/node.hpp"

namespace wattring::app {
namespace {

constexpr long kTickNs = 200'000'000;

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

/// SIGHUP: read the keys anew.
sigset_t awaited_signals() {
  sigset_t set = stop_signals();
  sigaddset(&set, SIGHUP);
  return set;
}

/// Whole or not at all: whoever waits for the file must not read half of it.
Result<void> write_endpoints(const std::filesystem::path& path, const cluster::Endpoints& endpoints) {
  const std::filesystem::path temporary = path.string() + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << fmt::format(R"({{"membership":"{}","peers":"{}","ingest":"{}","http":"{}","data":"{}","pid":{}}})",
                       endpoints.membership, endpoints.peers, endpoints.ingest, endpoints.http, endpoints.data,
                       getpid())
        << "\n";
    if (!out.flush()) return fail(ErrorCode::io, "cannot write " + temporary.string() + ": " + std::strerror(errno));
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return fail(ErrorCode::io, "cannot write " + path.string() + ": " + error.message());
  return {};
}

WriterId draw_writer() {
  WriterId writer;
  writer.bytes = os_random_128();
  return writer;
}

Prng draw_prng() {
  const auto bytes = os_random_128();
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof(seed));
  return Prng(seed);
}

int report(const Error& error) {
  fmt::print(stderr, "wattringd: {}\n", error.text());
  return exit_code_of(error.code);
}

/// Until a stop signal, a wish to leave, a failed journal, or a word of the cluster that this node must not go on.
void serve(Node& node) {
  const sigset_t signals = awaited_signals();
  const timespec tick{0, kTickNs};
  while (!node.failed() && !node.leave_asked() && !node.expelled()) {
    const int signal = sigtimedwait(&signals, nullptr, &tick);
    if (signal == SIGHUP) node.reload_keys();
    if (signal == SIGTERM || signal == SIGINT) return;
    node.tick();
  }
}

/// Drains and says goodbye. A second signal ends the process at once: what was acknowledged is on the disk anyway.
int stop(Node& node, Log& log) {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  const std::optional<Error> expelled = node.expelled();
  if (expelled) log.error("node_refused", expelled->text());
  log.info("stopping", "no new readings; finishing what is in flight and sealing");
  node.stop();
  log.info("stopped", expelled ? "refused by the cluster" : "clean");
  return expelled ? kExitData : kExitDone;
}

}  // namespace

int run_daemon(const RunOptions& options) {
  auto log = Log::create(options.config.log.level, options.config.log.format);
  if (!log) return report(log.error());
  // Blocked before any thread starts, so that every thread inherits it and only serve() sees them.
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  SystemClock clock;
  const std::filesystem::path endpoints_file = std::filesystem::path(options.data_dir) / "endpoints.json";
  auto node = Node::start({options.data_dir, options.config, options.version}, clock, draw_writer(), draw_prng(), *log);
  if (!node) return report(node.error());
  if (auto written = write_endpoints(endpoints_file, (*node)->endpoints()); !written) return report(written.error());
  const cluster::Endpoints& endpoints = (*node)->endpoints();
  for (const std::string& setting : options.settings) (*log)->info("setting", setting);
  (*log)->info("started", fmt::format("version {}, ingest {}, http {}, data in {}", options.version, endpoints.ingest,
                                      endpoints.http, options.data_dir));
  serve(**node);

  const bool failed = (*node)->failed();
  std::error_code ignored;
  std::filesystem::remove(endpoints_file, ignored);
  if (failed) {
    (*log)->error(
        "journal_failed",
        "the disk failed: a commit ended without a known outcome, or shards could not be read back; stopping, "
        "look at the disk and the kernel log, then start again");
    return kExitIo;
  }
  return stop(**node, **log);
}

}  // namespace wattring::app
