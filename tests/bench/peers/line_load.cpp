// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "base/time.hpp"
#include "tests/bench/peers/batch_text.hpp"
#include "tests/bench/peers/doors.hpp"

/// Sends readings of many meters to a store for a number of seconds and prints one JSON object about it. Closed loop:
/// each connection sends the next batch when the last is answered. Open loop: batches are due at fixed times, and a
/// late one's latency counts from when it was due.

namespace wattring::bench {
namespace {

struct Outcome {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::uint64_t turned_away = 0;  ///< lines
  std::vector<std::int64_t> latencies_ns;
  std::string error;
};

LineShape shape_of(const Options& options) {
  if (options.protocol == "redis") return redis_xadd();
  return options.protocol == "copy" ? copy_row() : influx_line();
}

/// One connection's share: every connections-th batch of the meters, so that a meter's readings stay in order.
class Connection {
 public:
  Connection(const Options& options, std::size_t index) : options_(options), index_(index) {
    const std::size_t batches = options.meters / options.batch / options.connections;
    for (std::size_t i = 0; i < batches; ++i)
      bodies_.emplace_back(shape_of(options), (i * options.connections + index) * options.batch, options.batch);
  }

  void run(const Clock& clock, std::int64_t start_ns, Outcome& out) {
    auto door = open_door(options_);
    if (!door) {
      out.error = door.error().text();
      return;
    }
    const auto end_ns = start_ns + static_cast<std::int64_t>(options_.seconds * 1e9);
    for (std::uint64_t sent = 0; out.error.empty(); ++sent) {
      const std::int64_t due_ns = options_.lines_per_s > 0 ? start_ns + due_offset_ns(sent) : clock.monotonic_ns();
      if (due_ns >= end_ns) break;
      if (const std::int64_t wait_ns = due_ns - clock.monotonic_ns(); wait_ns > 0)
        std::this_thread::sleep_for(std::chrono::nanoseconds(wait_ns));
      send(**door, sent, out);
      out.latencies_ns.push_back(clock.monotonic_ns() - due_ns);
    }
    if (auto finished = (*door)->finish(); !finished && out.error.empty()) out.error = finished.error().text();
  }

 private:
  [[nodiscard]] std::int64_t due_offset_ns(std::uint64_t sent) const {
    const double batch_ns = 1e9 * static_cast<double>(options_.batch) / options_.lines_per_s;
    return static_cast<std::int64_t>(batch_ns * static_cast<double>(sent * options_.connections + index_));
  }

  void send(Door& door, std::uint64_t sent, Outcome& out) {
    BatchText& body = bodies_[sent % bodies_.size()];
    const auto round = static_cast<std::int64_t>(sent / bodies_.size());
    const std::string_view text = body.next(options_.start_ms + round * options_.step_ms);
    const auto taken = door.send(text, body.lines());
    if (!taken) {
      out.error = taken.error().text();
    } else if (*taken) {
      out.lines += body.lines();
      out.bytes += text.size();
    } else {
      out.turned_away += body.lines();
    }
  }

  const Options& options_;
  std::size_t index_;
  std::vector<BatchText> bodies_;
};

double quantile_ms(const std::vector<std::int64_t>& sorted, double q) {
  if (sorted.empty()) return 0;
  return static_cast<double>(sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]) * 1e-6;
}

int run(const Options& options) {
  const SystemClock clock;
  std::vector<Connection> connections;
  for (std::size_t i = 0; i < options.connections; ++i) connections.emplace_back(options, i);
  std::vector<Outcome> outcomes(options.connections);
  const std::int64_t start_ns = clock.monotonic_ns();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < options.connections; ++i)
      threads.emplace_back([&, i] { connections[i].run(clock, start_ns, outcomes[i]); });
  }
  const double seconds = static_cast<double>(clock.monotonic_ns() - start_ns) * 1e-9;
  Outcome all;
  for (const Outcome& outcome : outcomes) {
    all.lines += outcome.lines;
    all.bytes += outcome.bytes;
    all.turned_away += outcome.turned_away;
    all.latencies_ns.insert(all.latencies_ns.end(), outcome.latencies_ns.begin(), outcome.latencies_ns.end());
    if (!outcome.error.empty()) all.error = outcome.error;
  }
  if (!all.error.empty()) {
    fmt::print(stderr, "line_load: {}\n", all.error);
    return 1;
  }
  std::sort(all.latencies_ns.begin(), all.latencies_ns.end());
  fmt::print(R"({{"seconds":{:.3f},"lines":{},"bytes":{},"turned_away":{},"lines_per_s":{:.0f},)"
             R"("p50_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f}}})"
             "\n",
             seconds, all.lines, all.bytes, all.turned_away, static_cast<double>(all.lines) / seconds,
             quantile_ms(all.latencies_ns, 0.5), quantile_ms(all.latencies_ns, 0.99), quantile_ms(all.latencies_ns, 1));
  return 0;
}

}  // namespace
}  // namespace wattring::bench

int main(int argc, char** argv) {
  // A peer that goes away is an error of one write, not the end of this process.
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = wattring::bench::parse_options({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!options) {
    fmt::print(stderr, "line_load: {}\n", options.error().text());
    return 2;
  }
  return wattring::bench::run(*options);
}
