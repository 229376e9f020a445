// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_sync.hpp"

#include <algorithm>
#include <utility>

namespace wattring::sharding {
namespace {

/// Transfers into this node at once.
constexpr std::size_t kFetchesMax = 2;
/// A missing entry may still be on its way; after this it is fetched.
constexpr std::int64_t kOnItsWayNs = kNsPerSecond;
/// Shards named in one message.
constexpr std::size_t kAskedMax = 4096;
constexpr std::uint64_t kPullEntriesMax = 32'768;

}  // namespace

/// Everything that this node holds of shards the peer owns, and of those both own.
void ReplicaSync::send_digest(const NodeId& peer, ReplicaEffects& out) {
  message::Digest digest;
  for (std::size_t i = 0; i < state_.shards.size(); ++i) {
    const ShardId shard = state_.id_of(i);
    if (!state_.owns(peer, shard)) continue;
    if (state_.shards[i].durable.empty() && !state_.owns(shard)) continue;
    digest.shards.push_back({shard, state_.hash_of(shard)});
  }
  // Also with nothing to compare: it names this node's ring, for which others may wait.
  digest.retired = state_.retired_through();
  digest.filled = state_.filled_ring();
  state_.send(peer, std::move(digest), out);
}

void ReplicaSync::digest(std::int64_t now_ns, const NodeId& from, const message::Digest& digest, ReplicaEffects& out) {
  Compare& compare = compares_[from];
  if (now_ns - compare.asked_ns < state_.settings.answer_ns) return;
  std::vector<ShardId> differ;
  for (const message::ShardDigest& theirs : digest.shards) {
    if (theirs.shard.value >= state_.shards.size() || !state_.owns(theirs.shard)) continue;
    if (theirs.coverage_hash != state_.hash_of(theirs.shard)) {
      differ.push_back(theirs.shard);
    } else if (!missed_.empty()) {
      missed_.erase({from, theirs.shard});
    }
  }
  compare.heard = true;
  compare.open = {differ.begin(), differ.end()};
  if (differ.empty()) return;
  compare.asked_ns = now_ns;
  ask(from, std::move(differ), out);
}

void ReplicaSync::ask(const NodeId& peer, std::vector<ShardId> shards, ReplicaEffects& out) const {
  if (shards.size() > kAskedMax) shards.resize(kAskedMax);
  if (!shards.empty()) state_.send(peer, message::CoverageAsk{state_.next_number++, std::move(shards)}, out);
}

void ReplicaSync::answer(const NodeId& from, const message::CoverageAsk& ask, ReplicaEffects& out) {
  message::CoverageTell tell{ask.number, {}};
  for (const ShardId shard : ask.shards) {
    if (shard.value >= state_.shards.size()) continue;
    const ShardState& state = state_.shard(shard);
    message::ShardTell& line = tell.shards.emplace_back();
    line.shard = shard;
    line.coverage = state.durable;
    if (state_.mutated(Mutant::tell_before_commit)) line.coverage.join(state.arriving.coverage());
    line.filled_ring = state.filled;
    line.suspect = state.recovering || !state.unreadable.empty();
  }
  state_.send(from, std::move(tell), out);
}

Coverage ReplicaSync::overdue(std::int64_t now_ns, const NodeId& peer, ShardId shard, const Coverage& missing) {
  Missed& before = missed_[{peer, shard}];
  Coverage still = missing.common(before.coverage);
  const bool long_enough = now_ns - before.since_ns >= kOnItsWayNs;
  if (still.empty() || long_enough) before = {missing, now_ns};
  return long_enough ? still : Coverage{};
}

void ReplicaSync::told(std::int64_t now_ns, const Told& told, ShardId shard, bool urgent) {
  if (const auto compare = compares_.find(told.from); compare != compares_.end()) compare->second.open.erase(shard);
  if (!state_.owns(shard) || state_.shard(shard).dropping) {
    missed_.erase({told.from, shard});
    return;
  }
  Coverage missing = state_.lacking(shard, told.coverage);
  if (state_.mutated(Mutant::remember_claims)) missing = missing.minus(asked_once_[shard]);
  if (missing.empty()) {
    missed_.erase({told.from, shard});
    return;
  }
  // Who cannot be talked to is forgotten, and asked anew when it is back.
  if (!urgent) missing = state_.can_talk(told.from) ? overdue(now_ns, told.from, shard, missing) : Coverage{};
  if (missing.empty()) return;
  want(told.from, shard, std::move(missing));
}

void ReplicaSync::pull_wanted(std::int64_t now_ns, const NodeId& from, ReplicaEffects& out) {
  next_pull(now_ns, from, out);
}

void ReplicaSync::want(const NodeId& peer, ShardId shard, Coverage missing) {
  for (const auto& [other, pull] : pulls_) {
    const auto goal = pull.goals.find(shard);
    if (other != peer && goal != pull.goals.end() && state_.can_talk(other)) missing = missing.minus(goal->second);
  }
  if (missing.empty()) return;
  pulls_[peer].goals[shard].join(missing);
  if (state_.mutated(Mutant::remember_claims)) asked_once_[shard].join(missing);
}

void ReplicaSync::next_pull(std::int64_t now_ns, const NodeId& peer, ReplicaEffects& out) {
  PullState& pull = pulls_[peer];
  if (pull.number != 0 || pull.appending) return;
  message::Pull ask{state_.next_number++, kPullBytesMax, {}};
  // The earliest of each shard: streams of a writer grow together, so that these are near each other in the journal.
  const std::uint64_t share = std::max<std::uint64_t>(1, kPullEntriesMax / std::max<std::size_t>(1, pull.goals.size()));
  for (auto at = pull.goals.begin(); at != pull.goals.end() && ask.wants.size() < kAskedMax;) {
    at->second = at->second.minus(state_.shard(at->first).durable);
    if (at->second.empty() || !state_.owns(at->first)) {
      at = pull.goals.erase(at);
      continue;
    }
    ask.wants.push_back({at->first, at->second.first(share)});
    ++at;
  }
  if (ask.wants.empty()) return;
  pull.number = ask.number;
  pull.deadline_ns = now_ns + state_.settings.pull_timeout_ns;
  pull.asked.clear();
  for (const message::ShardWant& wanted : ask.wants) pull.asked.push_back(wanted.shard);
  state_.send(peer, std::move(ask), out);
}

void ReplicaSync::pull_asked(const NodeId& from, const message::Pull& pull, ReplicaEffects& out) {
  message::Pull bounded = pull;
  bounded.bytes_max = std::min<std::uint32_t>(bounded.bytes_max, kPullBytesMax);
  std::erase_if(bounded.wants,
                [&](const message::ShardWant& wanted) { return wanted.shard.value >= state_.shards.size(); });
  out.emplace_back(effect::ReadEntries{from, std::move(bounded)});
}

void ReplicaSync::entries(std::int64_t now_ns, const NodeId& from, const message::Entries& entries,
                          ReplicaEffects& out) {
  PullState& pull = pulls_[from];
  if (entries.number == 0 || entries.number != pull.number) return;
  pull.number = 0;
  pull.deadline_ns = kNever;
  for (const ShardId shard : entries.gone) {
    const auto goal = pull.goals.find(shard);
    if (goal == pull.goals.end()) continue;
    if (!fetches_.contains(shard)) fetch_queue_[shard] = {from, std::move(goal->second), false};
    pull.goals.erase(goal);
  }
  start_fetches(out);
  if (entries.pack != nullptr && intake_.receive_pulled(from, entries.pack, out)) {
    pull.appending = true;
    return;
  }
  // It has nothing more for us, whatever it said: the next comparison sees what is still missing.
  for (const ShardId shard : pull.asked) pull.goals.erase(shard);
  next_pull(now_ns, from, out);
}

void ReplicaSync::pulled(std::int64_t now_ns, const NodeId& from, bool durable, ReplicaEffects& out) {
  PullState& pull = pulls_[from];
  pull.appending = false;
  // Who has no room asks again when the next comparison shows that something is missing.
  if (!durable) pull.goals.clear();
  next_pull(now_ns, from, out);
}

void ReplicaSync::start_fetches(ReplicaEffects& out) {
  for (auto at = fetch_queue_.begin(); at != fetch_queue_.end() && fetches_.size() < kFetchesMax;) {
    const auto& [shard, fetch] = *at;
    const bool needed = state_.owns(shard) && state_.can_talk(fetch.from) && !state_.shard(shard).dropping &&
                        (fetch.all || !state_.lacking(shard, fetch.goal).empty());
    if (needed && fetches_.contains(shard)) {
      ++at;
      continue;
    }
    if (needed) {
      fetches_[shard] = fetch.from;
      out.emplace_back(effect::FetchShard{shard, fetch.from});
    }
    at = fetch_queue_.erase(at);
  }
}

void ReplicaSync::fetch_all(ShardId shard, const NodeId& from, ReplicaEffects& out) {
  if (fetches_.contains(shard) || fetch_queue_.contains(shard)) return;
  fetch_queue_[shard] = {from, {}, true};
  start_fetches(out);
}

void ReplicaSync::fetched(std::int64_t now_ns, ShardId shard, bool whole, ReplicaEffects& out) {
  const auto found = fetches_.find(shard);
  if (found == fetches_.end()) return;
  const NodeId from = found->second;
  fetches_.erase(found);
  if (whole && state_.can_talk(from)) ask(from, {shard}, out);  // for what came into the log meanwhile
  if (!whole) hurry(now_ns);
  start_fetches(out);
}

void ReplicaSync::hurry(std::int64_t now_ns) {
  for (auto& [peer, compare] : compares_) compare.due_ns = std::min(compare.due_ns, now_ns);
}

void ReplicaSync::forget(const NodeId& peer) {
  // An answer that is on its way to the disk still comes back.
  if (const auto found = pulls_.find(peer); found != pulls_.end()) {
    found->second.goals.clear();
    found->second.number = 0;
    found->second.deadline_ns = kNever;
  }
  compares_.erase(peer);
  std::erase_if(fetch_queue_, [&](const auto& item) { return item.second.from == peer; });
  std::erase_if(missed_, [&](const auto& item) { return item.first.first == peer; });
}

void ReplicaSync::tick(std::int64_t now_ns, ReplicaEffects& out) {
  for (const auto& [peer, member] : state_.usable) {
    if (peer == state_.self) continue;
    Compare& compare = compares_[peer];
    if (now_ns >= compare.due_ns) {
      const auto spread = static_cast<std::uint64_t>(state_.settings.digest_ns / 4 + 1);
      compare.due_ns = now_ns + state_.settings.digest_ns + static_cast<std::int64_t>(state_.prng.below(spread));
      send_digest(peer, out);
      // Who has it still says so each time; who says no more has lost or dropped it.
      const std::int64_t stale_ns = kOnItsWayNs + 4 * state_.settings.digest_ns;
      std::erase_if(missed_, [&](const auto& item) {
        return item.first.first == peer && now_ns - item.second.since_ns > stale_ns;
      });
    }
  }
  for (auto& [peer, pull] : pulls_) {
    if (now_ns < pull.deadline_ns) continue;
    pull.number = 0;
    pull.deadline_ns = kNever;
    pull.goals.clear();
  }
}

std::int64_t ReplicaSync::next_deadline() const {
  std::int64_t due = kNever;
  for (const auto& [peer, member] : state_.usable) {
    if (peer == state_.self) continue;
    const auto found = compares_.find(peer);
    due = std::min(due, found == compares_.end() ? 0 : found->second.due_ns);
  }
  for (const auto& [peer, pull] : pulls_) due = std::min(due, pull.deadline_ns);
  return due;
}

/// A stand-in has what others own too: until it has said what it holds, it may be of any shard.
void ReplicaSync::note_not_compared(const NodeId& peer, std::set<ShardId>& shards) const {
  const auto found = compares_.find(peer);
  if (found != compares_.end() && found->second.heard) {
    shards.insert(found->second.open.begin(), found->second.open.end());
    return;
  }
  for (std::size_t i = 0; i < state_.shards.size(); ++i) {
    if (state_.owns(state_.id_of(i))) shards.insert(state_.id_of(i));
  }
}

std::size_t ReplicaSync::missing() const {
  std::set<ShardId> shards;
  // What came by itself meanwhile is missed no longer, nor what others own now.
  const auto note = [&](ShardId shard, const Coverage& wanted) {
    if (state_.owns(shard) && !wanted.minus(state_.shard(shard).durable).empty()) shards.insert(shard);
  };
  for (const auto& [key, missed] : missed_) note(key.second, missed.coverage);
  for (const auto& [peer, pull] : pulls_)
    for (const auto& [shard, goal] : pull.goals) note(shard, goal);
  for (const auto& [peer, member] : state_.usable) {
    if (peer != state_.self) note_not_compared(peer, shards);
  }
  for (const auto& [shard, from] : fetches_) shards.insert(shard);
  for (const auto& [shard, fetch] : fetch_queue_) shards.insert(shard);
  return shards.size();
}

}  // namespace wattring::sharding
