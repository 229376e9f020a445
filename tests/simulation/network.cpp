// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/network.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/hash.hpp"

namespace wattring::simulation {
namespace {

using cluster::ConnectOutcome;
using cluster::LinkChange;
using cluster::Route;
using cluster::SendOutcome;

enum Code : std::uint32_t { kTryLink, kDeliver, kLate, kStalled, kConnectArrives, kSweep };

constexpr std::int64_t kLinkPatience = 2 * kSecond;    // a link that does not come up by then is given up
constexpr std::int64_t kConnectPatience = kSecond;     // what check_connect() waits for an answer
constexpr std::int64_t kStallPatience = 10 * kSecond;  // TCP_MAXRT
constexpr std::int64_t kIdle = 60 * kSecond;
constexpr std::int64_t kSweepEvery = 5 * kSecond;
constexpr std::size_t kKernelBuffer = 8192;  // inputs kept for a process that stands still

}  // namespace

Network::Network(Scheduler& scheduler, Weather weather, std::uint64_t seed)
    : scheduler_(scheduler), weather_(weather), seed_(seed), prng_(seed) {
  scheduler_.at(kSweepEvery, *this, kSweep, 0);
}

Place Network::place(const std::string& endpoint) {
  const auto [found, is_new] = by_name_.try_emplace(endpoint, static_cast<Place>(places_.size()));
  if (is_new) places_.push_back({endpoint});
  return found->second;
}

Port Network::open(Place place, Receiver& receiver) {
  const auto port = static_cast<Port>(ports_.size());
  ports_.push_back({});
  ports_.back().place = place;
  ports_.back().receiver = &receiver;
  ports_.back().prng = prng_.fork();
  places_[place].listener = port;
  return port;
}

void Network::close(Port port) {
  PortState& state = ports_[port];
  if (state.receiver == nullptr) return;
  state.receiver = nullptr;
  state.kept.clear();
  if (places_[state.place].listener == port) places_[state.place].listener = kNone;
  while (!state.out.empty()) drop_link(state.out.back().second);
  const bool can_tell = places_[state.place].powered;
  for (const std::uint32_t index : std::vector<std::uint32_t>(state.in)) {
    Link& link = links_[index];
    // Nobody answers for a machine without power: the other side finds out when its data stay unacknowledged.
    if (!can_tell) continue;
    if (blocked(state.place, ports_[link.from].place)) continue;
    tell_down(index, delay(state.prng, state.place, ports_[link.from].place));
  }
}

void Network::set_power(Place place, bool on) {
  places_[place].powered = on;
  if (!on && places_[place].listener != kNone) close(places_[place].listener);
}

void Network::pause(Port port) {
  ports_[port].paused = true;
}

void Network::resume(Port port) {
  ports_[port].paused = false;
  std::vector<Arrival> kept = std::move(ports_[port].kept);
  ports_[port].kept.clear();
  for (Arrival& arrival : kept) {
    if (ports_[port].receiver == nullptr) return;
    ports_[port].receiver->receive(port, std::move(arrival));
  }
}

void Network::mend_all() {
  cuts_.clear();
  for (PlaceState& place : places_) place.group = 0;
}

bool Network::blocked(Place from, Place to) const {
  if (places_[from].group != places_[to].group) return true;
  return !cuts_.empty() && cuts_.contains({from, to});
}

std::int64_t Network::delay(Prng& prng, Place from, Place to) const {
  const std::array<std::uint64_t, 2> pair{std::min(from, to), std::max(from, to)};
  const std::uint64_t mixed = hash64({reinterpret_cast<const char*>(pair.data()), sizeof(pair)}, seed_);
  const auto span = static_cast<std::uint64_t>(weather_.delay_span_ns);
  const double jitter = -std::log1p(-prng.unit()) * static_cast<double>(weather_.jitter_mean_ns);
  return weather_.delay_min_ns + static_cast<std::int64_t>(span == 0 ? 0 : mixed % span) +
         static_cast<std::int64_t>(jitter);
}

std::uint32_t Network::find_out(Port port, Place target) const {
  const auto& out = ports_[port].out;
  const auto found = std::ranges::lower_bound(out, target, {}, &std::pair<Place, std::uint32_t>::first);
  return found != out.end() && found->first == target ? found->second : kNone;
}

Network::Link* Network::find(std::uint64_t connection) {
  const auto index = static_cast<std::uint32_t>(connection & 0xffff'ffffU);
  if (index >= links_.size()) return nullptr;
  Link& link = links_[index];
  return link.generation == connection >> 32U && link.state == LinkState::up ? &link : nullptr;
}

std::uint32_t Network::fly(Port to, Place from, Arrival arrival) {
  if (free_flights_.empty()) {
    flights_.push_back({to, from, std::move(arrival)});
    return static_cast<std::uint32_t>(flights_.size() - 1);
  }
  const std::uint32_t index = free_flights_.back();
  free_flights_.pop_back();
  flights_[index] = {to, from, std::move(arrival)};
  return index;
}

Network::Flight Network::land(std::uint32_t flight) {
  free_flights_.push_back(flight);
  return std::move(flights_[flight]);
}

SendOutcome Network::send(Port port, const Route& to, Payload payload) {
  ++stats_.sent;
  const SendOutcome outcome = to.connection != 0 ? send_back(port, to.connection, std::move(payload))
                                                 : send_out(port, to.endpoint, std::move(payload));
  if (outcome != SendOutcome::sent) ++stats_.dropped;
  return outcome;
}

SendOutcome Network::send_back(Port port, std::uint64_t connection, Payload payload) {
  const Link* link = find(connection);
  if (link == nullptr || link->to != port) return SendOutcome::no_route;
  transmit(static_cast<std::uint32_t>(connection & 0xffff'ffffU), true, std::move(payload));
  return SendOutcome::sent;
}

SendOutcome Network::send_out(Port port, const std::string& endpoint, Payload payload) {
  const Place target = place(endpoint);
  const std::uint32_t index = find_out(port, target);
  if (index == kNone) {
    open_link(port, target, std::move(payload));
    return SendOutcome::sent;
  }
  if (links_[index].state == LinkState::opening) return SendOutcome::no_route;
  transmit(index, false, std::move(payload));
  return SendOutcome::sent;
}

void Network::open_link(Port port, Place target, Payload payload) {
  std::uint32_t index = static_cast<std::uint32_t>(links_.size());
  if (free_links_.empty()) {
    links_.push_back({});
  } else {
    index = free_links_.back();
    free_links_.pop_back();
  }
  Link& link = links_[index];
  const std::uint32_t generation = link.generation + 1;
  link = {};
  link.state = LinkState::opening;
  link.generation = generation;
  link.from = port;
  link.target = target;
  link.opened_ns = link.used_ns = scheduler_.now_ns();
  PortState& state = ports_[port];
  link.held = fly(kNone, state.place, Arrived{{}, std::move(payload)});
  const std::pair<Place, std::uint32_t> entry{target, index};
  state.out.insert(std::ranges::lower_bound(state.out, entry), entry);
  ++open_links_;
  ++stats_.links_opened;
  // SYN and answer, then greetings both ways.
  const std::int64_t way = delay(state.prng, state.place, target);
  scheduler_.at(scheduler_.now_ns() + 3 * way, *this, kTryLink, index, generation);
}

void Network::try_link(std::uint32_t index, std::uint32_t generation) {
  Link& link = links_[index];
  if (link.generation != generation || link.state != LinkState::opening) return;
  PortState& from = ports_[link.from];
  const PlaceState& target = places_[link.target];
  const bool path = target.powered && !blocked(from.place, link.target) && !blocked(link.target, from.place);
  if (path && !from.paused && target.listener != kNone && !ports_[target.listener].paused &&
      !from.prng.chance(weather_.loss)) {
    link_is_up(index);
    return;
  }
  const std::int64_t now = scheduler_.now_ns();
  // Who is refused keeps nothing for whoever listens there next.
  const bool refused = path && target.listener == kNone;
  if (refused || now - link.opened_ns >= kLinkPatience) {
    ++stats_.dropped;
    drop_link(index);
    return;
  }
  scheduler_.at(now + (path ? 200 : 500) * kMs, *this, kTryLink, index, generation);
}

void Network::link_is_up(std::uint32_t index) {
  Link& link = links_[index];
  link.state = LinkState::up;
  link.to = places_[link.target].listener;
  ports_[link.to].in.push_back(index);
  const Place place = ports_[link.from].place;
  const std::uint32_t told =
      fly(link.from, place, cluster::input::LinkChanged{places_[link.target].name, LinkChange::up});
  scheduler_.at(scheduler_.now_ns(), *this, kDeliver, told);
  const std::uint32_t held = link.held;
  link.held = kNone;
  Flight first = land(held);
  transmit(index, false, std::move(std::get<Arrived>(first.arrival).payload));
}

void Network::transmit(std::uint32_t index, bool back, Payload payload) {
  Link& link = links_[index];
  const std::int64_t now = scheduler_.now_ns();
  link.used_ns = now;
  const Port source = back ? link.to : link.from;
  const Port sink = back ? link.from : link.to;
  const Place from = ports_[source].place;
  const Place to = ports_[sink].place;
  Prng& prng = ports_[source].prng;
  const Route route = back ? Route::to(places_[link.target].name) : Route::back(connection_of(index, link.generation));
  const bool stopped = !places_[to].powered || blocked(from, to);
  if (stopped || blocked(to, from)) stall(index);
  if (stopped || prng.chance(weather_.loss)) {
    ++stats_.dropped;
    if (!prng.chance(weather_.late)) return;
    const auto wait = static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(weather_.late_max_ns)));
    scheduler_.at(now + wait, *this, kLate, fly(sink, from, Arrived{route, std::move(payload)}));
    return;
  }
  if (ports_[sink].receiver == nullptr) {
    // The kernel of the machine says that this connection is no more.
    if (!back) tell_down(index, 2 * delay(prng, from, to));
    ++stats_.dropped;
    return;
  }
  std::int64_t arrival = now + delay(prng, from, to);
  if (const std::int64_t lag = places_[to].lag_ns; lag > 0)
    arrival += lag / 2 + static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(lag)));
  std::int64_t& last = link.last_arrival_ns[back ? 1 : 0];
  if (!prng.chance(weather_.reorder)) arrival = last = std::max(arrival, last + 1);
  if (prng.chance(weather_.duplicate)) {
    const std::int64_t again = arrival + delay(prng, from, to);
    scheduler_.at(again, *this, kDeliver, fly(sink, from, Arrived{route, payload}));
  }
  scheduler_.at(arrival, *this, kDeliver, fly(sink, from, Arrived{route, std::move(payload)}));
}

