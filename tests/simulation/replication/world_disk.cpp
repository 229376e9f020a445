// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "tests/simulation/replication/world.hpp"
#include "tests/simulation/replication/world_step.hpp"

/// What happens on and to disks, and what moves from one to another.

namespace wattring::replication {

namespace effect = sharding::effect;
namespace message = sharding::message;

void World::disk_changed(Node node, Change change) {
  const Bits& before = checker_.facts(node);
  const Bits& after = machines_[node].disk.durable.facts;
  before.without(after).for_each([&](EntryNo entry) {
    history_.add(change == Change::drop ? History::What::dropped : History::What::lost, node, entry);
  });
  after.without(before).for_each([&](EntryNo entry) { history_.add(History::What::stored, node, entry); });
  checker_.disk(node, machines_[node].disk.durable, change);
}

void World::commit(Node node, std::uint64_t life) {
  Machine& machine = machines_[node];
  if (machine.life != life) return;
  if (machine.paused) {
    machine.waiting.push_back([this, node, life] { commit(node, life); });
    return;
  }
  std::vector<DiskOp> group = machine.disk.take_group();
  trace_.add(now_ns(), node, "commit", group.size());
  if (machine.commit_fails) {
    machine.commit_fails = false;
    if (machine.failed_commit_is_durable) {
      machine.disk.apply(book_, group, false);
      disk_changed(node, Change::drop);
    }
    const Pen pen = machine.pen;
    crash(node);
    at(now_ns() + between(100 * kMs, 2 * kSecond), [this, node, pen] { restart_after_error(node, pen); });
    return;
  }
  committed(node, std::move(group));
}

void World::restart_after_error(Node node, const Pen& pen) {
  if (running(node)) return;
  start(node);
  if (options_.shell != ShellMutant::sequence_reused_after_commit_error || !running(node)) return;
  // Goes on where it was before what it holds to have failed.
  Pen& next = machines_[node].pen;
  next = pen;
  for (std::size_t slot = 0; slot < kSlotsMax; ++slot)
    if (next.last_sequence[slot] > 0) --next.last_sequence[slot];
}

void World::committed(Node node, std::vector<DiskOp> group) {
  Machine& machine = machines_[node];
  std::vector<DiskOp> refused;
  if (machine.weather.full) {
    const auto is_append = [](const DiskOp& op) { return op.kind == DiskOp::Kind::append; };
    const auto middle = std::stable_partition(group.begin(), group.end(), std::not_fn(is_append));
    refused.assign(std::make_move_iterator(middle), std::make_move_iterator(group.end()));
    group.erase(middle, group.end());
  }
  bool drops = false;
  std::vector<DiskOp> grown;
  std::erase_if(group, [&](DiskOp& op) {
    if (op.kind != DiskOp::Kind::drop) return false;
    const Slot slot = book_.slot_of(op.shard);
    const bool keeps = slot != kNoSlot && !op.claim.includes(machine.disk.durable.cover & book_.of_slot(slot));
    if (keeps) grown.push_back(std::move(op));
    drops = drops || !keeps;
    return keeps;
  });
  machine.disk.apply(book_, group, options_.shell == ShellMutant::transfer_replaces);
  disk_changed(node, drops || options_.shell == ShellMutant::transfer_replaces ? Change::drop : Change::commit);
  machine.damaged &= machine.disk.durable.rotten;
  for (const DiskOp& op : group) report(node, op);
  for (const DiskOp& op : grown) report_drop(node, op.shard, false);
  for (const DiskOp& op : refused)
    step(node, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
      replica.appended(local, op.token, sharding::Replica::Committed::refused, out);
    });
  check_claims(node);
  after_step(node);
}

void World::check_claims(Node node) {
  const Machine& machine = machines_[node];
  for (Slot slot = 0; slot < book_.shards().size(); ++slot) {
    if ((machine.dropping >> slot & 1U) != 0) continue;
    const sharding::Coverage& coverage = machine.replica->durable(book_.shards()[slot]);
    checker_.claims(node, slot, coverage, machine.damaged);
    Load load;
    for (const auto& [writer, sequences] : coverage.writers()) load.intervals += sequences.intervals().size();
    load.streams = book_.streams(slot);
    load.missing = book_.of_slot(slot).count() - coverage.count();
    checker_.carries(node, load);
  }
  for (const auto& peer : machine.replica->peers())
    if (!peer.lagging)
      checker_.carries(node, {.in_flight = peer.in_flight_bytes, .in_flight_max = options_.settings.window_bytes});
}

