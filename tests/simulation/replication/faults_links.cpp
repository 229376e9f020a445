// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/simulation/replication/faults.hpp"

/// What happens between machines, to the ring, and when all of it is over.

namespace wattring::replication {
namespace {

constexpr std::size_t kGrownMax = 9;  // nodes, by joins

}  // namespace

void Faults::befall_network(Fault fault) {
  count(fault);
  if (fault == Fault::partition) return partition();
  if (fault == Fault::clog) return clog();
  const auto from = static_cast<Node>(prng_.below(world_.size()));
  const auto to = static_cast<Node>(prng_.below(world_.size()));
  if (from == to) return;
  world_.network().set_cut(from, to, true);
  world_.news();
  later(200 * kMs, 6 * kSecond, [this, from, to] {
    world_.network().set_cut(from, to, false);
    world_.news();
  });
}

void Faults::partition() {
  const std::uint64_t sides = prng_.chance(0.7) ? 2 : 3;
  std::array<std::uint64_t, kNodesMax> side{};
  for (std::uint64_t& one : side) one = prng_.below(sides);
  const bool one_way = prng_.chance(0.2);
  const auto set = [this, side, one_way](bool cut) {
    for (Node a = 0; a < kNodesMax; ++a)
      for (Node b = 0; b < kNodesMax; ++b)
        if (side[a] != side[b] && (!one_way || side[a] < side[b])) world_.network().set_cut(a, b, cut);
    world_.news();
  };
  set(true);
  later(300 * kMs, 8 * kSecond, [set] { set(false); });
}

void Faults::clog() {
  std::vector<std::pair<Node, Node>> links;
  for (Node a = 0; a < world_.size(); ++a)
    for (Node b = 0; b < world_.size(); ++b)
      if (a != b && prng_.chance(0.4)) links.emplace_back(a, b);
  const std::int64_t span = between(500 * kMs, 4 * kSecond);
  for (const auto& [a, b] : links) {
    later(0, span, [this, a = a, b = b] {
      if (stopped_) return;
      world_.network().set_clogged(a, b, true);
      world_.news();
    });
    later(span, 2 * span, [this, a = a, b = b] {
      world_.network().set_clogged(a, b, false);
      world_.release_clogged();
      world_.news();
    });
  }
}

void Faults::befall_ring(Fault fault) {
  if (world_.now_ns() - last_ring_ns_ < ring_gap_ns_) return;
  Rings& rings = world_.rings();
  std::vector<Node> members;
  std::vector<Node> others;
  for (Node node = 0; node < world_.size(); ++node) {
    if (rings.is_member(rings.newest(), node)) {
      members.push_back(node);
    } else if (world_.running(node) && !rings.is_removed(node)) {
      others.push_back(node);
    }
  }
  const Node member = members[prng_.below(members.size())];
  if (fault == Fault::join && others.empty()) {
    if (world_.size() >= kGrownMax) return;
    others.push_back(world_.add_node());
    world_.start(others.front());
  }
  if (fault == Fault::leave && members.size() < 4) return;
  last_ring_ns_ = world_.now_ns();
  count(fault);
  if (fault == Fault::join) rings.change(std::span(others).first(1), {});
  if (fault == Fault::leave) rings.change({}, std::span(&member, 1));
  if (fault == Fault::reweigh) rings.reweigh(member, static_cast<std::uint16_t>(4 + prng_.below(12)));
  announce_ring();
}

/// The ring appears with one of those who know most of the chain.
void Faults::announce_ring() {
  std::uint64_t most = 0;
  std::vector<Node> able;
  for (Node node = 0; node < world_.size(); ++node) {
    if (!world_.running(node) || world_.newest_ring(node) < most) continue;
    if (world_.newest_ring(node) > most) able.clear();
    most = world_.newest_ring(node);
    able.push_back(node);
  }
  const std::uint64_t newest = world_.rings().newest();
  if (most == newest || able.empty()) return;
  world_.learn_rings(able[prng_.below(able.size())], newest);
}

void Faults::gossip() {
  later(50 * kMs, stopped_ ? 200 * kMs : kSecond, [this] {
    const Node from = any_running();
    const Node to = any_running();
    if (from != kNoNode && to != kNoNode && from != to) world_.learn_rings_from(to, from);
    if (prng_.chance(0.2)) announce_ring();
    gossip();
  });
}

void Faults::heal() {
  stopped_ = true;
  world_.network().heal();
  world_.set_news(300 * kMs);
  world_.end_slander();
  std::vector<Node> gone;
  Rings& rings = world_.rings();
  for (Node node = 0; node < world_.size(); ++node) {
    world_.mend_disk(node);
    if (world_.gone(node) && rings.is_member(rings.newest(), node)) gone.push_back(node);
    world_.start(node);
  }
  world_.release_clogged();
  world_.news();
  if (gone.empty()) return;
  // What is gone for good has to be taken out, and somebody takes its place.
  const Node fresh = world_.add_node();
  world_.start(fresh);
  rings.change(std::span(&fresh, 1), gone);
  announce_ring();
}

}  // namespace wattring::replication