void Network::stall(std::uint32_t index) {
  Link& link = links_[index];
  if (link.stalled_ns >= 0) return;
  link.stalled_ns = scheduler_.now_ns();
  scheduler_.at(link.stalled_ns + kStallPatience, *this, kStalled, index, link.generation);
}

void Network::look_at_stalled(std::uint32_t index, std::uint32_t generation) {
  Link& link = links_[index];
  if (link.generation != generation || link.state != LinkState::up || link.stalled_ns < 0) return;
  link.stalled_ns = -1;
  const Place from = ports_[link.from].place;
  if (places_[link.target].powered && !blocked(from, link.target) && !blocked(link.target, from)) return;
  tell_down(index, 0);
}

/// The process that opened it learns that it broke.
void Network::tell_down(std::uint32_t index, std::int64_t delay_ns) {
  const Link& link = links_[index];
  const std::uint32_t told =
      fly(link.from, ports_[link.from].place, cluster::input::LinkChanged{places_[link.target].name, LinkChange::down});
  scheduler_.at(scheduler_.now_ns() + delay_ns, *this, kDeliver, told);
  drop_link(index);
}

void Network::drop_link(std::uint32_t index) {
  Link& link = links_[index];
  if (link.held != kNone) land(link.held);
  PortState& from = ports_[link.from];
  const auto entry = std::ranges::lower_bound(from.out, std::pair{link.target, index});
  from.out.erase(entry);
  if (link.to != kNone) std::erase(ports_[link.to].in, index);
  link.state = LinkState::free;
  link.held = kNone;
  free_links_.push_back(index);
  --open_links_;
}

