// SPDX-License-Identifier: Apache-2.0
// Actors of two nodes on loopback sockets: how many messages a second go one way, and how long a question takes.
//
//   remote_bench [--rounds 5] [--messages 1000000] [--asks 5000] [--payload 16]

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "cluster/view.hpp"
#include "cluster/zmq_context.hpp"
#include "node/actor/ask.hpp"
#include "node/actor/match.hpp"
#include "node/actor/ping.hpp"
#include "node/app/remote_system.hpp"

namespace {

struct Load {
  std::string bytes;
  [[nodiscard]] std::size_t message_bytes() const { return bytes.size(); }
};

}  // namespace

template <>
struct wattring::actor::WireFormat<Load> {
  static constexpr std::uint16_t kNumber = 2000;
  static constexpr std::string_view kName = "load";
  static void write(PackWriter& writer, const Load& load) { writer.binary(load.bytes); }
  static bool read(PackReader& reader, Load& load) {
    std::string_view bytes;
    if (!reader.read_text(bytes)) return false;
    load.bytes = bytes;
    return true;
  }
};

namespace {

using namespace wattring;         // NOLINT(google-build-using-namespace): a program's own file
using namespace wattring::actor;  // NOLINT(google-build-using-namespace)
using std::chrono::steady_clock;

struct Options {
  std::size_t rounds = 5;
  std::size_t messages = 1'000'000;
  std::size_t asks = 5'000;
  std::size_t payload = 16;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    const std::size_t value = std::max(1UL, std::strtoul(argv[i + 1], nullptr, 10));
    if (key == "--rounds") options.rounds = value;
    if (key == "--messages") options.messages = value;
    if (key == "--asks") options.asks = value;
    if (key == "--payload") options.payload = value;
  }
  return options;
}

class Sink final : public TypedActor<Sink, Load> {
 public:
  explicit Sink(std::atomic<std::size_t>& received) : received_(received) {}
  void on(Context&, const Load&) { received_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t>& received_;
};

/// Two nodes that know each other.
struct Pair {
  Pair() {
    auto codecs = std::make_shared<MessageCodecs>();
    add_system_codecs(*codecs);
    codecs->add<Load>();
    for (std::uint8_t i = 0; i < 2; ++i) {
      const app::RemoteSystem::Options options{NodeId{{std::uint8_t(i + 1)}}, 7, "127.0.0.1:0", i};
      nodes[i] = app::RemoteSystem::start(options, {cluster::ZmqContext::create().value(), nullptr, clock, metrics[i],
                                                    Log::silent(), codecs})
                     .value();
    }
    auto view = std::make_shared<cluster::View>();
    for (std::uint8_t i = 0; i < 2; ++i) {
      auto record = std::make_shared<cluster::Record>();
      record->id = nodes[i]->system().node();
      record->life = {1, std::uint64_t{i} + 1};
      record->endpoints.peers = nodes[i]->endpoint();
      view->members.emplace_back().record = std::move(record);
    }
    for (auto& node : nodes) node->set_view(view);
    while (!nodes[0]->ping(nodes[1]->system().node(), 200)) {
    }
  }
  SystemClock clock;
  Metrics metrics[2];
  std::unique_ptr<app::RemoteSystem> nodes[2];
};

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

double tell_rate(Pair& pair, const Options& options, const std::string& name) {
  std::atomic<std::size_t> received{0};
  const auto sink = pair.nodes[1]->system().spawn(
      Props::make<Sink>(std::ref(received)).with_mailbox({.messages_max = 1U << 22U, .bytes_max = 1U << 30U}), name);
  const ActorRef there = pair.nodes[0]->system().ref({pair.nodes[1]->system().node(), "/" + name});
  const std::string payload(options.payload, 'x');
  const auto start = steady_clock::now();
  for (std::size_t i = 0; i < options.messages; ++i)
    while (there.tell(Load{payload}) == Delivery::full) std::this_thread::yield();
  while (received.load() < options.messages && seconds_since(start) < 60) std::this_thread::yield();
  const double rate = static_cast<double>(received.load()) / seconds_since(start);
  pair.nodes[1]->system().stop(*sink);
  return rate;
}

std::vector<double> ask_latencies_us(Pair& pair, const Options& options) {
  std::vector<double> us;
  for (std::size_t i = 0; i < options.asks; ++i) {
    const auto round_trip = pair.nodes[0]->ping(pair.nodes[1]->system().node(), 5'000);
    if (round_trip) us.push_back(static_cast<double>(*round_trip) * 1e-3);
  }
  std::ranges::sort(us);
  return us;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Pair pair;
  std::vector<double> rates;
  std::vector<double> p50;
  std::vector<double> p99;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    rates.push_back(tell_rate(pair, options, "sink" + std::to_string(round)));
    const std::vector<double> us = ask_latencies_us(pair, options);
    if (us.empty()) return 1;
    p50.push_back(us[us.size() / 2]);
    p99.push_back(us[us.size() * 99 / 100]);
  }
  fmt::print("one-way tells of {} bytes: {:.0f}/s (median of {} rounds; {:.0f} to {:.0f})\n", options.payload,
             median(rates), options.rounds, *std::ranges::min_element(rates), *std::ranges::max_element(rates));
  fmt::print("ask and answer: p50 {:.0f} us, p99 {:.0f} us (medians of {} rounds of {})\n", median(p50), median(p99),
             options.rounds, options.asks);
  for (auto& node : pair.nodes) node->stop();
  return 0;
}
