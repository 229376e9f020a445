// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "tests/simulation/replication/world.hpp"
#include "tests/simulation/replication/world_step.hpp"

/// What a process wants done, and what it says and hears.

namespace wattring::replication {

namespace effect = sharding::effect;
namespace message = sharding::message;
using sharding::AckClass;

void World::perform(Node node, sharding::ReplicaEffects& effects) {
  for (sharding::ReplicaEffect& effect : effects) std::visit([&](auto& one) { perform(node, one); }, effect);
}

void World::after_step(Node node) {
  Machine& machine = machines_[node];
  if (machine.disk.wants_commit()) {
    machine.disk.begin_commit();
    const std::int64_t mean = machine.weather.commit_ns;
    scheduler_.at(now_ns() + between(mean / 4, mean * 2), *this, kCommit, node, machine.life);
  }
  arrange_tick(node);
}

void World::arrange_tick(Node node) {
  Machine& machine = machines_[node];
  const std::int64_t deadline = machine.replica->next_deadline();
  if (deadline == INT64_MAX) return;
  // A loop that wakes up has its granularity.
  const std::int64_t due = std::max(true_ns(node, deadline) + 2, now_ns() + kMs);
  if (machine.tick_at_ns > now_ns() && machine.tick_at_ns <= due) return;
  machine.tick_at_ns = due;
  scheduler_.at(due, *this, kTick, node, machine.life);
}

void World::tick(Node node) {
  Machine& machine = machines_[node];
  machine.tick_at_ns = -1;
  if (!running(node) || machine.paused) return;
  step(node,
       [](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) { replica.tick(local, out); });
  trim_rings(node);
}

void World::trim_rings(Node node) {
  Machine& machine = machines_[node];
  if (machine.oldest_ring == machine.newest_ring || !machine.replica->retired(machine.oldest_ring)) return;
  DiskOp op;
  op.kind = DiskOp::Kind::rings;
  op.value = ++machine.oldest_ring;
  op.value_2 = machine.newest_ring;
  machine.disk.push(std::move(op));
  after_step(node);
}

// Messages.

void World::send(Node from, Node to, sharding::PeerMessage message) {
  observe_sent(from, to, message);
  if (filter && !filter(from, to, message)) return;
  const Network::Arrivals arrivals = network_.send(now_ns(), from, to);
  for (std::size_t i = 0; i < arrivals.count; ++i)
    scheduler_.at(arrivals.at_ns[i], *this, kDeliver, network_.keep({from, to, now_ns(), message}));
}

void World::observe_sent(Node from, Node to, const sharding::PeerMessage& message) {
  trace_.add(now_ns(), from, "send", to, message.body.index());
  if (const auto* append = std::get_if<message::Append>(&message.body)) {
    scratch_.clear();
    if (!book_.read(*append->pack, scratch_)) checker_.add(2, from, "sends a pack of what was never written");
    machines_[from].sent[append->number] = scratch_;
  } else if (const auto* tell = std::get_if<message::CoverageTell>(&message.body)) {
    for (const message::ShardTell& line : tell->shards)
      if (const Slot slot = book_.slot_of(line.shard); slot != kNoSlot)
        checker_.told_coverage(from, slot, line.coverage);
  } else if (const auto* digest = std::get_if<message::Digest>(&message.body)) {
    checker_.told_retired(from, digest->retired);
  } else if (const auto* amnesia = std::get_if<message::Amnesia>(&message.body)) {
    checker_.found_amnesiac(from, to, amnesia->generation);
    ++figures.amnesia;
  }
}

void World::deliver(std::uint32_t number) {
  Letter letter = network_.take(number);
  if (network_.cut(letter.from, letter.to)) {
    ++network_.counts.cut;
    return;
  }
  if (network_.clogged(letter.from, letter.to)) {
    ++network_.counts.held;
    clogged_.push_back(network_.keep(std::move(letter)));
    return;
  }
  Machine& machine = machines_[letter.to];
  if (machine.replica == nullptr) return;
  if (!machine.paused) return receive(std::move(letter));
  machine.waiting.push_back([this, life = machine.life, letter = std::move(letter)] {
    if (machines_[letter.to].life == life) receive(letter);
  });
}

void World::release_clogged() {
  for (const std::uint32_t number : std::exchange(clogged_, {})) scheduler_.at(now_ns(), *this, kDeliver, number);
}

void World::receive(Letter letter) {
  observe_received(letter);
  trace_.add(now_ns(), letter.to, "receive", letter.from, letter.message.body.index());
  step(letter.to, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
    replica.handle(local, rings_.id(letter.from), letter.message, out);
  });
}