void Network::check_connect(Port port, const std::string& endpoint) {
  const Place target = place(endpoint);
  const std::int64_t way = delay(ports_[port].prng, ports_[port].place, target);
  scheduler_.at(scheduler_.now_ns() + way, *this, kConnectArrives, port, target);
}

void Network::answer_connect(Port port, Place target) {
  PortState& state = ports_[port];
  ConnectOutcome outcome = ConnectOutcome::accepted;
  std::int64_t wait = delay(state.prng, target, state.place);
  if (!places_[target].powered || blocked(state.place, target) || blocked(target, state.place) ||
      state.prng.chance(weather_.loss)) {
    outcome = ConnectOutcome::unreachable;
    wait = kConnectPatience;
  } else if (places_[target].listener == kNone) {
    outcome = ConnectOutcome::refused;
  }
  const std::uint32_t told = fly(port, state.place, cluster::input::ConnectChecked{places_[target].name, outcome});
  scheduler_.at(scheduler_.now_ns() + wait, *this, kDeliver, told);
}

void Network::deliver(std::uint32_t index) {
  Flight flight = land(index);
  PortState& to = ports_[flight.to];
  if (to.receiver == nullptr) {
    ++stats_.dropped;
    return;
  }
  if (!to.paused) {
    ++stats_.delivered;
    to.receiver->receive(flight.to, std::move(flight.arrival));
  } else if (to.kept.size() < kKernelBuffer) {
    to.kept.push_back(std::move(flight.arrival));
  } else {
    ++stats_.dropped;
  }
}

void Network::sweep_idle() {
  const std::int64_t now = scheduler_.now_ns();
  for (std::uint32_t index = 0; index < links_.size(); ++index) {
    if (links_[index].state == LinkState::up && now - links_[index].used_ns > kIdle) drop_link(index);
  }
  scheduler_.at(now + kSweepEvery, *this, kSweep, 0);
}

void Network::on_event(std::uint32_t code, std::uint32_t a, std::uint64_t b) {
  switch (code) {
    case kTryLink:
      return try_link(a, static_cast<std::uint32_t>(b));
    case kDeliver:
      return deliver(a);
    case kLate:
      if (blocked(flights_[a].from, ports_[flights_[a].to].place)) {
        land(a);
        return;
      }
      return deliver(a);
    case kStalled:
      return look_at_stalled(a, static_cast<std::uint32_t>(b));
    case kConnectArrives:
      if (ports_[a].receiver != nullptr) answer_connect(a, static_cast<Place>(b));
      return;
    default:
      return sweep_idle();
  }
}

}  // namespace wattring::simulation
