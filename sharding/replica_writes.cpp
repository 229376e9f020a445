// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_writes.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "sharding/pack.hpp"

namespace wattring::sharding {
namespace {

/// Receipts that never came are forgotten in steps of so many.
constexpr std::size_t kSentMax = 100'000;

}  // namespace

/// W is a matter of the agreed ring, never of who lives (H1, I15).
std::size_t ReplicaWrites::wanted_acks() const {
  const std::size_t acks = state_.ring().ring().effective_acks();
  if (state_.mutated(Mutant::acks_of_the_living)) return std::max<std::size_t>(1, std::min(acks, state_.usable.size()));
  return acks;
}

/// R2: the owners; in the place of each that cannot be used a stand-in, of its zone first. Who lags is used only when
/// there would be too few otherwise.
std::vector<NodeId> ReplicaWrites::choose_targets(ShardId shard) const {
  const Placement& ring = state_.ring();
  std::vector<NodeId> targets;
  std::vector<NodeId> slow;
  const auto is_free = [&](const NodeId& node) {
    return state_.can_talk(node) && std::find(targets.begin(), targets.end(), node) == targets.end();
  };
  std::vector<std::string_view> zones_of_lost;
  for (const NodeId& owner : ring.owners(shard)) {
    if (!state_.can_talk(owner)) {
      zones_of_lost.push_back(ring.ring().member(owner)->zone);
    } else if (windows_.lags(owner)) {
      slow.push_back(owner);
      zones_of_lost.push_back(ring.ring().member(owner)->zone);
    } else {
      targets.push_back(owner);
    }
  }
  for (const std::string_view zone : zones_of_lost) {
    for (const NodeId& node : ring.stand_ins(shard, zone)) {
      if (!is_free(node) || windows_.lags(node)) continue;
      targets.push_back(node);
      break;
    }
  }
  for (const NodeId& owner : slow)
    if (targets.size() < wanted_acks()) targets.push_back(owner);
  return targets;
}

std::size_t ReplicaWrites::kind_of(ShardId shard) {
  if (kinds_.empty()) kinds_.assign(state_.shards.size(), kNoKind);
  std::size_t& kind = kinds_[shard.value];
  if (kind != kNoKind) return kind;
  std::vector<NodeId> targets = choose_targets(shard);
  const auto owners = state_.owners(shard);
  std::vector<NodeId> key(owners.begin(), owners.end());
  key.insert(key.end(), targets.begin(), targets.end());
  const auto [at, added] = kind_numbers_.emplace(std::move(key), kind_targets_.size());
  if (added) kind_targets_.push_back(std::move(targets));
  kind = at->second;
  return kind;
}

void ReplicaWrites::group_shards(Write& write) {
  std::vector<std::size_t> group_of_kind;
  for_each_entry(write.pack, [&](const persistence::EntryView& entry) {
    const std::size_t kind = kind_of(entry.shard);
    if (group_of_kind.size() <= kind) group_of_kind.resize(kind + 1, kNoKind);
    if (group_of_kind[kind] == kNoKind) {
      group_of_kind[kind] = write.groups.size();
      Group& group = write.groups.emplace_back();
      for (const NodeId& node : kind_targets_[kind]) group.targets.push_back({node});
    }
    std::vector<ShardId>& shards = write.groups[group_of_kind[kind]].shards;
    if (shards.empty() || shards.back() != entry.shard) shards.push_back(entry.shard);
  });
  write.open = write.groups.size();
}

void ReplicaWrites::write(std::int64_t now_ns, std::uint64_t number, PackPtr pack, ReplicaEffects& out) {
  Write& write = writes_[number];
  write.pack = std::move(pack);
  write.timeout_ns = now_ns + state_.settings.write_timeout_ns;
  if (!state_.has_ring()) {
    effect::WriteDone done{number, AckClass::unknown, 0, {}, {}};
    for_each_entry(write.pack, [&](const persistence::EntryView& entry) { done.refused.push_back(entry.shard); });
    writes_.erase(number);
    out.emplace_back(std::move(done));
    return;
  }
  group_shards(write);
  Parcel parcel;
  for (std::size_t g = 0; g < write.groups.size(); ++g) {
    write.groups[g].widen_ns = write.groups[g].hold_ns = now_ns + state_.settings.hedge_ns;
    for (const Target& target : write.groups[g].targets) parcel[target.node].push_back(g);
  }
  dispatch(now_ns, number, write, parcel, true, out);
  schedule(number, write);
}

void ReplicaWrites::dispatch(std::int64_t now_ns, std::uint64_t number, Write& write, const Parcel& parcel, bool first,
                             ReplicaEffects& out) {
  bool lags = false;
  for (const auto& [node, groups] : parcel) {
    PackPtr pack = write.pack;
    if (groups.size() != write.groups.size()) {
      std::vector<ShardId> shards;
      for (const std::size_t g : groups)
        shards.insert(shards.end(), write.groups[g].shards.begin(), write.groups[g].shards.end());
      std::sort(shards.begin(), shards.end());
      pack = cut(write.pack, [&](const persistence::EntryView& entry) {
        return std::binary_search(shards.begin(), shards.end(), entry.shard);
      });
    }
    for (const std::size_t g : groups) {
      for (Target& target : write.groups[g].targets) {
        if (target.node != node) continue;
        target.sent_ns = now_ns;
        target.pause_ns = target.pause_ns == 0 ? state_.settings.hedge_ns
                                               : std::min(2 * target.pause_ns, state_.settings.resend_max_ns);
      }
    }
    const std::uint64_t token = state_.next_number++;
    sent_[token] = {node, number, groups, checksum_of(pack)};
    if (node == state_.self) {
      out.emplace_back(effect::Append{token, pack, first ? number : 0});
    } else {
      lags = windows_.sent(now_ns, node, token, pack->size()) || lags;
      state_.send(node, message::Append{token, pack}, out);
    }
  }
  if (lags) forget_kinds();
}

void ReplicaWrites::receipt(std::int64_t now_ns, const NodeId& from, const PeerMessage& message, ReplicaEffects& out) {
  const auto& receipt = std::get<message::Receipt>(message.body);
  if (windows_.receipted(from, receipt.number)) changed(now_ns, out);
  const auto found = sent_.find(receipt.number);
  if (found == sent_.end() || found->second.node != from) return;
  if (receipt.stored == message::Stored::damaged) return;  // it is sent again
  // A disk that lost what it had told is no machine to count on (I16).
  if (receipt.checksum != found->second.checksum || !state_.counts(from, message.generation)) return;
  credit(now_ns, receipt.number, {from, message.ring.version, message.generation, receipt.stored}, out);
}

void ReplicaWrites::appended(std::int64_t now_ns, std::uint64_t token, bool durable, ReplicaEffects& out) {
  const auto stored = durable ? message::Stored::durable : message::Stored::no_space;
  credit(now_ns, token, {state_.self, state_.ring_ref().version, state_.generation, stored}, out);
}

/// True when it has no room.
bool ReplicaWrites::note(const Word& word, Group& group) {
  group.forked = group.forked || word.stored == message::Stored::forked;
  bool full = false;
  for (Target& target : group.targets) {
    if (target.node != word.from) continue;
    if (word.stored == message::Stored::durable) {
      // The older of two: a copy made before the peer went over to a newer ring counts as such.
      target.receipt_ring = target.receipted ? std::min(target.receipt_ring, word.ring) : word.ring;
      target.generation = word.generation;
      target.receipted = true;
    } else if (!target.receipted) {
      target.refused = true;
      full = true;
    }
  }
  return full;
}

void ReplicaWrites::credit(std::int64_t now_ns, std::uint64_t token, const Word& word, ReplicaEffects& out) {
  const auto found = sent_.find(token);
  if (found == sent_.end()) return;
  const Sent sent = std::move(found->second);
  sent_.erase(found);
  const auto at = writes_.find(sent.write);
  if (at == writes_.end()) return;
  Write& write = at->second;
  bool full = false;
  for (const std::size_t g : sent.groups) {
    Group& group = write.groups[g];
    full = note(word, group) || full;
    const bool was_done = std::exchange(group.done, group.done || group.forked);
    if (!was_done && (group.forked || judge(now_ns, group))) --write.open;
  }
  if (full) {
    for (const std::size_t g : sent.groups) write.groups[g].widen_ns = now_ns;
    look(now_ns, sent.write, write, out);
  }
  settle(now_ns, sent.write, out);
}

/// I16: not on the disk of somebody who was removed, nor of one that has been found to lose things.
bool ReplicaWrites::has_copy(const Target& target) const {
  return target.receipted && !state_.ring().ring().is_removed(target.node) &&
         state_.counts(target.node, target.generation);
}

bool ReplicaWrites::spans_zones(const Group& group) const {
  if (state_.mutated(Mutant::ignore_zones) || wanted_acks() < 2) return true;
  const Ring& ring = state_.ring().ring();
  const auto several = [&](const auto& nodes, const auto& node_of) {
    const std::string* zone = nullptr;
    for (const auto& item : nodes) {
      const RingMember* member = ring.member(node_of(item));
      if (member == nullptr) continue;
      if (zone != nullptr && *zone != member->zone) return true;
      zone = &member->zone;
    }
    return false;
  };
  if (!several(state_.usable, [](const auto& item) { return item.first; })) return true;
  std::vector<NodeId> with_receipt;
  for (const Target& target : group.targets)
    if (has_copy(target)) with_receipt.push_back(target.node);
  return several(with_receipt, [](const NodeId& node) { return node; });
}

/// Its receipt may come any moment.
bool ReplicaWrites::may_answer(const Target& target) const {
  return !target.receipted && !target.refused && state_.can_talk(target.node) && !windows_.lags(target.node);
}

/// R4b and R4c.
bool ReplicaWrites::is_durable(const Group& group, ShardId shard, bool hoping) const {
  const std::uint64_t version = state_.ring_ref().version;
  const bool any_ring = state_.mutated(Mutant::ignore_receipt_ring);
  std::size_t owners = 0;
  for (const Target& target : group.targets) {
    const bool copy = has_copy(target) && (target.receipt_ring <= version || any_ring);
    if (!copy && !(hoping && may_answer(target))) continue;
    if (state_.owns(target.node, shard) || state_.mutated(Mutant::stand_in_counts_as_owner)) ++owners;
  }
  if (owners < wanted_acks()) return false;
  if (state_.mutated(Mutant::no_write_fence)) return true;
  return std::all_of(state_.rings.begin(), std::prev(state_.rings.end()),
                     [&](const PlacementPtr& older) { return state_.fenced(*older, shard); });
}

/// R4: true when the group has come to its end by it. A stand-in may be quicker than an owner: what would be HELD waits
/// a little for owners that can be reached, never for a fence.
bool ReplicaWrites::judge(std::int64_t now_ns, Group& group) const {
  group.holds = false;
  const auto copies =
      std::count_if(group.targets.begin(), group.targets.end(), [&](const Target& target) { return has_copy(target); });
  if (static_cast<std::size_t>(copies) < wanted_acks() || !spans_zones(group)) return false;
  const auto all_durable = [&](bool hoping) {
    return std::all_of(group.shards.begin(), group.shards.end(),
                       [&](ShardId shard) { return is_durable(group, shard, hoping); });
  };
  const bool durable = all_durable(false);
  group.holds = !durable && now_ns < group.hold_ns && all_durable(true) && !state_.mutated(Mutant::held_at_once);
  if (group.holds) return false;
  group.done = true;
  group.copies = static_cast<std::uint32_t>(copies);
  const AckClass strict = state_.ring().ring().effective_acks() == 1 ? AckClass::single : AckClass::durable;
  group.ack = durable ? strict : AckClass::held;
  return true;
}

std::vector<NodeId> ReplicaWrites::candidates(ShardId shard, const Group& group) const {
  std::vector<NodeId> free;
  for (const NodeId& node : state_.ring().preference(shard)) {
    const bool asked = std::any_of(group.targets.begin(), group.targets.end(),
                                   [&](const Target& target) { return target.node == node; });
    if (!asked && state_.can_talk(node)) free.push_back(node);
  }
  // After all others this node itself, also when it is no member: better here than nowhere.
  const bool asked = std::any_of(group.targets.begin(), group.targets.end(),
                                 [&](const Target& target) { return target.node == state_.self; });
  if (!asked && !state_.ring().ring().is_member(state_.self)) free.push_back(state_.self);
  return free;
}

/// R1: who does not answer is passed over; who cannot be used any more is replaced.
void ReplicaWrites::widen(std::int64_t now_ns, Group& group) const {
  if (state_.mutated(Mutant::no_hedge)) {
    group.widen_ns = kNever;
    return;
  }
  const auto hopeful = std::count_if(group.targets.begin(), group.targets.end(), [&](const Target& target) {
    return has_copy(target) || (!target.receipted && !target.refused && state_.can_talk(target.node));
  });
  std::size_t more = now_ns >= group.widen_ns ? 1 : 0;
  if (static_cast<std::size_t>(hopeful) < wanted_copies())
    more = std::max(more, wanted_copies() - static_cast<std::size_t>(hopeful));
  if (more == 0) return;
  for (const NodeId& node : candidates(group.shards.front(), group)) {
    if (more-- == 0) break;
    group.targets.push_back({node});
  }
  if (now_ns >= group.widen_ns) group.widen_ns = now_ns + state_.settings.hedge_ns;
}

/// What an open write needs now: more targets, or some of them once more.
void ReplicaWrites::look(std::int64_t now_ns, std::uint64_t number, Write& write, ReplicaEffects& out) {
  Parcel parcel;
  for (std::size_t g = 0; g < write.groups.size(); ++g) {
    Group& group = write.groups[g];
    if (group.done) continue;
    if (group.holds && judge(now_ns, group)) {
      --write.open;
      continue;
    }
    widen(now_ns, group);
    for (const Target& target : group.targets) {
      if (target.receipted || target.refused || !state_.can_talk(target.node)) continue;
      if (target.sent_ns != kNever && now_ns - target.sent_ns < target.pause_ns) continue;
      // Its own journal answers for sure, and needs no second copy.
      if (target.node == state_.self && target.sent_ns != kNever) continue;
      parcel[target.node].push_back(g);
    }
    const bool nobody =
        std::all_of(group.targets.begin(), group.targets.end(), [](const Target& target) { return target.refused; });
    if (nobody && candidates(group.shards.front(), group).empty()) {
      group.done = group.refused = true;
      --write.open;
    }
  }
  dispatch(now_ns, number, write, parcel, false, out);
}

void ReplicaWrites::settle(std::int64_t now_ns, std::uint64_t number, ReplicaEffects& out) {
  const auto at = writes_.find(number);
  if (at == writes_.end()) return;
  Write& write = at->second;
  if (write.open != 0 && now_ns < write.timeout_ns) return schedule(number, write);
  finish(number, write, out);
  due_.erase({write.due_ns, number});
  writes_.erase(at);
}

void ReplicaWrites::finish(std::uint64_t number, const Write& write, ReplicaEffects& out) {
  effect::WriteDone done{number, AckClass::unknown, 0, {}, {}};
  for (const Group& group : write.groups) {
    if (group.refused) {
      done.refused.insert(done.refused.end(), group.shards.begin(), group.shards.end());
    } else if (!group.done || group.forked) {
      done.unknown.insert(done.unknown.end(), group.shards.begin(), group.shards.end());
    } else if (done.worst == AckClass::unknown) {
      done.worst = group.ack;
      done.copies = group.copies;
    } else {
      done.worst = std::min(done.worst, group.ack);
      done.copies = std::min(done.copies, group.copies);
    }
  }
  std::sort(done.unknown.begin(), done.unknown.end());
  std::sort(done.refused.begin(), done.refused.end());
  out.emplace_back(std::move(done));
}

void ReplicaWrites::schedule(std::uint64_t number, Write& write) {
  std::int64_t due = write.timeout_ns;
  for (const Group& group : write.groups) {
    if (group.done) continue;
    due = std::min(due, group.holds ? std::min(group.hold_ns, group.widen_ns) : group.widen_ns);
    for (const Target& target : group.targets)
      if (!target.receipted && !target.refused && target.sent_ns != kNever && target.node != state_.self &&
          state_.can_talk(target.node))
        due = std::min(due, target.sent_ns + target.pause_ns);
  }
  if (due == write.due_ns) return;
  due_.erase({write.due_ns, number});
  write.due_ns = due;
  due_.emplace(due, number);
}

void ReplicaWrites::forget_kinds() {
  kinds_.clear();
  kind_targets_.clear();
  kind_numbers_.clear();
}

void ReplicaWrites::changed(std::int64_t now_ns, ReplicaEffects& out) {
  forget_kinds();
  std::vector<std::uint64_t> open;
  open.reserve(writes_.size());
  for (const auto& [number, write] : writes_) open.push_back(number);
  for (const std::uint64_t number : open) {
    Write& write = writes_.at(number);
    for (Group& group : write.groups)
      if (!group.done && judge(now_ns, group)) --write.open;
    if (write.open != 0) look(now_ns, number, write, out);
    settle(now_ns, number, out);
  }
}

void ReplicaWrites::tick(std::int64_t now_ns, ReplicaEffects& out) {
  std::vector<std::uint64_t> due;
  for (auto at = due_.begin(); at != due_.end() && at->first <= now_ns; ++at) due.push_back(at->second);
  for (const std::uint64_t number : due) {
    Write& write = writes_.at(number);
    if (now_ns < write.timeout_ns) look(now_ns, number, write, out);
    settle(now_ns, number, out);
  }
  if (sent_.size() > kSentMax)
    std::erase_if(sent_, [&](const auto& item) { return !writes_.contains(item.second.write); });
}

}  // namespace wattring::sharding
