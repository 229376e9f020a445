// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring_keeper.hpp"

#include <algorithm>
#include <limits>

namespace wattring::sharding {

RingKeeper::RingKeeper(RingKeeperSettings settings, NodeId self, RingState state, Prng prng)
    : settings_(settings), self_(self), prng_(prng), promised_(state.promised), vote_(std::move(state.vote)) {
  for (Ring& ring : state.rings) rings_.push_back(std::make_shared<const Ring>(std::move(ring)));
  visible_ = rings_;
  if (!rings_.empty()) newest_id_ = ring_id(*newest());
}

void RingKeeper::handle(std::int64_t now_ns, const NodeId& from, const RingMessage& message, RingEffects& out) {
  if (from != self_) std::visit([&](const auto& each) { receive(now_ns, from, each); }, message);
  flush(out);
}

void RingKeeper::tick(std::int64_t now_ns, RingEffects& out) {
  if (proposal_ && now_ns >= proposal_->retry_ns) retry_or_give_up(now_ns);
  if (newest() != nullptr && now_ns >= ask_at_ns_) {
    ask_at_ns_ = now_ns + settings_.ask_interval_ns;
    const std::vector<RingMember>& members = newest()->members;
    send(members[prng_.below(members.size())].id, RingAsk{newest()->version});
  }
  flush(out);
}

std::int64_t RingKeeper::next_deadline_ns() const {
  const std::int64_t ask = newest() == nullptr ? std::numeric_limits<std::int64_t>::max() : ask_at_ns_;
  return proposal_ ? std::min(ask, proposal_->retry_ns) : ask;
}

void RingKeeper::persisted(std::uint64_t token, RingEffects& out) {
  while (!held_.empty() && held_.front().token <= token) {
    Held held = std::move(held_.front());
    held_.pop_front();
    const bool newer = !held.rings.empty() && (visible_.empty() || visible_.back() != held.rings.back());
    visible_ = std::move(held.rings);
    if (newer) out.emplace_back(ring_effect::RingChanged{visible_.back()});
    std::move(held.effects.begin(), held.effects.end(), std::back_inserter(out));
  }
}

void RingKeeper::ask(const NodeId& peer, RingEffects& out) {
  send(peer, RingAsk{newest() == nullptr ? 0 : newest()->version});
  flush(out);
}

void RingKeeper::forget_before(std::uint64_t version, RingEffects& out) {
  const auto last = rings_.empty() ? rings_.end() : std::prev(rings_.end());
  const auto keep = std::find_if(rings_.begin(), last, [&](const RingPtr& ring) { return ring->version >= version; });
  if (keep == rings_.begin()) return;
  rings_.erase(rings_.begin(), keep);
  changed_ = true;
  flush(out);
}

/// Lets go what this call has to say: at once, or after the state it rests on, in the order in which it was said.
void RingKeeper::flush(RingEffects& out) {
  if (changed_) {
    RingState state;
    for (const RingPtr& ring : rings_) state.rings.push_back(*ring);
    if (!mutated(RingMutant::forget_promise_on_disk)) state.promised = promised_;
    state.vote = vote_;
    out.emplace_back(ring_effect::Persist{++last_token_, encode(state)});
    held_.push_back({last_token_, rings_, {}});
    changed_ = false;
  }
  RingEffects& to = held_.empty() || mutated(RingMutant::send_before_persist) ? out : held_.back().effects;
  std::move(turn_.begin(), turn_.end(), std::back_inserter(to));
  turn_.clear();
}

void RingKeeper::send(const NodeId& to, RingMessage message) {
  if (to != self_) turn_.emplace_back(ring_effect::Send{to, std::move(message)});
}

void RingKeeper::receive(std::int64_t /*now_ns*/, const NodeId& from, const RingAsk& message) {
  if (newest() == nullptr) return;
  if (message.known < newest()->version)
    tell(from, message.known);
  else if (message.known > newest()->version)
    send(from, RingAsk{newest()->version});
}

void RingKeeper::tell(const NodeId& to, std::uint64_t known) {
  RingTell told{rings_.front()->version, newest()->version, {}};
  for (const RingPtr& ring : rings_)
    if (ring->version > known && told.rings.size() < kRingsToldMax) told.rings.push_back(*ring);
  send(to, std::move(told));
}

void RingKeeper::receive(std::int64_t /*now_ns*/, const NodeId& from, const RingTell& message) {
  for (const Ring& ring : message.rings) {
    const std::uint64_t known = newest() == nullptr ? 0 : newest()->version;
    if (ring.version <= known) {
      const auto same = std::find_if(rings_.begin(), rings_.end(),
                                     [&](const RingPtr& ours) { return ours->version == ring.version; });
      if (same != rings_.end() && **same != ring) ++stats_.conflicts;
      continue;
    }
    // Over a gap only where the rings between are kept no more.
    if (ring.version > known + 1 && ring.version != message.oldest) break;
    if (newest() != nullptr && ring.version == known + 1 && !check_successor(*newest(), ring)) {
      ++stats_.conflicts;
      return;
    }
    adopt(ring);
  }
  const std::uint64_t known = newest() == nullptr ? 0 : newest()->version;
  if (message.newest > known) send(from, RingAsk{known});
}

void RingKeeper::adopt(Ring ring) {
  rings_.push_back(std::make_shared<const Ring>(std::move(ring)));
  newest_id_ = ring_id(*newest());
  promised_ = {};
  vote_.reset();
  round_seen_ = 0;
  changed_ = true;
  if (proposal_) {
    const bool ours = ring_id(proposal_->wanted) == newest_id_;
    finish(ours ? ProposalOutcome::decided : ProposalOutcome::other_decided);
  }
}

}  // namespace wattring::sharding
