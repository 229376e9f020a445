// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sharding/ring_keeper.hpp"

/// RingKeeper's part in ballots: as a voter, and as a proposer.

namespace wattring::sharding {
namespace {

/// No honest round gets beyond this, so nobody can drive the others' to its end.
constexpr std::uint64_t kRoundMax = 1ULL << 62U;

bool is_sound(const Ballot& ballot) {
  return ballot.round > 0 && ballot.round <= kRoundMax;
}

}  // namespace

/// Whether a message is about the slot that is open here, between members. Who is behind is helped on.
bool RingKeeper::concerns_us(const NodeId& from, const RingSlot& about) {
  const std::uint64_t known = newest() == nullptr ? 0 : newest()->version;
  if (about.version > known + 1 || known == 0) {
    send(from, RingAsk{known});
    return false;
  }
  if (about.version <= known) {
    if (about.version > 0) tell(from, about.version - 1);
    return false;
  }
  if (about.parent != newest_id_) {
    ++stats_.conflicts;
    return false;
  }
  if (!settings_.votes) return false;
  return mutated(RingMutant::vote_of_anyone) || (newest()->is_member(self_) && newest()->is_member(from));
}

void RingKeeper::receive(std::int64_t /*now_ns*/, const NodeId& from, const RingPrepare& message) {
  if (!concerns_us(from, message.slot)) return;
  if (message.ballot.proposer != from || !is_sound(message.ballot)) {
    ++stats_.unsound;
    return;
  }
  if (message.ballot < promised_) {
    send(from, RingRefused{message.slot, message.ballot, promised_});
    return;
  }
  changed_ = changed_ || promised_ != message.ballot;
  promised_ = message.ballot;
  RingPromise promise{message.slot, message.ballot, vote_};
  if (mutated(RingMutant::forget_vote)) promise.vote.reset();
  send(from, std::move(promise));
}

void RingKeeper::receive(std::int64_t /*now_ns*/, const NodeId& from, const RingAccept& message) {
  if (!concerns_us(from, message.slot)) return;
  if (message.ballot.proposer != from || !is_sound(message.ballot) || !check_successor(*newest(), message.ring)) {
    ++stats_.unsound;
    return;
  }
  if (message.ballot < promised_ && !mutated(RingMutant::accept_below_promise)) {
    send(from, RingRefused{message.slot, message.ballot, promised_});
    return;
  }
  const RingVote vote{message.ballot, message.ring};
  changed_ = changed_ || vote_ != vote;
  promised_ = std::max(promised_, message.ballot);
  vote_ = vote;
  send(from, RingAccepted{message.slot, message.ballot});
  if (mutated(RingMutant::adopt_when_accepting)) adopt(message.ring);
}

Result<void> RingKeeper::propose(std::int64_t now_ns, Ring next, RingEffects& out) {
  if (newest() == nullptr)
    return fail(ErrorCode::not_found, "ring: this node knows no ring yet", "wait until it has met the cluster");
  if (!newest()->is_member(self_))
    return fail(ErrorCode::invalid_argument, "ring: this node is no member and has no vote", "ask a member");
  if (!settings_.votes)
    return fail(ErrorCode::invalid_argument, "ring: this node does not vote, its disk was restored", "ask another one");
  if (proposal_) return fail(ErrorCode::busy, "ring: another change is being agreed", "try again in a moment");
  if (Result<void> follows = check_successor(*newest(), next); !follows) return follows;
  Proposal proposal;
  proposal.wanted = std::move(next);
  proposal.give_up_ns = now_ns + settings_.give_up_ns;
  proposal.backoff_ns = settings_.retry_min_ns;
  proposal_ = std::move(proposal);
  begin_ballot(now_ns);
  flush(out);
  return {};
}

void RingKeeper::begin_ballot(std::int64_t now_ns) {
  Proposal& p = *proposal_;
  ++stats_.ballots;
  if (!mutated(RingMutant::reuse_ballot)) round_seen_ = std::max(round_seen_, promised_.round);
  p.ballot = Ballot{++round_seen_, self_};
  p.accepting = false;
  p.outbid = false;
  p.value = vote_;
  p.with_us = {self_};
  schedule_retry(now_ns);
  if (!mutated(RingMutant::reuse_ballot)) {
    promised_ = p.ballot;
    changed_ = true;
  }
  send_to_undecided(RingPrepare{slot(), p.ballot});
  if (is_quorum(p.with_us.size())) begin_accepting();
}

void RingKeeper::receive(std::int64_t /*now_ns*/, const NodeId& from, const RingPromise& message) {
  if (!concerns_us(from, message.slot)) return;
  if (!proposal_ || proposal_->accepting || message.ballot != proposal_->ballot) return;
  Proposal& p = *proposal_;
  if (message.vote && check_successor(*newest(), message.vote->ring) &&
      (!p.value || p.value->ballot < message.vote->ballot))
    p.value = message.vote;
  p.with_us.insert(from);
  if (is_quorum(p.with_us.size())) begin_accepting();
}

/// Whatever a majority may have decided before is among the promises of any majority: then that ring goes on.
void RingKeeper::begin_accepting() {
  Proposal& p = *proposal_;
  // Another proposer has this node's promise by now; the next attempt goes above it.
  if (p.ballot < promised_ && !mutated(RingMutant::accept_below_promise)) return;
  Ring ring = p.value && !mutated(RingMutant::keep_own_value) ? p.value->ring : p.wanted;
  p.accepting = true;
  p.value = RingVote{p.ballot, std::move(ring)};
  p.with_us = {self_};
  vote_ = p.value;
  changed_ = true;
  send_to_undecided(RingAccept{slot(), p.ballot, p.value->ring});
  if (is_quorum(p.with_us.size())) decide(Ring(p.value->ring));
}

void RingKeeper::receive(std::int64_t /*now_ns*/, const NodeId& from, const RingAccepted& message) {
  if (!concerns_us(from, message.slot)) return;
  if (!proposal_ || !proposal_->accepting || message.ballot != proposal_->ballot) return;
  proposal_->with_us.insert(from);
  if (is_quorum(proposal_->with_us.size())) decide(Ring(proposal_->value->ring));
}

void RingKeeper::receive(std::int64_t /*now_ns*/, const NodeId& from, const RingRefused& message) {
  if (!concerns_us(from, message.slot) || !is_sound(message.promised)) return;
  round_seen_ = std::max(round_seen_, message.promised.round);
  if (proposal_ && proposal_->ballot == message.ballot) proposal_->outbid = true;
}

void RingKeeper::retry_or_give_up(std::int64_t now_ns) {
  if (mutated(RingMutant::majority_of_living)) {
    proposal_->accepting ? decide(Ring(proposal_->value->ring)) : begin_accepting();
    if (!proposal_ || proposal_->retry_ns > now_ns) return;
    proposal_->retry_ns = now_ns + proposal_->backoff_ns;
    return;
  }
  if (now_ns >= proposal_->give_up_ns)
    finish(ProposalOutcome::no_majority);
  else if (proposal_->outbid || proposal_->ballot < promised_)
    begin_ballot(now_ns);
  else
    say_again(now_ns);
}

/// Messages get lost; who has answered need not answer again.
void RingKeeper::say_again(std::int64_t now_ns) {
  schedule_retry(now_ns);
  if (proposal_->accepting)
    send_to_undecided(RingAccept{slot(), proposal_->ballot, proposal_->value->ring});
  else
    send_to_undecided(RingPrepare{slot(), proposal_->ballot});
}

/// The random part keeps two proposers from outbidding each other again and again.
void RingKeeper::schedule_retry(std::int64_t now_ns) {
  Proposal& p = *proposal_;
  p.retry_ns = now_ns + p.backoff_ns + static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(p.backoff_ns)));
  p.backoff_ns = std::min(2 * p.backoff_ns, settings_.retry_max_ns);
}

void RingKeeper::finish(ProposalOutcome outcome) {
  proposal_.reset();
  turn_.emplace_back(ring_effect::ProposalDone{outcome});
}

void RingKeeper::decide(const Ring& ring) {
  const Ring before = *newest();
  adopt(ring);
  std::set<NodeId> others;
  for (const RingMember& member : before.members) others.insert(member.id);
  for (const NodeId& member : others) tell(member, before.version);
  // Who joins needs the older rings as well: what was written under them must be found.
  for (const RingMember& member : ring.members)
    if (!before.is_member(member.id)) tell(member.id, 0);
}

bool RingKeeper::is_quorum(std::size_t votes) const {
  return votes >= newest()->majority();
}

void RingKeeper::send_to_undecided(const RingMessage& message) {
  std::vector<RingMember> voters = newest()->members;
  if (mutated(RingMutant::vote_of_anyone))
    voters.insert(voters.end(), proposal_->wanted.members.begin(), proposal_->wanted.members.end());
  for (const RingMember& voter : voters)
    if (proposal_->with_us.count(voter.id) == 0) send(voter.id, message);
}

}  // namespace wattring::sharding
