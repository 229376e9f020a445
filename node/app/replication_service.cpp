// SPDX-License-Identifier: Apache-2.0
#include "node/app/replication_service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/units.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kPauseNs = 1'000'000'000;  ///< longer than asked for: this process stood still
constexpr std::int64_t kQuietNs = 150 * kNsPerMs;
constexpr std::int64_t kWaitMostNs = 1'000'000'000;

/// R4c, shard by shard.
std::vector<bool> fenced_shards(const NodeId& self, const RingTurns::Placements& placed,
                                const sharding::Replica& replica) {
  const std::uint64_t newest = placed.back()->ring().version;
  const auto peers = replica.peers();
  const auto adopted = [&](const NodeId& node) {
    const auto peer = std::ranges::find(peers, node, &sharding::Replica::PeerState::id);
    return node == self ? newest : peer == peers.end() ? 0 : peer->ring.version;
  };
  std::vector<bool> fenced(placed.back()->shard_count(), true);
  for (const auto& older : placed) {
    const sharding::Ring& ring = older->ring();
    if (ring.version == newest || replica.retired(ring.version)) continue;
    const std::size_t needed = std::max(ring.read_quorum(), ring.effective_acks());
    for (std::size_t s = 0; s < fenced.size(); ++s) {
      const auto over = std::ranges::count_if(older->owners(ShardId{static_cast<std::uint16_t>(s)}),
                                              [&](const NodeId& owner) { return adopted(owner) > ring.version; });
      if (static_cast<std::size_t>(over) < needed) fenced[s] = false;
    }
  }
  return fenced;
}

}  // namespace

ReplicationService::ReplicationService(const Options& options, const Doors& doors,
                                       std::unique_ptr<cluster::Transport> transport)
    : options_(options),
      doors_(doors),
      links_({options.self, options.cluster}, std::move(transport), doors.metrics),
      endpoint_(links_.endpoint()),
      calls_({},
             [this](const NodeId& to, std::string query) {
               return post([this, to, query = std::move(query)](ReplicationTurns& turns, std::int64_t) mutable {
                 if (!turns.send_query(to, std::move(query))) calls_.unreachable(to);
               });
             }),
      routes_(std::make_shared<sharding::Routes>()) {}

ReplicationService::~ReplicationService() {
  stop();
}

Result<std::unique_ptr<ReplicationService>> ReplicationService::make(const Options& options, const Doors& doors,
                                                                     std::unique_ptr<cluster::Transport> transport,
                                                                     RecoveredHoldings holdings,
                                                                     const persistence::Journal& disk, Prng prng) {
  std::unique_ptr<ReplicationService> made(new ReplicationService(options, doors, std::move(transport)));
  ReplicationService* const service = made.get();
  const ReplicationTurns::Doors turns{
      service->links_,
      doors.journal,
      doors.workers,
      doors.key,
      doors.metrics,
      doors.log,
      doors.clock,
      [service](ReplicationTurns::Command command) { (void)service->post(std::move(command)); },
      [service](std::shared_ptr<const sharding::Routes> routes, const Admission& admission) {
        const std::lock_guard lock(service->mutex_);
        service->routes_ = std::move(routes);
        service->admission_ = admission;
      },
      doors.on_unknown,
      [service](const NodeId& from, std::string query) { service->calls_.receive(from, std::move(query)); }};
  auto turned = ReplicationTurns::make(options.turns, turns, std::move(holdings.held),
                                       LogReader(disk, std::move(holdings.index)), prng);
  if (!turned) return Failure(turned.error());
  made->turns_ = std::move(*turned);
  return made;
}

void ReplicationService::start() {
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  if (handler_) calls_.start(handler_);
  thread_ = std::thread([this] { run(); });
}

void ReplicationService::stop() {
  calls_.stop();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  links_.wake();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  running_ = false;
  commands_.clear();
}

bool ReplicationService::post(ReplicationTurns::Command command) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    first = commands_.empty();
    commands_.push_back(std::move(command));
  }
  if (first) links_.wake();
  return true;
}

void ReplicationService::set_view(std::shared_ptr<const cluster::View> view) {
  {
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
  }
  links_.wake();
}

