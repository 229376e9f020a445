// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/prng.hpp"
#include "base/result.hpp"
#include "sharding/ring.hpp"
#include "sharding/ring_message.hpp"
#include "sharding/ring_mutant.hpp"

namespace wattring::sharding {

using RingPtr = std::shared_ptr<const Ring>;

enum class ProposalOutcome : std::uint8_t {
  decided,        ///< it is the next ring
  other_decided,  ///< another ring was; propose again, made from that one
  no_majority     ///< given up. It may still be decided later: somebody may have accepted it
};

namespace ring_effect {
/// To be durable as a whole, in order; then persisted(token) is due. It replaces what was persisted before.
struct Persist {
  std::uint64_t token = 0;
  std::string state;
};
struct Send {
  NodeId to;
  RingMessage message;
};
/// A newer ring is durable here and holds from now on; rings() may have gained more than this one.
struct RingChanged {
  RingPtr ring;
};
/// The end of what propose() began.
struct ProposalDone {
  ProposalOutcome outcome = ProposalOutcome::decided;
};
}  // namespace ring_effect

using RingEffect =
    std::variant<ring_effect::Persist, ring_effect::Send, ring_effect::RingChanged, ring_effect::ProposalDone>;
/// In the order in which they have to be carried out.
using RingEffects = std::vector<RingEffect>;

struct RingKeeperSettings {
  std::int64_t retry_min_ns = 300'000'000;  ///< before a proposer asks again who did not answer; doubles
  std::int64_t retry_max_ns = 1'500'000'000;
  std::int64_t give_up_ns = 15'000'000'000;      ///< a proposal that finds no majority
  std::int64_t ask_interval_ns = 5'000'000'000;  ///< one member is asked for news
  /// False for a node whose disk may have forgotten what it promised (restored, copied): it learns and does not vote.
  bool votes = true;
  RingMutant mutant = RingMutant::none;
};

/// Agreement about the next ring: one object a node. For each successor the members of the parent ring hold a ballot
/// (single-decree Paxos: prepare, promise, accept, accepted), and a majority of the members, alive or not, decides. So
/// there is one chain of rings whatever fails, and no ring without a majority; a removed node has no vote in the next.
/// Everybody keeps the rings that were decided and tells them to who asks; nothing on the data path waits for a ballot.
///
/// Nothing that is sent can be forgotten: whatever depends on state that is not yet durable is held back until
/// persisted(). current() and rings() likewise show only what is durable.
///
/// Pure: no clock, no IO, no randomness of its own. Times are monotonic nanoseconds, never going back. One thread.
class RingKeeper {
 public:
  /// `state` as persisted last; RingState{} on a node that knows no ring; one founding ring for who founds a cluster.
  RingKeeper(RingKeeperSettings settings, NodeId self, RingState state, Prng prng);

  void handle(std::int64_t now_ns, const NodeId& from, const RingMessage& message, RingEffects& out);
  void tick(std::int64_t now_ns, RingEffects& out);
  [[nodiscard]] std::int64_t next_deadline_ns() const;
  /// That state, and every one before it, is durable.
  void persisted(std::uint64_t token, RingEffects& out);

  /// Begins a ballot for `next`, made from current(). Refused at once when it may not follow, when this node is no
  /// member, and while another proposal of this node runs. ProposalDone follows.
  [[nodiscard]] Result<void> propose(std::int64_t now_ns, Ring next, RingEffects& out);
  [[nodiscard]] bool proposing() const { return proposal_.has_value(); }
  /// Asks a peer for news: for a node that knows no ring, and when gossip says that the peer knows a newer one.
  void ask(const NodeId& peer, RingEffects& out);
  /// Nobody here needs the rings before this version any more. The newest is always kept.
  void forget_before(std::uint64_t version, RingEffects& out);

  /// The newest ring; null as long as none is known.
  [[nodiscard]] RingPtr current() const { return visible_.empty() ? nullptr : visible_.back(); }
  /// Ascending, without gaps except where older ones had been forgotten by everybody.
  [[nodiscard]] const std::vector<RingPtr>& rings() const { return visible_; }
  [[nodiscard]] bool removed() const { return current() != nullptr && current()->is_removed(self_); }

  struct Stats {
    std::uint64_t ballots = 0;    ///< begun here
    std::uint64_t conflicts = 0;  ///< messages of a history that is not ours: two clusters, or a forgetful majority
    std::uint64_t unsound = 0;    ///< messages that no sound peer sends
  };
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  struct Proposal {
    Ring wanted;
    Ballot ballot;
    bool accepting = false;
    bool outbid = false;            ///< somebody promised a higher ballot: this one may get no majority any more
    std::optional<RingVote> value;  ///< the highest vote promised with; then what is to be accepted
    std::set<NodeId> with_us;       ///< promised, then accepted
    std::int64_t retry_ns = 0;
    std::int64_t give_up_ns = 0;
    std::int64_t backoff_ns = 0;
  };
  struct Held {
    std::uint64_t token = 0;
    std::vector<RingPtr> rings;
    RingEffects effects;
  };

  [[nodiscard]] bool mutated(RingMutant which) const { return kRingMutants && settings_.mutant == which; }
  [[nodiscard]] const Ring* newest() const { return rings_.empty() ? nullptr : rings_.back().get(); }
  [[nodiscard]] RingSlot slot() const { return {newest()->version + 1, newest_id_}; }
  [[nodiscard]] bool concerns_us(const NodeId& from, const RingSlot& about);
  [[nodiscard]] bool is_quorum(std::size_t votes) const;

  void receive(std::int64_t now_ns, const NodeId& from, const RingPrepare& message);
  void receive(std::int64_t now_ns, const NodeId& from, const RingPromise& message);
  void receive(std::int64_t now_ns, const NodeId& from, const RingAccept& message);
  void receive(std::int64_t now_ns, const NodeId& from, const RingAccepted& message);
  void receive(std::int64_t now_ns, const NodeId& from, const RingRefused& message);
  void receive(std::int64_t now_ns, const NodeId& from, const RingAsk& message);
  void receive(std::int64_t now_ns, const NodeId& from, const RingTell& message);

  void begin_ballot(std::int64_t now_ns);
  void say_again(std::int64_t now_ns);
  void schedule_retry(std::int64_t now_ns);
  void begin_accepting();
  void retry_or_give_up(std::int64_t now_ns);
  void finish(ProposalOutcome outcome);
  void decide(const Ring& ring);
  void adopt(Ring ring);
  void tell(const NodeId& to, std::uint64_t known);
  void send(const NodeId& to, RingMessage message);
  void send_to_undecided(const RingMessage& message);
  void flush(RingEffects& out);

  RingKeeperSettings settings_;
  NodeId self_;
  Prng prng_;
  // What is persisted: it may be newer than the disk as long as held_ is not empty.
  std::vector<RingPtr> rings_;
  Ballot promised_;
  std::optional<RingVote> vote_;
  bool changed_ = false;

  std::uint64_t newest_id_ = 0;
  std::uint64_t round_seen_ = 0;
  std::optional<Proposal> proposal_;
  std::int64_t ask_at_ns_ = 0;
  RingEffects turn_;       ///< of this call, not yet let go
  std::deque<Held> held_;  ///< waits for persisted()
  std::uint64_t last_token_ = 0;
  std::vector<RingPtr> visible_;
  Stats stats_;
};

}  // namespace wattring::sharding