void World::observe_received(const Letter& letter) {
  const std::uint64_t ring = letter.message.ring.version;
  checker_.heard_ring(letter.to, letter.from, ring);
  if (const auto* digest = std::get_if<message::Digest>(&letter.message.body))
    checker_.heard_retired(letter.to, digest->retired);
  if (const auto* receipt = std::get_if<message::Receipt>(&letter.message.body)) {
    const auto sent = machines_[letter.to].sent.find(receipt->number);
    if (receipt->stored == message::Stored::durable && sent != machines_[letter.to].sent.end())
      checker_.heard_receipt(letter.to, letter.from, sent->second, ring, letter.message.generation);
  } else if (const auto* tell = std::get_if<message::CoverageTell>(&letter.message.body)) {
    for (const message::ShardTell& line : tell->shards) {
      Checker::Heard heard{book_.slot_of(line.shard), ring, line.filled_ring, letter.sent_ns, {}};
      if (heard.slot == kNoSlot || line.suspect) continue;
      if (book_.to_bits(heard.slot, line.coverage, heard.coverage)) checker_.heard_tell(letter.to, letter.from, heard);
    }
  }
}

void World::perform(Node node, effect::Send& effect) {
  const Node to = rings_.node(effect.to);
  WATTRING_CHECK(to != kNoNode && to != node);
  if (const auto* receipt = std::get_if<message::Receipt>(&effect.message.body);
      receipt != nullptr && receipt->stored == message::Stored::durable) {
    const auto sent = machines_[to].sent.find(receipt->number);
    if (sent != machines_[to].sent.end()) checker_.told_receipt(node, sent->second);
  }
  send(node, to, std::move(effect.message));
}

// Writing.

bool World::write(Node gateway, std::span<const Slot> slots) {
  Machine& machine = machines_[gateway];
  if (!running(gateway) || machine.paused || machine.newest_ring == 0 || !book_.has_room(slots.size())) return false;
  const Pack pack = book_.draw(machine.pen, slots);
  const std::uint64_t number = ++machine.last_number;
  machine.writes[number] = {pack.entries, machine.newest_ring, two_zones(gateway)};
  trace_.add(now_ns(), gateway, "write", number & UINT32_MAX, pack.entries.front());
  step(gateway, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
    replica.write(local, number, pack.bytes, out);
  });
  return true;
}

void World::perform(Node node, const effect::Append& effect) {
  DiskOp op;
  op.token = effect.token;
  if (!book_.read(*effect.pack, op.entries)) checker_.add(2, node, "stores a pack of what was never written");
  machines_[node].disk.push(std::move(op));
}

void World::perform(Node node, const effect::WriteDone& effect) {
  Machine& machine = machines_[node];
  const auto open = machine.writes.find(effect.number);
  if (open == machine.writes.end()) return checker_.add(1, node, "a write ends twice, or was never begun");
  trace_.add(now_ns(), node, "write done", effect.number & UINT32_MAX, static_cast<std::uint64_t>(effect.worst));
  Ack ack{node, {}, effect.worst, open->second.ring, machine.newest_ring, machine.oldest_ring, open->second.two_zones};
  const auto listed = [&](const std::vector<ShardId>& shards, EntryNo entry) {
    return std::find(shards.begin(), shards.end(), book_.shards()[book_.at(entry).slot]) != shards.end();
  };
  bool all = true;
  for (const EntryNo entry : open->second.entries) {
    if (listed(effect.unknown, entry) || listed(effect.refused, entry)) {
      all = false;
    } else {
      ack.entries.push_back(entry);
    }
  }
  // Some shards not: the others are acknowledged as one that is not DURABLE.
  const bool alone = rings_.at(ack.ring)->ring().effective_acks() == 1;
  if (!all && ack.level == AckClass::unknown) ack.level = alone ? AckClass::single : AckClass::held;
  checker_.acked(ack);
  for (const EntryNo entry : ack.entries) history_.add(History::What::acked, node, entry);
  if (!effect.refused.empty()) ++figures.refused;
  if (!all) ++figures.unknown;
  if (all) ++(ack.level == AckClass::durable ? figures.durable : figures.held);
  machine.writes.erase(open);
  if (on_written) on_written(node, all ? ack.level : AckClass::unknown, ack.entries);
}