void World::report_drop(Node node, ShardId shard, bool done) {
  if (const Slot slot = book_.slot_of(shard); slot != kNoSlot) {
    machines_[node].dropping &= ~(1U << slot);
    figures.drops += done ? 1 : 0;
  }
  step(node, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
    replica.dropped(local, shard, done, out);
  });
}

void World::report(Node node, const DiskOp& op) {
  Machine& machine = machines_[node];
  if (op.kind == DiskOp::Kind::drop) return report_drop(node, op.shard, true);
  if (op.kind == DiskOp::Kind::append) checker_.heard_receipt(node, node, op.entries, machine.newest_ring);
  if (op.kind == DiskOp::Kind::generation) checker_.renewed(node);
  if (op.kind == DiskOp::Kind::rings) {
    machine.oldest_ring = std::max(machine.oldest_ring, op.value);
    machine.newest_ring = std::max(machine.newest_ring, op.value_2);
    trace_.add(now_ns(), node, "ring", machine.newest_ring, machine.oldest_ring);
    checker_.adopted(node, machine.newest_ring);
    note_zones(node);
  }
  step(node, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
    switch (op.kind) {
      case DiskOp::Kind::append:
        return replica.appended(local, op.token, sharding::Replica::Committed::durable, out);
      case DiskOp::Kind::merge:
        ++figures.transfers;
        return replica.fetched(local, op.shard, book_.to_coverage(book_.slot_of(op.shard), op.claim), out);
      case DiskOp::Kind::drop:
      case DiskOp::Kind::keep_filled:
        return;
      case DiskOp::Kind::rings:
        return replica.set_rings(local, rings_.span(machine.oldest_ring, machine.newest_ring), out);
      case DiskOp::Kind::generation:
        return replica.renewed(local, op.value, out);
    }
  });
}

void World::perform(Node node, const effect::KeepFilled& effect) {
  ++figures.fills;
  trace_.add(now_ns(), node, "filled", effect.shard.value, effect.ring);
  checker_.kept_filled(node, effect.shard, effect.ring);
  DiskOp op;
  op.kind = DiskOp::Kind::keep_filled;
  op.shard = effect.shard;
  op.value = effect.ring;
  machines_[node].disk.push(std::move(op));
}

void World::perform(Node node, const effect::Drop& effect) {
  Machine& machine = machines_[node];
  const Slot slot = book_.slot_of(effect.shard);
  trace_.add(now_ns(), node, "drop", effect.shard.value);
  DiskOp op;
  op.kind = DiskOp::Kind::drop;
  op.shard = effect.shard;
  if (slot != kNoSlot) {
    checker_.decided_drop(node, slot, machine.newest_ring);
    if (!book_.to_bits(slot, effect.coverage, op.claim)) checker_.add(2, node, "drops what was never written");
    op.claim |= machine.damaged;
    machine.dropping |= 1U << slot;
  }
  machine.disk.push(std::move(op));
}

void World::perform(Node node, const effect::RenewGeneration& /*effect*/) {
  DiskOp op;
  op.kind = DiskOp::Kind::generation;
  op.value = prng_.next();
  machines_[node].disk.push(std::move(op));
}

void World::perform(Node node, const effect::DigestContent& effect) {
  in_process(node, between(kMs, 50 * kMs), [this, node, shard = effect.shard] {
    const Slot slot = book_.slot_of(shard);
    const Image& image = machines_[node].disk.durable;
    std::optional<sharding::ContentDigest> digest;
    if (slot != kNoSlot) {
      digest = {book_.to_coverage(slot, image.cover).hash(), 0, 0, 0};
      (image.facts & book_.of_slot(slot)).for_each([&](EntryNo entry) {
        ++digest->facts;
        digest->low += hash64(Reference::fact(book_, entry));
      });
    }
    step(node, [&](sharding::Replica& replica, std::int64_t /*local*/, sharding::ReplicaEffects& out) {
      replica.digested(shard, digest, out);
    });
  });
}

