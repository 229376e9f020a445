// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/world.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace wattring::simulation {
namespace {

using cluster::MemberState;
using cluster::Swim;

constexpr std::int64_t kWallStartMs = 1'790'000'000'000;  // when the virtual world began

NodeId draw_id(Prng& prng) {
  NodeId id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(prng.below(256));
  return id;
}

}  // namespace

World::World(WorldOptions options)
    : options_(options), prng_(options_.seed), network_(scheduler_, options_.weather, prng_.next()) {
  add_cluster("simulated");
}

World::~World() = default;

std::uint32_t World::add_cluster(const std::string& name) {
  cluster::ClusterObject object;
  for (std::uint8_t& byte : object.id.bytes) byte = static_cast<std::uint8_t>(prng_.below(256));
  object.name = name;
  object.shard_count = 1024;
  clusters_.push_back(std::move(object));
  return static_cast<std::uint32_t>(clusters_.size() - 1);
}

std::string World::fresh_endpoint() {
  const std::uint32_t number = ++addresses_;
  return "10.0." + std::to_string(number / 256) + '.' + std::to_string(number % 256) + ":700";
}

Node World::add_state(std::uint32_t cluster) {
  const auto node = static_cast<Node>(nodes_.size());
  NodeState& state = nodes_.emplace_back();
  state.prng = prng_.fork();
  state.id = draw_id(state.prng);
  state.name = "n" + std::to_string(node);
  state.cluster = cluster;
  if (options_.varied_clocks) {
    state.clock.rate_ppm = static_cast<std::int64_t>(state.prng.below(200'001)) - 100'000;
    state.clock.offset_ns = static_cast<std::int64_t>(state.prng.below(1'000'000)) * kSecond;
  }
  return node;
}

Node World::add_node(std::uint32_t cluster) {
  const Node node = add_state(cluster);
  nodes_[node].place = network_.place(fresh_endpoint());
  return node;
}

Node World::add_copy(Node of) {
  const Node node = add_node(nodes_[of].cluster);
  nodes_[node].id = nodes_[of].id;
  nodes_[node].disk = nodes_[of].disk;
  return node;
}

Node World::add_at_address_of(Node other, std::uint32_t cluster) {
  const Node node = add_state(cluster);
  nodes_[node].place = nodes_[other].place;
  return node;
}

Swim::Self World::self_of(NodeState& state, const StartOptions& how) {
  const std::int64_t wall_ms = kWallStartMs + now_ns() / kMs + state.wall_offset_ms;
  state.disk.epoch = std::max(state.disk.epoch + 1, static_cast<std::uint64_t>(wall_ms - how.wall_back_ms));
  Swim::Self self;
  self.cluster = clusters_[state.cluster];
  self.record.id = state.id;
  self.record.life = {state.disk.epoch, state.prng.next() | 1U};
  self.record.name = state.name;
  self.record.endpoints.membership = network_.name(state.place);
  return self;
}

std::vector<std::string> World::seeds_of(const NodeState& state, const StartOptions& how) const {
  if (how.founds) return {};
  std::vector<std::string> seeds = seeds_;
  seeds.insert(seeds.end(), how.seeds.begin(), how.seeds.end());
  for (const std::string& peer : state.disk.peers) {
    if (std::ranges::find(seeds, peer) == seeds.end()) seeds.push_back(peer);
  }
  std::erase(seeds, network_.name(state.place));
  return seeds;
}

void World::start(Node node, const StartOptions& how) {
  NodeState& state = nodes_[node];
  WATTRING_CHECK(state.process == Process::none);
  if (how.lost_disk) state.disk = {};
  if (how.new_address) state.place = network_.place(fresh_endpoint());
  // The address may be another's by now.
  if (network_.listener(state.place) != kNone) return;
  network_.set_power(state.place, true);
  Swim::Self self = self_of(state, how);
  const std::vector<std::string> seeds = seeds_of(state, how);
  state.port = network_.open(state.place, *this);
  by_port_.resize(state.port + 1, kNone);
  by_port_[state.port] = node;
  state.process = Process::running;
  state.left = false;
  state.stopped.reset();
  state.started_ns = now_ns();
  state.tick_ns = -1;
  truth_[state.id].push_back({self.record.life, node, self.record.incarnation, false});
  state.swim = std::make_unique<Swim>(options_.settings, std::move(self), state.disk.catalog, state.prng.fork());
  trace_.add(now_ns(), node, "start", state.disk.epoch);
  for (Observer* observer : observers_) observer->on_start(*this, node);
  step(node, [&](Swim& swim, std::int64_t now) { swim.start(now, seeds, effects_); });
}

void World::end_process(Node node) {
  NodeState& state = nodes_[node];
  state.disk.peers = state.swim->peer_cache();
  network_.close(state.port);
  state.held = false;
  state.outbox.clear();
  state.process = Process::none;
  state.swim.reset();
  state.port = kNone;
}

void World::crash(Node node) {
  if (!runs(node)) return;
  trace_.add(now_ns(), node, "crash");
  end_process(node);
}

void World::power_off(Node node) {
  trace_.add(now_ns(), node, "power_off");
  network_.set_power(nodes_[node].place, false);
  if (runs(node)) end_process(node);
}

void World::power_on(Node node) {
  trace_.add(now_ns(), node, "power_on");
  network_.set_power(nodes_[node].place, true);
}

void World::pause(Node node) {
  NodeState& state = nodes_[node];
  if (state.process != Process::running) return;
  trace_.add(now_ns(), node, "pause");
  state.process = Process::paused;
  state.disturbed_ns = now_ns();
  network_.pause(state.port);
}

void World::resume(Node node) {
  NodeState& state = nodes_[node];
  if (state.process != Process::paused) return;
  trace_.add(now_ns(), node, "resume");
  state.process = Process::running;
  state.disturbed_ns = now_ns();
  state.tick_ns = -1;
  // The contract is inputs before timers; a node that ignores pauses breaks it.
  if (options_.settings.mutant == cluster::Mutant::ignore_own_pause) {
    tick(node, state.tick_number);
    if (state.process != Process::running) return;
  }
  network_.resume(state.port);
  schedule_tick(node);
}

void World::hold(Node node) {
  NodeState& state = nodes_[node];
  if (state.process != Process::running || state.held) return;
  trace_.add(now_ns(), node, "hold");
  state.held = true;
  state.disturbed_ns = now_ns();
  network_.pause(state.port);
}

void World::release(Node node) {
  NodeState& state = nodes_[node];
  if (!state.held) return;
  trace_.add(now_ns(), node, "release");
  state.held = false;
  state.disturbed_ns = now_ns();
  for (cluster::effect::Send& send : std::exchange(state.outbox, {})) this->send(node, send);
  network_.resume(state.port);
}

void World::starve(Node node, std::int64_t still_ns, std::int64_t awake_ns, std::int64_t until_ns) {
  if (now_ns() >= until_ns || nodes_[node].process != Process::running) return;
  pause(node);
  at(now_ns() + still_ns, [=, this] {
    resume(node);
    at(now_ns() + awake_ns, [=, this] { starve(node, still_ns, awake_ns, until_ns); });
  });
}

LifeTruth& World::truth_of(Node node) {
  const cluster::Life life = nodes_[node].swim->self().life;
  std::vector<LifeTruth>& lives = truth_[nodes_[node].id];
  const auto found = std::ranges::find(lives, life, &LifeTruth::life);
  WATTRING_CHECK(found != lives.end());
  return *found;
}

void World::leave(Node node) {
  if (nodes_[node].process != Process::running) return;
  trace_.add(now_ns(), node, "leave");
  truth_of(node).left = true;
  step(node, [&](Swim& swim, std::int64_t now) { swim.leave(now, effects_); });
}

void World::wipe(Node node) {
  if (runs(node)) crash(node);
  NodeState& state = nodes_[node];
  trace_.add(now_ns(), node, "wipe");
  state.id = draw_id(state.prng);
  state.disk = {};
}

void World::inject(Node node, std::string bytes) {
  receive(nodes_[node].port, Arrived{cluster::Route::back(1), std::move(bytes)});
}

void World::act(Node node, const std::function<void(Swim&, std::int64_t, cluster::Effects&)>& action) {
  step(node, [&](Swim& swim, std::int64_t now) { action(swim, now, effects_); });
}

void World::at(std::int64_t time_ns, std::function<void()> action) {
  actions_.push_back(std::move(action));
  scheduler_.at(time_ns, *this, kActionCode, static_cast<std::uint32_t>(actions_.size() - 1));
}

bool World::run_until(const std::function<bool()>& condition, std::int64_t limit_ns, std::int64_t step_ns) {
  const std::int64_t end = now_ns() + limit_ns;
  while (!condition()) {
    if (now_ns() >= end) return false;
    scheduler_.run_until(std::min(end, now_ns() + step_ns));
  }
  return true;
}

bool World::knows(Node observer, Node of) const {
  return runs(observer) && swim(observer).record_of(nodes_[of].id) != nullptr;
}

MemberState World::state_at(Node observer, Node of) const {
  const cluster::RecordPtr record = swim(observer).record_of(nodes_[of].id);
  WATTRING_CHECK(record != nullptr);
  return record->state;
}

void World::on_event(std::uint32_t code, std::uint32_t a, std::uint64_t b) {
  if (code == kTickCode) return tick(a, b);
  const std::function<void()> action = std::move(actions_[a]);
  actions_[a] = nullptr;
  action();
}

}  // namespace wattring::simulation
