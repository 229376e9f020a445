// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_exchanges.hpp"

#include <algorithm>
#include <utility>

namespace wattring::sharding {
namespace {

constexpr std::int64_t kAskReadNs = 200 * kNsPerMs;
constexpr std::int64_t kAskFillNs = kNsPerSecond;
constexpr std::size_t kComparedMax = 4096;

}  // namespace

ReplicaExchanges::Tally ReplicaExchanges::read_tally(ShardId shard) const {
  const Placement& ring = state_.ring();
  const std::uint64_t version = ring.ring().version;
  Tally tally;
  for (const NodeId& owner : ring.owners(shard))
    if (owner != state_.self) tally.owners.push_back(owner);
  const std::size_t quorum = state_.mutated(Mutant::complete_from_one) ? 1 : ring.ring().read_quorum();
  // This node is an owner, and knows what it has; unless it has lost something.
  tally.answers_needed =
      state_.shard(shard).recovering && !state_.mutated(Mutant::ignore_amnesia) ? quorum : quorum - 1;
  tally.filled_needed = version;
  tally.ring_min = tally.ring_max = version;
  tally.self_filled = state_.shard(shard).filled >= version || state_.mutated(Mutant::complete_unfilled) ||
                      state_.mutated(Mutant::complete_from_one);
  return tally;
}

/// Owners under one ring that have gone over to the ring in force, and to no newer one: what was acknowledged under the
/// older ring is with them, or with owners of a ring between the two that had to have it all before it was dropped.
ReplicaExchanges::Tally ReplicaExchanges::fill_tally(ShardId shard, const Placement& of) const {
  const std::uint64_t version = state_.ring_ref().version;
  Tally tally;
  tally.filled_needed = of.ring().version;
  tally.ring_min = state_.mutated(Mutant::fill_before_adopt) ? 0 : version;
  tally.ring_max = version;
  tally.answers_needed = state_.mutated(Mutant::fill_from_one) ? 1 : of.ring().read_quorum();
  for (const NodeId& owner : of.owners(shard)) {
    if (owner != state_.self) {
      tally.owners.push_back(owner);
    } else if (of.ring().version < version && !state_.shard(shard).recovering) {
      tally.answers_needed -= std::min<std::size_t>(1, tally.answers_needed);
      tally.self_filled = state_.shard(shard).filled >= tally.filled_needed;
    }
  }
  return tally;
}

void ReplicaExchanges::start_read(std::int64_t now_ns, ShardId shard, Round& round) const {
  round.began_ns = now_ns;
  round.ask_ns = now_ns;
  round.timeout_ns = now_ns + state_.settings.exchange_timeout_ns;
  round.asked.clear();
  round.tallies = {read_tally(shard)};
}

void ReplicaExchanges::begin(std::int64_t now_ns, std::uint64_t number, std::span<const ShardId> shards,
                             ReplicaEffects& out) {
  for (const ShardId shard : shards) {
    if (!state_.owns(shard) || state_.shard(shard).dropping) {
      out.emplace_back(effect::ExchangeDone{number, shard, false, now_ns});
      continue;
    }
    const auto [at, added] = reads_.try_emplace(shard);
    if (added) start_read(now_ns, shard, at->second);
    // What began before this question does not answer it.
    auto& waiting = at->second.began_ns == now_ns ? at->second.waiting : at->second.waiting_for_next;
    waiting.push_back(number);
  }
  ask_due(now_ns, reads_, kAskReadNs, out);
  for (const ShardId shard : shards) look(now_ns, shard, out);
}

void ReplicaExchanges::hear(Round& round, const Told& told) const {
  if (std::find(round.asked.begin(), round.asked.end(), told.number) == round.asked.end()) return;
  if (told.suspect || !state_.counts(told.from, told.generation)) return;
  const auto hear_for = [&](Tally& tally) {
    if (told.ring.version < tally.ring_min || told.ring.version > tally.ring_max) return;
    if (std::find(tally.owners.begin(), tally.owners.end(), told.from) == tally.owners.end()) return;
    // The last one: what it said before may be gone with its disk.
    std::erase_if(tally.answers, [&](const Answer& before) { return before.from == told.from; });
    tally.answers.push_back({told.from, told.generation, told.filled, told.coverage});
  };
  std::for_each(round.tallies.begin(), round.tallies.end(), hear_for);
  std::for_each(round.chain.begin(), round.chain.end(), hear_for);
}

/// By those answers that are met here: who said more than anybody can give now must not be waited for when others
/// suffice.
ReplicaExchanges::Met ReplicaExchanges::met(const Tally& tally, const Coverage& durable) const {
  std::size_t here = 0;
  Met met{false, tally.self_filled};
  for (const Answer& answer : tally.answers) {
    if (!state_.counts(answer.from, answer.generation) || !durable.covers(answer.coverage)) continue;
    ++here;
    met.filled = met.filled || answer.filled >= tally.filled_needed;
  }
  met.quorum = here >= tally.answers_needed;
  return met;
}

/// Back to a ring of which an owner was FILLED: each ring on the way has to have been heard of.
bool ReplicaExchanges::is_chain_complete(const Round& round, const Coverage& durable) const {
  for (const Tally& tally : round.chain) {
    const Met ring = met(tally, durable);
    if (!ring.quorum) return false;
    if (ring.filled) return true;
  }
  return false;
}

bool ReplicaExchanges::is_complete(const Round& round, ShardId shard) const {
  const ShardState& state = state_.shard(shard);
  if (!state.unreadable.empty()) return false;
  const auto complete = [&](const Tally& tally) {
    const Met of = met(tally, state.durable);
    return of.quorum && of.filled;
  };
  // Who lost what it had receipted asks the other owners of this ring too: under it there may be acknowledgements that
  // counted on what is lost.
  const bool asks_others = round.fills_ring != 0 && state.recovering && !state_.mutated(Mutant::ignore_amnesia);
  const Tally& others = round.tallies.front();
  if (asks_others && !others.owners.empty() && !met(others, state.durable).quorum) return false;
  return is_chain_complete(round, state.durable) || std::any_of(round.tallies.begin(), round.tallies.end(), complete);
}

void ReplicaExchanges::told(std::int64_t now_ns, const Told& told, ShardId shard, ReplicaEffects& out) {
  for (Rounds* rounds : {&reads_, &fills_}) {
    const auto at = rounds->find(shard);
    if (at != rounds->end()) hear(at->second, told);
  }
  look(now_ns, shard, out);
}

void ReplicaExchanges::grown(std::int64_t now_ns, ShardId shard, ReplicaEffects& out) {
  look(now_ns, shard, out);
}

void ReplicaExchanges::look(std::int64_t now_ns, ShardId shard, ReplicaEffects& out) {
  const auto fill = fills_.find(shard);
  if (fill != fills_.end() && is_complete(fill->second, shard)) finish_fill(fill, out);
  const auto read = reads_.find(shard);
  if (read != reads_.end() && is_complete(read->second, shard)) finish_read(now_ns, read, true, out);
}

void ReplicaExchanges::finish_read(std::int64_t now_ns, Rounds::iterator at, bool complete, ReplicaEffects& out) {
  const ShardId shard = at->first;
  Round& round = at->second;
  if (complete) state_.shard(shard).complete_as_of = round.began_ns;
  for (const std::uint64_t number : round.waiting)
    out.emplace_back(effect::ExchangeDone{number, shard, complete, round.began_ns});
  std::vector<std::uint64_t> next = std::move(round.waiting_for_next);
  reads_.erase(at);
  if (next.empty()) return;
  if (!state_.owns(shard)) {
    for (const std::uint64_t number : next) out.emplace_back(effect::ExchangeDone{number, shard, false, now_ns});
    return;
  }
  Round& again = reads_[shard];
  again.waiting = std::move(next);
  start_read(now_ns, shard, again);
  ask_due(now_ns, reads_, kAskReadNs, out);
  look(now_ns, shard, out);
}

void ReplicaExchanges::finish_fill(Rounds::iterator at, ReplicaEffects& out) {
  const ShardId shard = at->first;
  state_.shard(shard).filled = at->second.fills_ring;
  state_.shard(shard).recovering = false;
  out.emplace_back(effect::KeepFilled{shard, at->second.fills_ring});
  fills_.erase(at);
  // A read that waits for a FILLED owner has one now: this node.
  const auto read = reads_.find(shard);
  if (read != reads_.end())
    for (Tally& tally : read->second.tallies)
      tally.self_filled = tally.self_filled || state_.shard(shard).filled >= tally.filled_needed;
}

/// Of the ring in force only: who goes over to it asks back as far as is needed.
bool ReplicaExchanges::start_fill(std::int64_t now_ns, ShardId shard) {
  const std::uint64_t version = state_.ring_ref().version;
  const ShardState& state = state_.shard(shard);
  if (!state_.owns(shard) || state.filled >= version || state.dropping) return false;
  Round& round = fills_[shard];
  round = {};
  round.began_ns = round.ask_ns = now_ns;
  round.fills_ring = version;
  round.tallies = {fill_tally(shard, state_.ring())};
  for (auto older = std::next(state_.rings.rbegin()); older != state_.rings.rend(); ++older)
    round.chain.push_back(fill_tally(shard, **older));
  return true;
}

void ReplicaExchanges::restart(std::int64_t now_ns, ReplicaEffects& out) {
  fills_.clear();
  if (!state_.mutated(Mutant::complete_stays))
    for (ShardState& shard : state_.shards) shard.complete_as_of.reset();
  std::vector<ShardId> lost;
  for (auto& [shard, round] : reads_) {
    if (state_.owns(shard)) {
      start_read(now_ns, shard, round);
    } else {
      lost.push_back(shard);
    }
  }
  for (const ShardId shard : lost) finish_read(now_ns, reads_.find(shard), false, out);
  for (std::size_t i = 0; i < state_.shards.size(); ++i) (void)start_fill(now_ns, state_.id_of(i));
  tick(now_ns, out);
}

void ReplicaExchanges::ask_due(std::int64_t now_ns, Rounds& rounds, std::int64_t pause_ns, ReplicaEffects& out) {
  std::map<NodeId, std::vector<ShardId>> questions;
  for (auto& [shard, round] : rounds) {
    if (now_ns < round.ask_ns) continue;
    round.ask_ns = now_ns + pause_ns;
    std::set<NodeId> whom;
    for (const Tally& tally : round.tallies) whom.insert(tally.owners.begin(), tally.owners.end());
    for (const Tally& tally : round.chain) whom.insert(tally.owners.begin(), tally.owners.end());
    for (const NodeId& node : whom)
      if (state_.can_talk(node)) questions[node].push_back(shard);
  }
  for (auto& [node, shards] : questions) {
    for (std::size_t first = 0; first < shards.size(); first += kComparedMax) {
      const auto begin = shards.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end = shards.begin() + static_cast<std::ptrdiff_t>(std::min(shards.size(), first + kComparedMax));
      const std::uint64_t number = state_.next_number++;
      for (auto shard = begin; shard != end; ++shard) rounds.at(*shard).asked.push_back(number);
      state_.send(node, message::CoverageAsk{number, std::vector<ShardId>(begin, end)}, out);
    }
  }
}

void ReplicaExchanges::tick(std::int64_t now_ns, ReplicaEffects& out) {
  std::vector<ShardId> late;
  for (const auto& [shard, round] : reads_)
    if (now_ns >= round.timeout_ns) late.push_back(shard);
  for (const ShardId shard : late) finish_read(now_ns, reads_.find(shard), false, out);
  ask_due(now_ns, reads_, kAskReadNs, out);
  ask_due(now_ns, fills_, kAskFillNs, out);
  std::vector<ShardId> open;
  for (const auto& [shard, round] : fills_) open.push_back(shard);
  for (const ShardId shard : open) look(now_ns, shard, out);
}

std::int64_t ReplicaExchanges::next_deadline() const {
  std::int64_t due = kNever;
  for (const auto& [shard, round] : reads_) due = std::min({due, round.ask_ns, round.timeout_ns});
  for (const auto& [shard, round] : fills_) due = std::min(due, round.ask_ns);
  return due;
}

}  // namespace wattring::sharding
