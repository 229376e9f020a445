// SPDX-License-Identifier: Apache-2.0
// Copies of readings between two nodes over loopback: packs of one size as fast as they go, through codec and sockets.
//
//   data_bench [--kib 1024] [--seconds 3]

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "node/app/data_links.hpp"

namespace {

using namespace wattring;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::uint64_t kWindow = 8U << 20U;

struct Side {
  explicit Side(std::uint8_t number) {
    id.bytes[0] = number;
    context = cluster::ZmqContext::create().value();
    auto transport = app::open_data_transport("127.0.0.1:0", context, nullptr, clock, metrics, Log::silent()).value();
    links = std::make_unique<app::DataLinks>(app::DataLinks::Options{id, 1}, std::move(transport), metrics);
  }
  [[nodiscard]] cluster::MemberView member() const {
    cluster::Record record;
    record.id = id;
    record.life = {1, id.bytes[0]};
    record.name = "n";
    record.endpoints.data = links->endpoint();
    cluster::MemberView view;
    view.record = std::make_shared<const cluster::Record>(std::move(record));
    return view;
  }
  SystemClock clock;
  Metrics metrics;
  NodeId id;
  std::shared_ptr<cluster::ZmqContext> context;
  std::unique_ptr<app::DataLinks> links;
};

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::size_t> given{{"--kib", 1024}, {"--seconds", 3}};
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = std::strtoull(argv[i + 1], nullptr, 10);
  Side from(1);
  Side to(2);
  cluster::View view;
  view.members = {from.member(), to.member()};
  from.links->set_view(view, 0);
  to.links->set_view(view, 0);

  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> arrived{0};
  std::thread receiver([&] {
    std::vector<app::DataLinks::Received> received;
    while (!done) {
      to.links->receive(50'000'000, received);
      for (const auto& one : received)
        if (const auto* message = std::get_if<sharding::PeerMessage>(&one.payload))
          arrived += std::get<sharding::message::Append>(message->body).pack->size();
      received.clear();
    }
  });
  std::vector<app::DataLinks::Received> nothing;
  for (int i = 0; i < 20; ++i) from.links->receive(10'000'000, nothing);

  const auto pack = std::make_shared<const std::string>(given["--kib"] << 10U, 'p');
  const std::int64_t start = from.clock.monotonic_ns();
  std::uint64_t sent = 0;
  std::uint64_t number = 0;
  while (from.clock.monotonic_ns() - start < static_cast<std::int64_t>(given["--seconds"]) * 1'000'000'000) {
    from.links->receive(0, nothing);
    if (sent - arrived > kWindow) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    const sharding::PeerMessage message{{1, 1}, 1, sharding::message::Append{++number, pack}};
    if (from.links->send(to.id, message)) sent += pack->size();
  }
  const double seconds = static_cast<double>(from.clock.monotonic_ns() - start) * 1e-9;
  fmt::print("{{\"pack_kib\":{},\"mb_per_s\":{:.0f}}}\n", given["--kib"], static_cast<double>(arrived) / 1e6 / seconds);
  done = true;
  receiver.join();
}
