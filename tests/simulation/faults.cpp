// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/faults.hpp"

#include <algorithm>
#include <cmath>

namespace wattring::simulation {
namespace {

constexpr std::array<std::string_view, kFaults> kNames = {
    "crash", "power", "pause",     "starve",  "lag",   "cut",  "partition", "loss",
    "delay", "late",  "duplicate", "reorder", "leave", "wipe", "join",      "copy"};
constexpr std::size_t kNodesMax = 400;  // joins and copies stop there

constexpr std::size_t index_of(Fault fault) {
  return static_cast<std::size_t>(fault);
}

constexpr bool is_weather(Fault fault) {
  return fault == Fault::loss || fault == Fault::delay || fault == Fault::late || fault == Fault::duplicate ||
         fault == Fault::reorder;
}

}  // namespace

std::string_view to_string(Fault fault) {
  return kNames[index_of(fault)];
}

Result<FaultSet> parse_faults(std::string_view text) {
  FaultSet faults;
  if (text == "all") return faults.set();
  if (text == "none") return faults;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view name = text.substr(0, comma);
    std::size_t found = 0;
    while (found < kFaults && kNames[found] != name) ++found;
    if (found == kFaults)
      return fail(ErrorCode::invalid_argument, "there is no fault \"" + std::string(name) + "\"",
                  "one of: " + to_text(FaultSet().set()));
    faults.set(found);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return faults;
}

std::string to_text(const FaultSet& faults) {
  std::string text;
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (!faults[i]) continue;
    if (!text.empty()) text += ',';
    text += kNames[i];
  }
  return text.empty() ? "none" : text;
}

FaultDriver::FaultDriver(World& world, FaultSet allowed, std::uint64_t seed) : world_(world), prng_(seed) {
  // About half of what is allowed, so that each seed has another mix.
  const double share = 0.2 + 0.6 * prng_.unit();
  for (std::size_t i = 0; i < kFaults; ++i) {
    const bool chosen = prng_.chance(share);
    mean_gap_ns_[i] = between(2 * kSecond, 40 * kSecond);
    if (allowed.count() == 1 || chosen) chosen_[i] = allowed[i];
  }
}

std::int64_t FaultDriver::between(std::int64_t low_ns, std::int64_t high_ns) {
  return low_ns + static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(high_ns - low_ns)));
}

bool FaultDriver::benign() const {
  for (const Fault fault :
       {Fault::power, Fault::pause, Fault::starve, Fault::lag, Fault::cut, Fault::partition, Fault::late, Fault::copy})
    if (chosen_[index_of(fault)]) return false;
  return true;
}

void FaultDriver::begin(std::int64_t until_ns) {
  until_ns_ = until_ns;
  Weather weather = world_.network().weather();
  if (chosen_[index_of(Fault::loss)]) weather.loss = 0.2 * prng_.unit();
  if (chosen_[index_of(Fault::late)]) weather.late = 0.5 * prng_.unit();
  if (chosen_[index_of(Fault::duplicate)]) weather.duplicate = 0.2 * prng_.unit();
  if (chosen_[index_of(Fault::reorder)]) weather.reorder = prng_.unit();
  if (chosen_[index_of(Fault::delay)]) {
    weather.delay_span_ns = between(kMs, 40 * kMs);
    weather.jitter_mean_ns = between(kMs / 10, 5 * kMs);
  }
  world_.network().set_weather(weather);
  for (std::size_t i = 0; i < kFaults; ++i)
    if (chosen_[i] && !is_weather(static_cast<Fault>(i))) next(static_cast<Fault>(i));
}

void FaultDriver::next(Fault fault) {
  const double wait = -std::log1p(-prng_.unit()) * static_cast<double>(mean_gap_ns_[index_of(fault)]);
  const std::int64_t at = world_.now_ns() + static_cast<std::int64_t>(wait);
  if (at >= until_ns_) return;
  world_.at(at, [this, fault] {
    if (stopped_) return;
    befall(fault);
    next(fault);
  });
}

Node FaultDriver::any_running() {
  for (int tries = 0; tries < 50; ++tries) {
    const auto node = static_cast<Node>(prng_.below(world_.size()));
    if (world_.node(node).process == World::Process::running) return node;
  }
  return kNone;
}

