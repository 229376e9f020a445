// SPDX-License-Identifier: Apache-2.0
#include "node/app/peer_reads.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace wattring::app {
namespace {

constexpr std::chrono::milliseconds kExchangeWait{2'500};
constexpr std::int64_t kTokenWaitNs = 2'000'000'000;
constexpr std::chrono::milliseconds kTokenPoll{10};

using http::Level;
using http::Standing;

/// Nothing when it cannot be reached.
std::optional<http::PeersDoor::Peer> reachable(const NodeId& id, const NodeId& self, const cluster::View* view) {
  const cluster::MemberView* member = view == nullptr ? nullptr : view->find(id);
  if (id == self) return http::PeersDoor::Peer{id, member == nullptr ? std::string() : member->record->name, true};
  if (member == nullptr || !is_live(*member->record)) return std::nullopt;
  return http::PeersDoor::Peer{id, member->record->name, false};
}

}  // namespace

std::vector<http::PeersDoor::Peer> PeerReads::owners_of(std::string_view meter) {
  const ShardId shard = doors_.key.shard_of(meter);
  const auto routes = doors_.replication.routes();
  const auto view = doors_.view();
  std::vector<Peer> owners;
  if (routes->ring == nullptr) return owners;
  for (const NodeId& owner : routes->ring->owners(shard))
    if (auto peer = reachable(owner, doors_.self, view.get())) owners.push_back(std::move(*peer));
  std::stable_partition(owners.begin(), owners.end(),
                        [&](const Peer& owner) { return owner.id == routes->home[shard.value]; });
  return owners;
}

http::PeersDoor::Members PeerReads::members() {
  const auto routes = doors_.replication.routes();
  const auto view = doors_.view();
  Members members;
  if (routes->ring == nullptr) return members;
  const sharding::Ring& ring = routes->ring->ring();
  members.all = ring.members.size();
  members.copies = ring.effective_copies();
  members.acks = ring.effective_acks();
  for (const sharding::RingMember& member : ring.members)
    if (auto peer = reachable(member.id, doors_.self, view.get())) members.reachable.push_back(std::move(*peer));
  return members;
}

bool PeerReads::is_whole() {
  const auto status = doors_.replication.status();
  return status.shards_moving == 0 && status.shards_missing == 0;
}

Result<std::string> PeerReads::call(const NodeId& to, std::string question, std::int64_t timeout_ms) {
  return doors_.replication.call(to, question, timeout_ms * 1'000'000);
}

/// Read-your-writes: until what the token names of this shard is here.
Result<void> PeerReads::wait_for(const gateway::WriteToken& token, ShardId shard, bool complete) {
  // A batch of too many shards to name: a complete answer has all of it that is on enough owners.
  if (token.all && token.durable && complete) return {};
  const std::int64_t until_ns = doors_.clock.monotonic_ns() + kTokenWaitNs;
  while (!doors_.replication.holds(token, shard)) {
    if (doors_.clock.monotonic_ns() >= until_ns)
      return fail(ErrorCode::busy, "what the token names has not reached this node yet",
                  "ask again; wattringctl status shows whether nodes are away");
    std::this_thread::sleep_for(kTokenPoll);
  }
  return {};
}

Result<Standing> PeerReads::stand(std::string_view meter, Level level, std::string_view token) {
  const ShardId shard = doors_.key.shard_of(meter);
  const std::int64_t asked_ns = doors_.clock.monotonic_ns();
  const std::int64_t asked_ms = doors_.clock.wall_ms();
  Standing standing{false, asked_ms};
  std::optional<gateway::WriteToken> written;
  if (!token.empty()) {
    auto named = gateway::parse_write_token(token);
    if (!named) return Failure(named.error());
    written = std::move(*named);
  }
  if (level != Level::any) {
    // What was exchanged up to a second ago may be from before the write.
    const bool recent_will_do = level == Level::home && !(written && written->all);
    auto exchange = doors_.replication.exchange(shard, recent_will_do);
    if (exchange.wait_for(kExchangeWait) == std::future_status::ready) {
      const Completeness outcome = exchange.get();
      standing.complete = outcome.complete;
      if (outcome.complete)
        standing.as_of_ms = asked_ms - std::max<std::int64_t>(0, asked_ns - outcome.began_ns) / 1'000'000;
    }
  } else {
    const auto routes = doors_.replication.routes();
    standing.complete = routes->ring != nullptr && routes->ring->ring().members.size() == 1;
  }
  if (written)
    if (auto waited = wait_for(*written, shard, standing.complete); !waited) return Failure(waited.error());
  return standing;
}

}  // namespace wattring::app
