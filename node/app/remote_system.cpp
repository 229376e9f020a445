// SPDX-License-Identifier: Apache-2.0
#include "node/app/remote_system.hpp"

#include <utility>

#include "cluster/zmq_transport.hpp"
#include "node/actor/ask.hpp"
#include "node/actor/ping.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kActorsStartMs = 60'000;
constexpr std::int64_t kActorsEndMs = 5'000;
/// Frames for one peer that may be under way; each has up to 64 KiB, so this bounds memory too.
constexpr int kFramesUnderWay = 64;

std::shared_ptr<const actor::MessageCodecs> codecs_of(const RemoteSystem::Doors& doors) {
  if (doors.codecs) return doors.codecs;
  auto codecs = std::make_shared<actor::MessageCodecs>();
  actor::add_system_codecs(*codecs);
  return codecs;
}

/// Not owned: the clock outlives all.
std::shared_ptr<const Clock> borrowed(const Clock& clock) {
  return {std::shared_ptr<const Clock>(), &clock};
}

actor::RemoteLinks::Options links_of(const RemoteSystem::Options& options) {
  actor::RemoteLinks::Options links;
  links.self = options.node;
  links.cluster = options.cluster;
  return links;
}

actor::SystemOptions system_of(const RemoteSystem::Options& options, const RemoteSystem::Doors& doors,
                               actor::RemoteTransport& transport) {
  actor::SystemOptions system;
  system.node = options.node;
  system.clock = borrowed(doors.clock);
  system.seed = options.seed;
  system.log = doors.log;
  system.transport = &transport;
  return system;
}

}  // namespace

RemoteSystem::RemoteSystem(const Options& options, const Doors& doors)
    : clock_(doors.clock),
      remote_(links_of(options), {codecs_of(doors), borrowed(doors.clock), doors.metrics, doors.log}),
      system_(system_of(options, doors, remote_)) {}

RemoteSystem::~RemoteSystem() {
  stop();
}

Result<std::unique_ptr<RemoteSystem>> RemoteSystem::start(const Options& options, const Doors& doors) {
  cluster::ZmqTransport::Options listen;
  listen.endpoint = options.endpoint;
  listen.name = "peers";
  listen.frame_bytes_max = actor::kRemoteFrameBytesMax;
  listen.send_queue = kFramesUnderWay;
  listen.receive_queue = kFramesUnderWay;
  auto transport =
      cluster::ZmqTransport::open(listen, doors.context, doors.security, doors.clock, doors.metrics, doors.log);
  if (!transport) return Failure(transport.error());
  std::unique_ptr<RemoteSystem> made(new RemoteSystem(options, doors));
  made->system_.start();
  const auto spawned = actor::spawn_system_actors(made->system_);
  if (!spawned) return Failure(spawned.error());
  // Before anybody else can ask for them.
  const auto there = actor::ask(made->system_, *spawned, actor::Ping{}, kActorsStartMs).get();
  if (!there) return Failure(there.error());
  made->remote_.start(made->system_, std::move(*transport));
  doors.log->info("peers_listening", "actors of other nodes are heard on " + made->endpoint());
  return made;
}

void RemoteSystem::stop() {
  (void)system_.stop(kActorsEndMs);
  remote_.stop();
}

Result<std::int64_t> RemoteSystem::ping(const NodeId& node, std::int64_t timeout_ms) {
  const std::int64_t begin_ns = clock_.monotonic_ns();
  const actor::ActorRef there = system_.ref({node, std::string(actor::kPingPath)});
  const auto number = static_cast<std::uint64_t>(begin_ns);
  const auto pong = actor::answer_as<actor::Pong>(actor::ask(system_, there, actor::Ping{number}, timeout_ms).get());
  if (!pong) return Failure(pong.error());
  if (pong->number != number)
    return fail(ErrorCode::corrupt, "the answer of " + there.address().text() + " is not to this question");
  return clock_.monotonic_ns() - begin_ns;
}

}  // namespace wattring::app