// From disk to disk.

void World::perform(Node node, const effect::ReadEntries& effect) {
  in_process(node, between(kMs / 10, 3 * kMs), [this, node, effect] { answer_pull(node, effect); });
}

void World::answer_pull(Node node, const effect::ReadEntries& effect) {
  constexpr std::uint32_t kEntryBytes = 64;
  const Image& image = machines_[node].disk.durable;
  message::Entries answer{effect.pull.number, nullptr, {}};
  std::vector<EntryNo> entries;
  bool damage = false;
  for (const message::ShardWant& want : effect.pull.wants) {
    const Slot slot = book_.slot_of(want.shard);
    Bits wanted;
    if (slot == kNoSlot || !book_.to_bits(slot, want.coverage, wanted)) continue;
    damage = damage || (wanted & image.rotten).any();
    const Bits there = wanted & image.facts;
    (there & image.log).for_each([&](EntryNo entry) { entries.push_back(entry); });
    if (there.without(image.log).any()) answer.gone.push_back(want.shard);
  }
  const std::size_t most = std::max<std::size_t>(1, effect.pull.bytes_max / kEntryBytes);
  if (entries.size() > most) entries.resize(most);
  // An answer may end early; the rest is asked for again.
  if (entries.size() > 1 && prng_.chance(0.3)) entries.resize(1 + prng_.below(entries.size() - 1));
  if (!entries.empty()) answer.pack = book_.pack(entries);
  sharding::PeerMessage message = machines_[node].replica->header();
  message.body = std::move(answer);
  ++figures.pulls;
  send(node, rings_.node(effect.to), std::move(message));
  if (damage) notice_damage(node);
}

void World::perform(Node node, const effect::FetchShard& effect) {
  Transfer transfer;
  transfer.from = rings_.node(effect.from);
  transfer.to = node;
  transfer.life = machines_[node].life;
  transfer.shard = effect.shard;
  trace_.add(now_ns(), node, "fetch", effect.shard.value, transfer.from);
  in_process(node, between(kMs, 10 * kMs), [this, transfer] { begin_transfer(transfer); });
}

void World::fail_transfer(const Transfer& transfer) {
  in_process(transfer.to, between(200 * kMs, kSecond), [this, transfer] {
    step(transfer.to, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
      replica.fetched(local, transfer.shard, std::nullopt, out);
    });
  });
}

void World::begin_transfer(Transfer transfer) {
  const Slot slot = book_.slot_of(transfer.shard);
  if (!reaches(transfer.to, transfer.from) || slot == kNoSlot) return fail_transfer(transfer);
  const Image& there = machines_[transfer.from].disk.durable;
  const Bits& shard = book_.of_slot(slot);
  transfer.facts = there.facts & shard;
  transfer.claim = (there.cover & shard).without(there.rotten);
  in_process(transfer.to, between(10 * kMs, 500 * kMs), [this, transfer] { end_transfer(transfer); });
}

void World::end_transfer(const Transfer& transfer) {
  // An interrupted one goes on where it was, or fails.
  if (!reaches(transfer.to, transfer.from)) {
    if (prng_.chance(0.5)) return fail_transfer(transfer);
    return in_process(transfer.to, between(100 * kMs, kSecond), [this, transfer] { end_transfer(transfer); });
  }
  DiskOp op;
  op.kind = DiskOp::Kind::merge;
  op.shard = transfer.shard;
  op.facts = transfer.facts;
  op.claim = transfer.claim;
  const Image& there = machines_[transfer.from].disk.durable;
  const Bits& shard = book_.of_slot(book_.slot_of(transfer.shard));
  if (options_.shell == ShellMutant::transfer_claims_union) op.claim |= there.cover & shard;
  if (options_.shell == ShellMutant::facts_outside_claim) op.facts |= there.facts & shard;
  machines_[transfer.to].disk.push(std::move(op));
  after_step(transfer.to);
}

}  // namespace wattring::replication
