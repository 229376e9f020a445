// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/settle.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace wattring::replication {
namespace {

constexpr std::int64_t kAckWithin = kSecond;  // I17

/// Who is FILLED, and who could be asked.
std::string fillings(World& world, ShardId shard) {
  std::string text;
  for (Node node = 0; node < world.size(); ++node) {
    text += "n" + std::to_string(node);
    if (!world.running(node)) {
      text += " gone, owner of";
    } else {
      text += " " + std::to_string(world.replica(node).filled_ring(shard)) + " knows " +
              std::to_string(world.oldest_ring(node)) + ".." + std::to_string(world.newest_ring(node)) +
              (world.disk(node).durable.recovering[shard.value] ? " recovering" : "") + ", owner of";
    }
    for (std::uint64_t ring = 1; ring <= world.rings().newest(); ++ring)
      if (world.rings().owns(ring, shard, node)) text += " " + std::to_string(ring);
    text += "; ";
  }
  return text;
}

/// Somebody has seen a ring retire that this node still asks back to.
bool can_hear_of_retirement(World& world, Node node) {
  for (Node other = 0; other < world.size(); ++other)
    if (world.running(other) && world.oldest_ring(other) > world.oldest_ring(node)) return true;
  return false;
}

std::string unrest_of_process(World& world, Node node) {
  const std::string name = "node " + std::to_string(node);
  if (world.paused(node)) return name + " stands still";
  if (world.newest_ring(node) < world.rings().newest()) return name + " does not know the newest ring";
  if (!world.disk(node).idle()) return name + " writes to its disk";
  if (!world.sees_all(node)) return name + " has not heard who can be reached";
  if (can_hear_of_retirement(world, node))
    return name + " has not heard that ring " + std::to_string(world.oldest_ring(node)) + " has retired";
  const sharding::Replica& replica = world.replica(node);
  const auto counts = replica.counts();
  if (counts.writes_open != 0) return name + " has open writes";
  if (counts.shards_missing != 0) return name + " misses something in " + std::to_string(counts.shards_missing);
  if (counts.shards_filling != 0) {
    for (std::uint16_t i = 0; i < kShardCount; ++i)
      if (replica.role(ShardId{i}) == sharding::Replica::Role::filling)
        return name + " fills " + std::to_string(counts.shards_filling) + " shards; " + fillings(world, ShardId{i});
    return name + " fills what it does not own";
  }
  if (counts.shards_held != 0) return name + " still holds " + std::to_string(counts.shards_held) + " shards of others";
  for (const auto& peer : replica.peers()) {
    if (peer.lagging) return name + " holds somebody lagging";
    if (peer.in_flight_bytes != 0) return name + " waits for receipts";
  }
  return "";
}

std::string unrest_of_slot(World& world, Slot slot) {
  const ShardId shard = world.book().shards()[slot];
  const Bits& mask = world.book().of_slot(slot);
  const Bits* first = nullptr;
  for (Node node = 0; node < world.size(); ++node) {
    if (!world.running(node) || !world.rings().owns(world.rings().newest(), shard, node)) continue;
    const std::string name = "node " + std::to_string(node) + " in shard " + std::to_string(shard.value);
    const Image& image = world.disk(node).durable;
    if ((image.rotten & mask).any()) return name + " has damage";
    if (world.replica(node).filled_ring(shard) < world.rings().newest())
      return name + " is not FILLED; " + fillings(world, shard);
    if (first == nullptr) first = &image.facts;
    if ((image.facts & mask) != (*first & mask)) return name + " has other facts than another owner";
  }
  return "";
}

std::string unrest_of_homes(World& world) {
  const sharding::PlacementPtr& ring = world.rings().at(world.rings().newest());
  for (Node node = 0; node < world.size(); ++node) {
    if (!world.running(node)) continue;
    const auto routes = world.replica(node).routes();
    for (const ShardId shard : world.book().shards())
      if (routes->home[shard.value] != ring->owners(shard).front())
        return "node " + std::to_string(node) + ": the home of shard " + std::to_string(shard.value) +
               " is not its first owner";
  }
  return "";
}

void check_facts(World& world) {
  const Reference reference(world.book(), world.history());
  for (Slot slot = 0; slot < world.book().shards().size(); ++slot)
    for (Node node = 0; node < world.size(); ++node) {
      if (!world.running(node)) continue;
      if (!world.rings().owns(world.rings().newest(), world.book().shards()[slot], node)) continue;
      std::set<std::string> facts;
      (world.disk(node).durable.facts & world.book().of_slot(slot)).for_each([&](EntryNo entry) {
        facts.insert(Reference::fact(world.book(), entry));
      });
      const std::string wrong = reference.judge(slot, facts);
      if (!wrong.empty()) world.checker().add(12, node, "the second opinion: " + wrong);
    }
}

/// So many members of a ring are gone that nobody has seen retire that nobody ever will: acknowledgements stay HELD.
bool can_retire(World& world, Node node) {
  for (std::uint64_t ring = world.oldest_ring(node); ring < world.newest_ring(node); ++ring) {
    std::size_t gone = 0;
    for (Node member = 0; member < world.size(); ++member)
      gone += world.gone(member) && world.rings().is_member(ring, member) ? 1 : 0;
    const sharding::Ring& then = world.rings().at(ring)->ring();
    if (gone >= std::min(then.effective_acks(), then.read_quorum())) return false;
  }
  return true;
}

void check_service(World& world) {
  const std::size_t slots = world.book().shards().size();
  std::size_t asked = 0;
  std::size_t durable = 0;
  world.on_written = [&](Node gateway, sharding::AckClass level, const std::vector<EntryNo>&) {
    if (level == sharding::AckClass::held && !can_retire(world, gateway)) ++durable;
    const bool single =
        level == sharding::AckClass::single && world.rings().at(world.rings().newest())->ring().effective_acks() == 1;
    if (level == sharding::AckClass::durable || single) ++durable;
  };
  std::size_t questions = 0;
  std::set<std::pair<Node, Slot>> complete;
  world.on_read = [&](Node node, Slot slot, bool whole) {
    if (whole) complete.emplace(node, slot);
  };
  for (Node node = 0; node < world.size(); ++node)
    for (Slot slot = 0; slot < slots; ++slot) {
      if (world.write(node, std::span(&slot, 1))) ++asked;
      if (world.running(node) && world.rings().owns(world.rings().newest(), world.book().shards()[slot], node) &&
          world.read_quorum(node, slot))
        ++questions;
    }
  world.run_for(kAckWithin);
  world.on_written = nullptr;
  world.on_read = nullptr;
  if (!world.checker().violations().empty()) return;
  if (durable != asked)
    world.checker().add(17, kNoNode,
                        std::to_string(asked - durable) + " of " + std::to_string(asked) +
                            " writes were not acknowledged as DURABLE within a second of calm");
  if (complete.size() != questions)
    world.checker().add(17, kNoNode,
                        std::to_string(questions - complete.size()) + " of " + std::to_string(questions) +
                            " answers of owners were not complete within a second of calm");
}

/// Nobody was cloned.
void check_forks(World& world) {
  if (world.options().shell != ShellMutant::none) return;
  for (Node node = 0; node < world.size(); ++node)
    if (world.running(node) && world.replica(node).counts().forks != 0)
      world.checker().add(4, node, "it saw a fork where there was none");
}

}  // namespace

std::string unrest(World& world) {
  for (Slot slot = 0; slot < world.book().shards().size(); ++slot)
    if (std::string what = unrest_of_slot(world, slot); !what.empty()) return what;
  for (Node node = 0; node < world.size(); ++node)
    if (world.running(node))
      if (std::string what = unrest_of_process(world, node); !what.empty()) return what;
  return unrest_of_homes(world);
}

void check_end(World& world) {
  check_forks(world);
  check_facts(world);
  check_service(world);
}

}  // namespace wattring::replication
