// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <utility>

#include "tests/simulation/replication/checker.hpp"

/// What a process decides: that something is acknowledged, may be dropped, is filled, is complete.

namespace wattring::replication {

using sharding::AckClass;

void Checker::acked(const Ack& ack) {
  if (ack.level == AckClass::unknown) return;
  const std::size_t wanted = acks_needed(ack.ring);
  if (ack.level == AckClass::single && wanted != 1)
    add(15, ack.writer, "an acknowledgement of one disk where the configuration asks for more");
  for (const EntryNo entry : ack.entries) {
    check_copies(ack, entry, wanted);
    if (ack.two_zones && wanted > 1) check_zones(ack, entry);
    wanted_[entry] = static_cast<std::uint8_t>(wanted);
    acked_.set(entry);
    if (ack.level == AckClass::held) continue;
    acked_ring_[entry] = check_durable(ack, entry);
    acked_ns_[entry] = now_ns_;
    durable_.set(entry);
    for (Node node = 0; node < rings_.nodes(); ++node) check_filled(node, book_.at(entry).slot);
  }
}

void Checker::check_copies(const Ack& ack, EntryNo entry, std::size_t wanted) {
  const std::size_t there = copies(entry);
  if (there + losses_[entry] < wanted)
    add(1, ack.writer, "entry " + std::to_string(entry) + " is acknowledged on " + std::to_string(there) + " disks");
  const auto& receipts = nodes_[ack.writer].receipts;
  std::size_t receipted = 0;
  std::size_t removed = 0;
  for (Node node = 0; node < rings_.nodes() && entry < receipts.size(); ++node) {
    if (receipts[entry][node] == 0) continue;
    ++receipted;
    if (rings_.at(ack.began)->ring().is_removed(rings_.id(node))) ++removed;
  }
  if (receipted >= wanted && receipted - removed < wanted)
    add(16, ack.writer, "entry " + std::to_string(entry) + " is acknowledged with receipts of removed members");
  if (receipted < wanted)
    add(1, ack.writer,
        "entry " + std::to_string(entry) + " is acknowledged with " + std::to_string(receipted) + " receipts");
}

std::uint64_t Checker::check_durable(const Ack& ack, EntryNo entry) {
  std::string why;
  // A part of a batch may have been judged under a ring before the one in which the batch comes to its end.
  for (std::uint64_t ring = ack.ring; ring >= ack.began && ring > 0; --ring) {
    const std::string wrong = not_durable(ack, ring, entry);
    if (wrong.empty()) return ring;
    if (why.empty()) why = wrong;
  }
  add(2, ack.writer, "entry " + std::to_string(entry) + " is DURABLE " + why);
  return ack.ring;
}

std::string Checker::not_durable(const Ack& ack, std::uint64_t ring, EntryNo entry) const {
  const std::uint32_t owners = rings_.owners(ring, book_.shards()[book_.at(entry).slot]);
  const auto& receipts = nodes_[ack.writer].receipts;
  std::size_t there = 0;
  std::size_t receipted = 0;
  for (Node node = 0; node < rings_.nodes(); ++node) {
    if ((owners >> node & 1U) == 0) continue;
    if (nodes_[node].facts.test(entry) || nodes_[node].lost.test(entry)) ++there;
    if (entry < receipts.size() && receipts[entry][node] != 0 && receipts[entry][node] <= ring + 1) ++receipted;
  }
  if (there < acks_needed(ring)) return "on " + std::to_string(there) + " owners";
  if (receipted < acks_needed(ring))
    return "with receipts of " + std::to_string(receipted) + " owners under ring " + std::to_string(ring);
  return not_fenced(ack, ring, entry);
}

std::string Checker::not_fenced(const Ack& ack, std::uint64_t ring, EntryNo entry) const {
  const ShardId shard = book_.shards()[book_.at(entry).slot];
  for (std::uint64_t older = std::max(ack.oldest, nodes_[ack.writer].heard_retired + 1); older < ring; ++older) {
    std::size_t adopted = 0;
    for (Node node = 0; node < rings_.nodes(); ++node)
      if (rings_.owns(older, shard, node) && (node == ack.writer || nodes_[ack.writer].ring_of[node] > older))
        ++adopted;
    const sharding::Ring& then = rings_.at(older)->ring();
    if (adopted < std::max(then.read_quorum(), then.effective_acks()))
      return "while owners of ring " + std::to_string(older) + " may not know of a newer one";
  }
  return "";
}

void Checker::check_zones(const Ack& ack, EntryNo entry) {
  std::uint32_t zones = 0;
  for (Node node = 0; node < rings_.nodes(); ++node)
    if (nodes_[node].facts.test(entry) || nodes_[node].lost.test(entry)) zones |= 1U << rings_.zone(node);
  if (std::popcount(zones) < 2) add(1, ack.writer, "all copies of entry " + std::to_string(entry) + " are in one zone");
}

void Checker::decided_drop(Node node, Slot slot, std::uint64_t ring) {
  const Bits held = nodes_[node].facts & book_.of_slot(slot);
  const ShardId shard = book_.shards()[slot];
  nodes_[node].believed[shard.value] = 0;
  nodes_[node].recovering.reset(shard.value);
  for (Node owner = 0; owner < rings_.nodes(); ++owner) {
    if (!rings_.owns(ring, shard, owner)) continue;
    if (owner == node) {
      add(7, node, "an owner drops its shard");
      continue;
    }
    const PerNode& there = nodes_[owner];
    // What it dropped itself, under a newer ring, all of that ring's owners had.
    if (!(there.cover | there.lost | there.dropped).includes(held))
      add(7, node, "drops what owner " + std::to_string(owner) + " does not have");
    const Tell& tell = nodes_[node].tells[slot][owner];
    if (tell.cover_ring != ring || !tell.cover.includes(held))
      add(7, node, "drops without the word of owner " + std::to_string(owner) + " under the same ring");
  }
}

/// Owners under one ring that were heard of under another, this node apart; whether one was FILLED.
std::size_t Checker::answers(Node node, Slot slot, std::uint64_t owners_of, std::uint64_t under, bool& filled,
                             std::uint64_t filled_needed) const {
  std::size_t answered = 0;
  for (Node owner = 0; owner < rings_.nodes(); ++owner) {
    const Tell& tell = nodes_[node].tells[slot][owner];
    if (owner == node || !rings_.owns(owners_of, book_.shards()[slot], owner)) continue;
    if ((tell.rings >> (under % 64) & 1U) == 0) continue;
    ++answered;
    filled = filled || tell.filled >= filled_needed;
  }
  return answered;
}

void Checker::kept_filled(Node node, ShardId shard, std::uint64_t ring) {
  const Slot slot = book_.slot_of(shard);
  std::uint64_t& believed = nodes_[node].believed[shard.value];
  nodes_[node].filled_ns[shard.value] = now_ns_;
  const bool recovering = ring == sharding::effect::kRecovering;
  const std::uint64_t before = std::exchange(believed, recovering ? 0 : ring);
  const bool lost = nodes_[node].recovering.test(shard.value);
  nodes_[node].recovering.set(shard.value, recovering);
  if (slot == kNoSlot || recovering || ring <= 1) return;
  bool filled = false;
  if (const std::size_t others = answers(node, slot, ring, ring, filled, ring);
      lost && others < rings_.at(ring)->ring().read_quorum())
    add(9, node, "FILLED after a loss, and only " + std::to_string(others) + " other owners were asked");
  filled = false;
  // From owners of the same ring that are FILLED, or back through the rings to one whose owner is.
  if (answers(node, slot, ring, ring, filled, ring) >= rings_.at(ring)->ring().read_quorum() && filled) return;
  for (std::uint64_t older = ring - 1; older > 0; --older) {
    filled = false;
    std::size_t answered = answers(node, slot, older, ring, filled, older);
    if (rings_.owns(older, shard, node)) {
      ++answered;
      filled = filled || before >= older;
    }
    if (answered < rings_.at(older)->ring().read_quorum())
      return add(9, node,
                 "FILLED for ring " + std::to_string(ring) + " after the answers of " + std::to_string(answered) +
                     " owners of ring " + std::to_string(older));
    if (filled) return;
  }
  add(9, node, "FILLED for ring " + std::to_string(ring) + ", and nobody was before");
}

void Checker::check_filled(Node node, Slot slot) {
  const PerNode& truth = nodes_[node];
  const ShardId shard = book_.shards()[slot];
  const std::uint64_t filled = truth.filled[shard.value];
  if (filled == 0) return;
  const Bits missing = (durable_ & book_.of_slot(slot)).without(truth.facts | truth.lost);
  missing.for_each([&](EntryNo entry) {
    if (acked_ring_[entry] < filled && !excused(entry, truth.filled_ns[shard.value]))
      add(9, node,
          "is FILLED for ring " + std::to_string(filled) + " without entry " + std::to_string(entry) +
              ", DURABLE under ring " + std::to_string(acked_ring_[entry]));
  });
}

void Checker::exchanged(Node node, Slot slot, std::uint64_t ring, std::int64_t began_ns) {
  const ShardId shard = book_.shards()[slot];
  std::size_t answered = 0;
  bool filled = false;
  for (Node owner = 0; owner < rings_.nodes(); ++owner) {
    if (!rings_.owns(ring, shard, owner)) continue;
    const Tell& tell = nodes_[node].tells[slot][owner];
    const bool self = owner == node;
    if (!self && tell.sent_ns[ring % tell.sent_ns.size()] < began_ns) continue;
    ++answered;
    filled = filled || (self ? nodes_[node].believed[shard.value] : tell.filled) >= ring;
  }
  if (answered < rings_.at(ring)->ring().read_quorum())
    add(10, node,
        "complete after the answers of " + std::to_string(answered) + " owners since " +
            std::to_string(began_ns / 1'000'000) + " ms under ring " + std::to_string(ring));
  if (!filled) add(10, node, "complete, and no owner that answered is FILLED for ring " + std::to_string(ring));
}

void Checker::answered(const Answer& answer) {
  const Bits missing = (durable_ & book_.of_slot(answer.slot)).without(answer.facts);
  missing.for_each([&](EntryNo entry) {
    if (acked_ns_[entry] < answer.began_ns && !excused(entry, answer.began_ns))
      add(10, answer.node,
          "a complete answer as of " + std::to_string(answer.began_ns / 1'000'000) + " ms lacks entry " +
              std::to_string(entry) + ", DURABLE since " + std::to_string(acked_ns_[entry] / 1'000'000) + " ms");
  });
}

}  // namespace wattring::replication
