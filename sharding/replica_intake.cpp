// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_intake.hpp"

#include <algorithm>
#include <utility>

#include "sharding/pack.hpp"

namespace wattring::sharding {
namespace {

using persistence::EntryView;

}  // namespace

ReplicaIntake::Welcome ReplicaIntake::welcome(const PackPtr& pack) const {
  bool dropping = false;
  bool fork = false;
  for_each_entry(pack, [&](const EntryView& entry) {
    const ShardState& shard = state_.shard(entry.shard);
    dropping = dropping || shard.dropping;
    fork = fork || !shard.chains.agrees(entry.writer, entry.sequence, entry.chain);
  });
  if (fork && !state_.mutated(Mutant::ignore_forks)) return Welcome::fork;
  return dropping ? Welcome::later : Welcome::now;
}

bool ReplicaIntake::is_fork(const PackPtr& pack) {
  const bool fork = welcome(pack) == Welcome::fork;
  forks_ += fork ? 1 : 0;
  return fork;
}

PackPtr ReplicaIntake::news_of(const PackPtr& pack) const {
  return cut(pack, [&](const EntryView& entry) {
    return !state_.shard(entry.shard).durable.contains(entry.writer, entry.sequence);
  });
}

void ReplicaIntake::receive(const NodeId& from, const message::Append& append, ReplicaEffects& out) {
  if (!verifies(append.pack, state_.shards.size()))
    return state_.send(from, message::Receipt{append.number, 0, message::Stored::damaged}, out);
  const Welcome welcomed = welcome(append.pack);
  const std::uint64_t checksum = checksum_of(append.pack);
  if (welcomed == Welcome::fork) {
    ++forks_;
    return state_.send(from, message::Receipt{append.number, checksum, message::Stored::forked}, out);
  }
  if (welcomed == Welcome::later) return;
  PackPtr news = news_of(append.pack);
  if (news == nullptr || state_.mutated(Mutant::receipt_before_commit))
    state_.send(from, message::Receipt{append.number, checksum, message::Stored::durable}, out);
  if (news != nullptr)
    begin({Source::peer, from, append.number, checksum, {}}, std::move(news), state_.next_number++, out);
}

bool ReplicaIntake::receive_pulled(const NodeId& from, const PackPtr& pack, ReplicaEffects& out) {
  if (!verifies(pack, state_.shards.size()) || welcome(pack) != Welcome::now) return false;
  PackPtr news = news_of(pack);
  if (news == nullptr) return false;
  begin({Source::pull, from, 0, 0, {}}, std::move(news), state_.next_number++, out);
  return true;
}

void ReplicaIntake::note_own(std::uint64_t token, const PackPtr& pack) {
  arrivals_[token] = {Source::own, state_.self, 0, 0, arrive(pack)};
}

void ReplicaIntake::begin(Arrival arrival, PackPtr pack, std::uint64_t token, ReplicaEffects& out) {
  arrival.entries = arrive(pack);
  out.emplace_back(effect::Append{token, std::move(pack), 0});
  arrivals_[token] = std::move(arrival);
}

std::vector<ReplicaIntake::Name> ReplicaIntake::arrive(const PackPtr& pack) {
  std::vector<Name> entries;
  for_each_entry(pack, [&](const EntryView& entry) {
    entries.push_back({entry.writer, entry.sequence, entry.shard});
    ShardState& shard = state_.shard(entry.shard);
    shard.arriving.add(entry.writer, entry.sequence);
    shard.chains.note(entry.writer, entry.sequence, entry.chain);
  });
  return entries;
}

ReplicaIntake::Outcome ReplicaIntake::appended(std::uint64_t token, bool durable, ReplicaEffects& out) {
  const auto found = arrivals_.find(token);
  if (found == arrivals_.end()) return {};
  const Arrival arrival = std::move(found->second);
  arrivals_.erase(found);
  Outcome outcome{{}, arrival.source == Source::own, arrival.source == Source::pull, arrival.from};
  for (const Name& entry : arrival.entries) {
    state_.shard(entry.shard).arriving.end(entry.writer, entry.sequence, durable);
    if (!durable) continue;
    state_.add_durable(entry.shard, entry.writer, entry.sequence);
    if (outcome.grown.empty() || outcome.grown.back() != entry.shard) outcome.grown.push_back(entry.shard);
  }
  // Packs of several writers name a shard more than once.
  std::sort(outcome.grown.begin(), outcome.grown.end());
  outcome.grown.erase(std::unique(outcome.grown.begin(), outcome.grown.end()), outcome.grown.end());
  // R3: only now, and for what is on the disk now.
  if (arrival.source == Source::peer) {
    const auto stored = durable ? message::Stored::durable : message::Stored::no_space;
    state_.send(arrival.from, message::Receipt{arrival.number, arrival.checksum, stored}, out);
  }
  return outcome;
}

}  // namespace wattring::sharding