void FaultDriver::befall(Fault fault) {
  const Node node = any_running();
  if (node == kNone) return;
  switch (fault) {
    case Fault::crash:
      return crash_and_restart(node, false);
    case Fault::power:
      return crash_and_restart(node, true);
    case Fault::pause:
      world_.pause(node);
      return world_.at(world_.now_ns() + between(50 * kMs, prng_.chance(0.5) ? 3 * kSecond : 20 * kSecond),
                       [this, node] { world_.resume(node); });
    case Fault::starve:
      return world_.starve(node, between(20 * kMs, kSecond), between(kMs, 100 * kMs),
                           std::min(until_ns_, world_.now_ns() + between(kSecond, 20 * kSecond)));
    case Fault::lag: {
      const Place place = world_.node(node).place;
      world_.network().set_lag(place, between(50 * kMs, 3 * kSecond));
      return world_.at(world_.now_ns() + between(kSecond, 30 * kSecond),
                       [this, place] { world_.network().set_lag(place, 0); });
    }
    case Fault::cut:
      return cut_some();
    case Fault::partition:
      return split();
    case Fault::leave:
      world_.leave(node);
      return world_.at(world_.now_ns() + between(3 * kSecond, 60 * kSecond), [this, node] { restart(node); });
    case Fault::wipe:
      world_.wipe(node);
      return world_.at(world_.now_ns() + between(50 * kMs, 20 * kSecond), [this, node] { restart(node); });
    case Fault::join:
      if (world_.size() < kNodesMax) world_.start(world_.add_node());
      return;
    case Fault::copy:
      return copy(node);
    default:
      return;
  }
}

StartOptions FaultDriver::how_to_start(Node node) {
  StartOptions how;
  if (prng_.chance(0.15)) how.lost_disk = true;
  if (prng_.chance(0.15)) how.wall_back_ms = 3'600'000;
  if (node >= kSeedNodes && prng_.chance(0.15)) how.new_address = true;
  for (int i = 0; i < 2; ++i)
    if (const Node other = any_running(); other != kNone && other != node) how.seeds.push_back(world_.endpoint(other));
  return how;
}

void FaultDriver::restart(Node node) {
  if (world_.runs(node)) return;
  world_.start(node, how_to_start(node));
}

void FaultDriver::crash_and_restart(Node node, bool dark) {
  if (dark)
    world_.power_off(node);
  else
    world_.crash(node);
  if (prng_.chance(0.1)) return;
  const bool quick = prng_.chance(0.4);
  world_.at(world_.now_ns() + between(50 * kMs, quick ? kSecond : 40 * kSecond), [this, node] { restart(node); });
}

void FaultDriver::cut_some() {
  const Place from = world_.node(static_cast<Node>(prng_.below(world_.size()))).place;
  const std::size_t cuts = 1 + prng_.below(3);
  std::vector<Place> to;
  for (std::size_t i = 0; i < cuts; ++i) {
    to.push_back(world_.node(static_cast<Node>(prng_.below(world_.size()))).place);
    world_.network().cut(from, to.back());
  }
  world_.at(world_.now_ns() + between(kSecond, 40 * kSecond), [this, from, to] {
    for (const Place place : to) world_.network().mend(from, place);
  });
}

void FaultDriver::split() {
  const std::uint64_t parts = 2 + prng_.below(2);
  for (Node node = 0; node < world_.size(); ++node)
    world_.network().set_group(world_.node(node).place, static_cast<std::uint32_t>(prng_.below(parts)));
  world_.at(world_.now_ns() + between(kSecond, 60 * kSecond), [this] {
    for (Node node = 0; node < world_.size(); ++node) world_.network().set_group(world_.node(node).place, 0);
  });
}

void FaultDriver::copy(Node node) {
  if (world_.size() >= kNodesMax) return;
  const Node twin = world_.add_copy(node);
  world_.start(twin, how_to_start(twin));
}

void FaultDriver::stop() {
  stopped_ = true;
  world_.network().mend_all();
  Weather weather;
  world_.network().set_weather(weather);
  for (Node node = 0; node < world_.size(); ++node) {
    world_.network().set_lag(world_.node(node).place, 0);
    world_.resume(node);
  }
  for (Node node = 0; node < world_.size(); ++node) {
    const bool copied = world_.node(node).stopped.has_value();
    if (!world_.runs(node) && !copied && (node < kSeedNodes || prng_.chance(0.5))) restart(node);
  }
  // Something answers at each seed's address again: the only place that some who joined late know.
  const auto seeds = static_cast<Node>(std::min<std::size_t>(kSeedNodes, world_.size()));
  for (Node node = 0; node < seeds; ++node)
    if (!world_.runs(node)) world_.start(world_.add_at_address_of(node));
}

}  // namespace wattring::simulation