void ReplicationService::run() {
  std::vector<DataLinks::Received> received;
  std::vector<ReplicationTurns::Command> commands;
  std::int64_t turned_ns = doors_.clock.monotonic_ns();
  for (;;) {
    std::shared_ptr<const cluster::View> view;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
      commands.swap(commands_);
      view = std::exchange(view_, nullptr);
    }
    std::int64_t now_ns = doors_.clock.monotonic_ns();
    if (view) turns_->set_view(now_ns, std::move(view));
    for (auto& command : commands) command(*turns_, now_ns);
    commands.clear();
    turns_->tick(now_ns);
    const std::int64_t until_ns = turns_->next_deadline();
    const std::int64_t wait_ns = std::clamp<std::int64_t>(until_ns - doors_.clock.monotonic_ns(), 0, kWaitMostNs);
    links_.receive(wait_ns, received);
    now_ns = doors_.clock.monotonic_ns();
    // H6: nothing that came while this process stood still may be judged by its time.
    if (now_ns - turned_ns > wait_ns + kPauseNs) turns_->own_pause(now_ns);
    turned_ns = now_ns;
    if (!received.empty()) last_news_ns_.store(now_ns, std::memory_order_relaxed);
    for (DataLinks::Received& one : received) turns_->take(now_ns, std::move(one));
    received.clear();
  }
}