// Reading.

bool World::read_quorum(Node node, Slot slot) {
  Machine& machine = machines_[node];
  if (!running(node) || machine.paused || machine.newest_ring == 0) return false;
  const std::uint64_t number = ++machine.last_number;
  machine.reads[number] = {slot, now_ns()};
  step(node, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
    replica.exchange(local, number, std::span(&book_.shards()[slot], 1), out);
  });
  return true;
}

void World::perform(Node node, const effect::ExchangeDone& effect) {
  Machine& machine = machines_[node];
  const auto open = machine.reads.find(effect.number);
  if (open == machine.reads.end()) return checker_.add(10, node, "an exchange ends twice, or was never begun");
  const OpenRead read = open->second;
  machine.reads.erase(open);
  const Image& image = machine.disk.durable;
  const bool damaged = (image.rotten & book_.of_slot(read.slot)).any();
  const bool complete = effect.complete && !damaged;
  trace_.add(now_ns(), node, "exchanged", read.slot, complete ? 1 : 0);
  ++(complete ? figures.complete : figures.incomplete);
  if (effect.complete) {
    const std::int64_t began_ns = true_ns(node, effect.began_ns);
    if (began_ns + 2 < read.asked_ns) checker_.add(10, node, "complete by an exchange that began before the question");
    checker_.exchanged(node, read.slot, machine.newest_ring, began_ns);
    if (complete) checker_.answered({node, read.slot, began_ns, image.facts});
  }
  if (on_read) on_read(node, read.slot, complete);
}

void World::read_home(Node node, Slot slot) {
  const Machine& machine = machines_[node];
  if (!running(node) || machine.paused || machine.newest_ring == 0) return;
  const Bits& rotten = machine.disk.durable.rotten;
  const auto as_of = machine.replica->complete_as_of(book_.shards()[slot]);
  if (!as_of || local_ns(node) - *as_of > options_.settings.fresh_ns || (rotten & book_.of_slot(slot)).any()) return;
  ++figures.home_reads;
  checker_.answered({node, slot, true_ns(node, *as_of), machine.disk.durable.facts});
}

void World::read_token(Node node, EntryNo entry) {
  if (!running(node) || paused(node)) return;
  const EntryBook::Entry& wanted = book_.at(entry);
  if (!replica(node).durable(book_.shards()[wanted.slot]).contains(wanted.writer, Sequence{wanted.sequence})) return;
  ++figures.token_reads;
  const Image& image = machines_[node].disk.durable;
  if (!image.facts.test(entry) && !image.rotten.test(wanted.first))
    checker_.add(11, node, "a read with a token finds nothing of entry " + std::to_string(entry));
}

// Rings and roles.

void World::perform(Node node, const effect::RingWanted& effect) {
  const Node from = rings_.node(effect.from);
  if (from == kNoNode) return;
  in_process(node, between(kMs, 20 * kMs), [this, node, from] { learn_rings_from(node, from); });
}

void World::learn_rings_from(Node node, Node from) {
  if (!reaches(node, from) || !running(node)) return;
  learn_rings(node, machines_[from].newest_ring);
}

void World::learn_rings(Node node, std::uint64_t newest) {
  Machine& machine = machines_[node];
  if (!running(node) || newest <= machine.newest_ring) return;
  DiskOp op;
  op.kind = DiskOp::Kind::rings;
  // Who gives rings away keeps those it needs no more itself: others may have missed them.
  op.value = machine.newest_ring == 0 ? 1 : machine.oldest_ring;
  op.value_2 = newest;
  machine.disk.push(std::move(op));
  after_step(node);
}

void World::perform(Node /*node*/, const effect::RoutesChanged& /*effect*/) {
  ++figures.rehomes;
}

}  // namespace wattring::replication
