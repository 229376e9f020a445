// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/faults.hpp"

#include <algorithm>
#include <cmath>

namespace wattring::replication {
namespace {

constexpr std::array<std::string_view, kFaults> kNames = {
    "crash", "commit_error", "full",    "slow", "lie",       "restore", "rot",     "destroy", "truncate", "pause",
    "loss",  "duplicate",    "reorder", "cut",  "partition", "clog",    "slander", "join",    "leave",    "reweigh"};

bool is_weather(Fault fault) {
  return fault == Fault::loss || fault == Fault::duplicate || fault == Fault::reorder;
}

}  // namespace

std::string_view to_string(Fault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

std::string to_text(const FaultSet& faults) {
  std::string text;
  for (std::size_t i = 0; i < kFaults; ++i)
    if (faults[i]) text += (text.empty() ? "" : ",") + std::string(kNames[i]);
  return text.empty() ? "none" : text;
}

Result<FaultSet> parse_faults(std::string_view text) {
  FaultSet faults;
  if (text == "all") return faults.set();
  if (text == "none") return faults;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto found = std::find(kNames.begin(), kNames.end(), text.substr(0, comma));
    if (found == kNames.end())
      return fail(ErrorCode::invalid_argument, "there is no fault \"" + std::string(text.substr(0, comma)) + "\"",
                  "one of: " + to_text(FaultSet().set()));
    faults.set(static_cast<std::size_t>(found - kNames.begin()));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return faults;
}

Faults::Faults(World& world, FaultSet allowed, std::uint64_t seed) : world_(world), prng_(seed) {
  const double share = 0.2 + 0.6 * prng_.unit();
  for (std::size_t i = 0; i < kFaults; ++i) {
    const bool chosen = prng_.chance(share);
    gap_ns_[i] = between(400 * kMs, 8 * kSecond);
    if (allowed.count() == 1 || chosen) chosen_[i] = allowed[i];
  }
  losses_left_ = world.rings().at(1)->ring().effective_acks() - 1;
  ring_gap_ns_ = prng_.chance(0.3) ? 100 * kMs : between(kSecond, 6 * kSecond);
}

std::int64_t Faults::between(std::int64_t low_ns, std::int64_t high_ns) {
  return low_ns + static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(high_ns - low_ns)));
}

void Faults::later(std::int64_t low_ns, std::int64_t high_ns, std::function<void()> action) {
  world_.at(world_.now_ns() + between(low_ns, high_ns), std::move(action));
}

void Faults::begin(std::int64_t until_ns) {
  until_ns_ = until_ns;
  Weather weather;
  if (has(Fault::loss)) weather.loss = 0.15 * prng_.unit();
  if (has(Fault::duplicate)) weather.duplicate = 0.2 * prng_.unit();
  if (has(Fault::reorder)) {
    weather.reorder = prng_.unit();
    weather.jitter_ns = between(kMs, 40 * kMs);
  }
  world_.network().set_weather(weather);
  for (std::size_t i = 0; i < kFaults; ++i)
    if (chosen_[i] && !is_weather(static_cast<Fault>(i))) next(static_cast<Fault>(i));
}

void Faults::next(Fault fault) {
  const double mean = static_cast<double>(gap_ns_[static_cast<std::size_t>(fault)]);
  const std::int64_t at = world_.now_ns() + static_cast<std::int64_t>(-std::log1p(-prng_.unit()) * mean);
  if (at >= until_ns_) return;
  world_.at(at, [this, fault] {
    if (stopped_) return;
    befall(fault);
    next(fault);
  });
}

Node Faults::any_running() {
  for (int tries = 0; tries < 20; ++tries) {
    const auto node = static_cast<Node>(prng_.below(world_.size()));
    if (world_.running(node) && !world_.paused(node)) return node;
  }
  return kNoNode;
}

void Faults::restart_later(Node node) {
  later(100 * kMs, prng_.chance(0.3) ? 8 * kSecond : kSecond, [this, node] {
    if (!stopped_) world_.start(node);
  });
}

void Faults::befall(Fault fault) {
  const Node node = any_running();
  if (node == kNoNode) return;
  if (fault <= Fault::truncate && fault != Fault::crash) return befall_disk(fault, node);
  if (fault == Fault::crash || fault == Fault::pause || fault == Fault::slander) return befall_process(fault, node);
  if (fault >= Fault::join) return befall_ring(fault);
  befall_network(fault);
}

void Faults::befall_process(Fault fault, Node node) {
  count(fault);
  if (fault == Fault::crash) {
    // Sometimes all of them, as when the power goes.
    const bool all = prng_.chance(0.1);
    for (Node other = 0; other < world_.size(); ++other) {
      if (!world_.running(other) || (other != node && !all)) continue;
      world_.crash(other);
      restart_later(other);
    }
    return;
  }
  if (fault == Fault::pause)
    return world_.pause(node, prng_.chance(0.5) ? between(10 * kMs, 900 * kMs) : between(kSecond, 8 * kSecond));
  if (const Node other = any_running(); other != kNoNode && other != node)
    world_.slander(node, other, between(200 * kMs, 5 * kSecond));
}

void Faults::befall_disk(Fault fault, Node node) {
  if (fault == Fault::lie || fault == Fault::restore || fault == Fault::rot || fault == Fault::destroy) {
    if (losses_left_ == 0) return;
    if (fault == Fault::restore && !world_.disk(node).backup) {
      world_.disk(node).backup = world_.disk(node).durable;
      return;
    }
    if (fault == Fault::rot) return rot(node);
    --losses_left_;
  }
  count(fault);
  switch (fault) {
    case Fault::commit_error:
      return world_.fail_next_commit(node, prng_.chance(0.5));
    case Fault::full:
      world_.disk_weather(node).full = true;
      return later(100 * kMs, 4 * kSecond, [this, node] { world_.disk_weather(node).full = false; });
    case Fault::slow:
      world_.disk_weather(node).commit_ns = between(20 * kMs, 600 * kMs);
      return later(200 * kMs, 4 * kSecond, [this, node] { world_.disk_weather(node).commit_ns = 2 * kMs; });
    case Fault::lie:
      world_.set_back(node, world_.disk(node).before(1 + prng_.below(4)), false);
      return restart_later(node);
    case Fault::restore:
      world_.set_back(node, *world_.disk(node).backup, prng_.chance(0.5));
      return restart_later(node);
    case Fault::destroy:
      return world_.destroy(node);
    default:
      return world_.truncate(node, prng_);
  }
}

/// What nobody else has would never come back.
void Faults::rot(Node node) {
  if (world_.book().size() == 0) return;
  const auto entry = static_cast<EntryNo>(prng_.below(world_.book().size()));
  if (!world_.checker().facts(node).test(entry) || world_.checker().copies(entry) < 2) return;
  --losses_left_;
  count(Fault::rot);
  // Some of it nobody can see.
  if (entry % 3 == 0) return world_.vanish(node, entry);
  world_.rot(node, entry);
}

void Faults::late_loss() {
  if (losses_left_ == 0 || !has(Fault::destroy) || !prng_.chance(0.6)) return;
  const auto node = static_cast<Node>(prng_.below(world_.size()));
  if (world_.gone(node)) return;
  --losses_left_;
  count(Fault::destroy);
  world_.destroy(node);
}

}  // namespace wattring::replication