void ReplicationService::leave(std::int64_t timeout_ms) {
  if (!post([](ReplicationTurns& turns, std::int64_t now_ns) { turns.leave(now_ns); })) return;
  const std::int64_t until_ns = doors_.clock.monotonic_ns() + timeout_ms * kNsPerMs;
  for (;;) {
    const std::size_t under_way =
        ask<std::size_t>([](ReplicationTurns& turns) { return turns.under_way(); }, std::size_t{0});
    const std::int64_t now_ns = doors_.clock.monotonic_ns();
    const bool quiet = now_ns - last_news_ns_.load(std::memory_order_relaxed) >= kQuietNs;
    if ((under_way == 0 && quiet) || now_ns >= until_ns) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

template <class T>
T ReplicationService::ask(std::function<T(ReplicationTurns&)> look, T otherwise) {
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return otherwise;
  }
  const auto promise = std::make_shared<std::promise<T>>();
  auto answer = promise->get_future();
  if (!post([promise, look = std::move(look)](ReplicationTurns& turns, std::int64_t) {
        promise->set_value(look(turns));
      }))
    return otherwise;
  // A thread that stops lets go of what waits.
  while (answer.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    const std::lock_guard lock(mutex_);
    if (!running_ || stopping_) return otherwise;
  }
  return answer.get();
}

void ReplicationService::damaged(ShardId shard, const sharding::Coverage& unreadable) {
  (void)post(
      [shard, unreadable](ReplicationTurns& turns, std::int64_t now_ns) { turns.damaged(now_ns, shard, unreadable); });
}

void ReplicationService::suspect(ShardId shard) {
  (void)post([shard](ReplicationTurns& turns, std::int64_t now_ns) { turns.suspect(now_ns, shard); });
}

bool ReplicationService::write(sharding::PackPtr pack, std::shared_ptr<CutBatch> cut, OnDone done) {
  {
    const std::lock_guard lock(mutex_);
    if (!admission_.knows_ring || commands_.size() >= options_.commands_max) return false;
  }
  return post([pack = std::move(pack), cut = std::move(cut), done = std::move(done)](ReplicationTurns& turns,
                                                                                     std::int64_t now_ns) mutable {
    turns.write(now_ns, std::move(pack), std::move(cut), std::move(done));
  });
}

Admission ReplicationService::admission() const {
  const std::lock_guard lock(mutex_);
  Admission admission = admission_;
  admission.disk_reserve = admission.reachable <= 1 && doors_.journal.reserve_reached();
  return admission;
}

std::shared_ptr<const sharding::Routes> ReplicationService::routes() const {
  const std::lock_guard lock(mutex_);
  return routes_;
}

std::future<Completeness> ReplicationService::exchange(ShardId shard, bool fresh_enough) {
  const auto promise = std::make_shared<std::promise<Completeness>>();
  auto future = promise->get_future();
  const bool asked = post([promise, shard, fresh_enough](ReplicationTurns& turns, std::int64_t now_ns) {
    turns.exchange(now_ns, shard, fresh_enough, [promise](const Completeness& found) { promise->set_value(found); });
  });
  if (!asked) promise->set_value({});
  return future;
}

bool ReplicationService::exchange(ShardId shard, ReplicationTurns::OnComplete done) {
  return post([shard, done = std::move(done)](ReplicationTurns& turns, std::int64_t now_ns) mutable {
    turns.exchange(now_ns, shard, false, std::move(done));
  });
}

bool ReplicationService::holds(const gateway::WriteToken& token, ShardId shard) {
  if (token.all) return false;
  const auto named = std::ranges::equal_range(token.entries, shard, {}, &gateway::WriteToken::Entry::shard);
  if (named.empty()) return true;
  std::vector<gateway::WriteToken::Entry> entries(named.begin(), named.end());
  return ask<bool>(
      [shard, writer = token.writer, entries = std::move(entries)](ReplicationTurns& turns) {
        const auto& durable = turns.replica().durable(shard);
        return std::ranges::all_of(entries,
                                   [&](const auto& entry) { return durable.contains(writer, entry.sequence); });
      },
      false);
}

ReplicationService::Holding ReplicationService::holding() {
  return ask<Holding>(
      [this](ReplicationTurns& turns) {
        Holding holding;
        const sharding::Replica& replica = turns.replica();
        holding.counts = replica.counts();
        for (const auto& peer : replica.peers())
          if (peer.lagging) holding.lagging.push_back(peer.id);
        holding.now_ns = doors_.clock.monotonic_ns();
        holding.ring = turns.rings().look(holding.now_ns);
        holding.arriving = turns.transfers().arriving();
        holding.filled_in_ns = turns.fill_pace().left_ns();
        const auto& placed = turns.rings().placements();
        if (placed.empty()) return holding;
        for (std::size_t i = 0; i < placed.back()->shard_count(); ++i)
          holding.roles.push_back(replica.role(ShardId{static_cast<std::uint16_t>(i)}));
        holding.fenced = fenced_shards(options_.self, placed, replica);
        return holding;
      },
      Holding{});
}

Result<sharding::ProposalOutcome> ReplicationService::propose(sharding::Ring next, std::int64_t timeout_ns) {
  using Outcome = Result<sharding::ProposalOutcome>;
  const auto promise = std::make_shared<std::promise<Outcome>>();
  auto outcome = promise->get_future();
  const bool asked = post([promise, next = std::move(next)](ReplicationTurns& turns, std::int64_t now_ns) mutable {
    turns.propose(now_ns, std::move(next), [promise](Outcome ended) { promise->set_value(std::move(ended)); });
  });
  if (asked && outcome.wait_for(std::chrono::nanoseconds(timeout_ns)) == std::future_status::ready)
    return outcome.get();
  return fail(ErrorCode::busy, "the ballot about the ring has not ended in time; it may still be decided",
              "wattringctl ring show tells which ring is in force");
}

ReplicationService::Status ReplicationService::status() {
  return ask<Status>(
      [this](ReplicationTurns& turns) {
        Status status;
        const sharding::Replica& replica = turns.replica();
        const auto routes = replica.routes();
        const auto counts = replica.counts();
        status.can_write = routes->can_write;
        status.shards_moving = counts.shards_filling;
        status.shards_held = counts.shards_held;
        status.shards_missing = counts.shards_missing;
        for (const auto& peer : replica.peers())
          if (peer.lagging) status.lagging.push_back(peer.id);
        if (routes->ring == nullptr) return status;
        const sharding::Ring& ring = routes->ring->ring();
        status.ring_version = ring.version;
        status.members = static_cast<std::uint32_t>(ring.members.size());
        status.copies = ring.effective_copies();
        status.acks = ring.effective_acks();
        for (std::size_t i = 0; i < routes->home.size(); ++i) {
          if (routes->home[i] == options_.self) ++status.homes;
          if (routes->ring->owns(options_.self, ShardId{static_cast<std::uint16_t>(i)})) ++status.shards_owned;
        }
        return status;
      },
      Status{});
}

}  // namespace wattring::app
