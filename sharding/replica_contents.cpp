// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_contents.hpp"

#include <algorithm>

namespace wattring::sharding {
namespace {

/// Hashing reads all of a shard: so many wait for the disk at once.
constexpr std::size_t kRunningMax = 4;

/// A transfer that did not help is not repeated faster and faster: this often at first, this often in the end.
constexpr std::int64_t kSuspectNs = 60 * kNsPerSecond;
constexpr std::int64_t kSuspectMaxNs = 3600 * kNsPerSecond;

bool differ(const ContentDigest& a, const ContentDigest& b) {
  return a.coverage_hash == b.coverage_hash && a != b;
}

}  // namespace

bool ReplicaContents::can_compare(ShardId id) const {
  const ShardState& shard = state_.shard(id);
  return state_.owns(id) && !shard.durable.empty() && !shard.recovering && !shard.dropping && shard.unreadable.empty();
}

bool ReplicaContents::is_first(ShardId shard) const {
  const auto owners = state_.owners(shard);
  const auto first = std::ranges::find_if(owners, [&](const NodeId& owner) { return state_.can_talk(owner); });
  return first != owners.end() && *first == state_.self;
}

void ReplicaContents::tick(std::int64_t now_ns, ReplicaEffects& out) {
  if (now_ns < due_ns_) return;
  // The first time later: a start has other things to read.
  const bool begins = due_ns_ == 0;
  due_ns_ = now_ns + state_.settings.content_ns;
  if (begins || running_.size() >= kRunningMax || state_.mutated(Mutant::ignore_content)) return;
  for (std::size_t i = 0; i < state_.shards.size(); ++i) {
    const ShardId shard = state_.id_of(next_);
    next_ = (next_ + 1) % state_.shards.size();
    if (!can_compare(shard) || !is_first(shard) || running_.contains(shard)) continue;
    running_[shard].own = true;
    out.emplace_back(effect::DigestContent{shard});
    return;
  }
}

void ReplicaContents::heard(const NodeId& from, const message::Content& content, ReplicaEffects& out) {
  const ShardId shard = content.shard;
  if (shard.value >= state_.shards.size() || !can_compare(shard) || !state_.owns(from, shard)) return;
  if (state_.mutated(Mutant::ignore_content)) return;
  if (!content.wants_answer) {
    if (told_ && told_->first == shard && differ(told_->second, content.digest)) repair(shard, from, out);
    return;
  }
  const auto found = running_.find(shard);
  if (found == running_.end() && running_.size() >= kRunningMax) return;
  auto& questions = running_[shard].questions;
  std::erase_if(questions, [&](const auto& before) { return before.first == from; });
  questions.emplace_back(from, content.digest);
  if (found == running_.end()) out.emplace_back(effect::DigestContent{shard});
}

void ReplicaContents::digested(ShardId shard, const std::optional<ContentDigest>& digest, ReplicaEffects& out) {
  const auto node = running_.extract(shard);
  if (node.empty() || !digest || !can_compare(shard)) return;
  const Running& running = node.mapped();
  for (const auto& [from, theirs] : running.questions) {
    if (!state_.owns(from, shard) || !differ(theirs, *digest)) continue;
    state_.send(from, message::Content{shard, *digest, false}, out);
    repair(shard, from, out);
  }
  if (!running.own) return;
  told_ = {shard, *digest};
  for (const NodeId& owner : state_.owners(shard))
    if (owner != state_.self && state_.can_talk(owner)) state_.send(owner, message::Content{shard, *digest, true}, out);
}

std::optional<NodeId> ReplicaContents::other_owner(ShardId shard, std::size_t nth) const {
  std::vector<NodeId> others;
  for (const NodeId& owner : state_.owners(shard))
    if (owner != state_.self && state_.can_talk(owner)) others.push_back(owner);
  if (others.empty()) return std::nullopt;
  return others[nth % others.size()];
}

bool ReplicaContents::suspect(std::int64_t now_ns, ShardId id, ReplicaEffects& out) {
  if (!state_.owns(id) || state_.shard(id).dropping) return false;
  Suspicion& suspicion = suspicions_[id];
  if (suspicion.times != 0 && now_ns < suspicion.again_ns) return false;
  const auto from = other_owner(id, suspicion.times);
  if (!from) return false;
  // After a long calm it is another matter.
  if (now_ns - suspicion.again_ns >= kSuspectMaxNs) suspicion.pause_ns = 0;
  suspicion.pause_ns = std::clamp(2 * suspicion.pause_ns, kSuspectNs, kSuspectMaxNs);
  suspicion.again_ns = now_ns + suspicion.pause_ns;
  ++suspicion.times;
  sync_.fetch_all(id, *from, out);
  return true;
}

void ReplicaContents::repair(ShardId shard, const NodeId& from, ReplicaEffects& out) {
  ++differed_;
  sync_.fetch_all(shard, from, out);
}

}  // namespace wattring::sharding
