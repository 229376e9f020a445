// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/disk.hpp"

#include <algorithm>

#include "sharding/replica.hpp"

namespace wattring::replication {

void Disk::apply_append(const EntryBook& book, const DiskOp& op) {
  for (const EntryNo entry : op.entries) {
    const EntryNo identity = book.at(entry).first;
    if (durable.cover.test(identity) && !durable.rotten.test(identity)) continue;
    durable.cover.set(identity);
    durable.rotten.reset(identity);
    durable.facts.set(entry);
    durable.log.set(entry);
  }
}

void Disk::apply_merge(const EntryBook& book, const DiskOp& op, bool replaces) {
  if (replaces) {
    const Bits& shard = book.of_slot(book.slot_of(op.shard));
    for (Bits* const bits : {&durable.facts, &durable.log, &durable.cover, &durable.rotten})
      *bits = bits->without(shard);
  }
  durable.facts |= op.facts;
  durable.cover |= op.claim;
  durable.rotten = durable.rotten.without(op.facts);
}

void Disk::apply(const EntryBook& book, const std::vector<DiskOp>& group, bool replaces) {
  history_.push_front(durable);
  if (history_.size() > kHistory) history_.pop_back();
  for (const DiskOp& op : group) switch (op.kind) {
      case DiskOp::Kind::append:
        apply_append(book, op);
        break;
      case DiskOp::Kind::merge:
        apply_merge(book, op, replaces);
        break;
      case DiskOp::Kind::drop: {
        const Slot slot = book.slot_of(op.shard);
        durable.filled[op.shard.value] = 0;
        durable.recovering.reset(op.shard.value);
        if (slot == kNoSlot) break;
        for (Bits* const bits : {&durable.facts, &durable.log, &durable.cover, &durable.rotten})
          *bits = bits->without(book.of_slot(slot));
        break;
      }
      case DiskOp::Kind::keep_filled:
        durable.recovering[op.shard.value] = op.value == sharding::effect::kRecovering;
        durable.filled[op.shard.value] = durable.recovering[op.shard.value] ? 0 : op.value;
        break;
      case DiskOp::Kind::rings:
        durable.oldest_ring = op.value;
        durable.newest_ring = std::max(durable.newest_ring, op.value_2);
        break;
      case DiskOp::Kind::generation:
        durable.generation = op.value;
        break;
    }
  durable.silent &= durable.rotten;
}

void Disk::forget_volatile() {
  queue_.clear();
  group_.clear();
}

Image Disk::before(std::size_t commits) const {
  if (commits == 0 || history_.empty()) return durable;
  return history_[std::min(commits, history_.size()) - 1];
}

}  // namespace wattring::replication
