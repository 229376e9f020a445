// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "cluster/view.hpp"
#include "node/actor/remote_codec.hpp"
#include "node/actor/remote_counters.hpp"
#include "node/actor/remote_queue.hpp"
#include "node/actor/remote_watch_table.hpp"

namespace wattring::actor {

/// What one node knows of its links to all others: which life of whom is where, what waits to be sent, which frames
/// came, who watches whom. Membership alone decides who is live: to anybody else nothing is sent and from nobody else
/// anything is taken. No socket, no clock; whoever owns it guards it.
class RemoteLinks {
 public:
  struct Options {
    NodeId self;
    std::uint64_t cluster = 0;  ///< cluster::cluster_hash
    RemoteQueueLimits queue{};
    std::size_t watches_max = 65'536;              ///< on one other node, and of one on this
    std::int64_t watch_retry_ns = 1'000'000'000;   ///< until the other side knows a watch
    std::int64_t probe_every_ns = 10'000'000'000;  ///< of a node where somebody is watched
  };
  RemoteLinks(const Options& options, RemoteCounters& counters) : options_(options), counters_(counters) {}
  RemoteLinks(const RemoteLinks&) = delete;
  RemoteLinks& operator=(const RemoteLinks&) = delete;

  /// Lives and addresses as membership sees them now. Returns the nodes one of whose lives ended: the System must hear
  /// of them before it gets anything from their next life.
  [[nodiscard]] std::vector<NodeId> set_view(const cluster::View& view);

  /// `encoded`: the envelope by write_envelope(). What is about watches is numbered here and written anew.
  Delivery send(const RemoteEnvelope& envelope, std::string_view encoded, std::int64_t now_ns);

  struct Outgoing {
    NodeId to;
    cluster::Life life;  ///< of `to`, that is meant
    std::string endpoint;
    std::string frame;
    std::size_t envelopes = 0;
  };
  /// The next frame to be sent, nodes in turn; each is given out once.
  [[nodiscard]] std::optional<Outgoing> next();
  /// The transport took it.
  void taken(const Outgoing& outgoing);
  /// The transport had no room: it stays the first for its node until retry_blocked(), if that life still is.
  void not_taken(Outgoing&& outgoing);
  void retry_blocked();
  [[nodiscard]] bool any_blocked() const { return !blocked_.empty(); }

  /// False, and counted, for a frame that is not from a live peer's present life to ours, or is overtaken.
  [[nodiscard]] bool admit(const RemoteHeader& header);
  /// A frame that was admitted and wholly read. Leaves in `envelopes` what is the System's.
  void accept(const RemoteHeader& header, std::vector<RemoteEnvelope>& envelopes, std::int64_t now_ns);

  /// Sends watches again that the other side does not know, and asks watched nodes for a sign. A few times a second.
  void tick(std::int64_t now_ns);

  struct PeerRow {
    NodeId id;
    std::string endpoint;
    bool live = false;
    std::size_t queued = 0;
    std::size_t queued_bytes = 0;
    std::size_t watches = 0;
    std::uint64_t sent_frames = 0;
    std::uint64_t received_frames = 0;
  };
  [[nodiscard]] std::vector<PeerRow> rows() const;

 private:
  struct Peer {
    explicit Peer(const RemoteQueueLimits& limits) : queue(limits) {}
    cluster::Life life;
    std::string endpoint;
    bool live = false;
    RemoteQueue queue;
    std::optional<Outgoing> blocked;
    bool waiting = false;  ///< its first frame waits for retry_blocked()
    bool listed = false;   ///< in ready_
    bool wants_answer = false;
    bool owes_answer = false;
    std::uint64_t sent = 0;      ///< sequence of the last frame
    std::uint64_t received = 0;  ///< likewise
    std::uint32_t session = 1;
    std::uint32_t their_session = 0;
    std::uint32_t forgot_in = 1;  ///< the session in which its watches here were forgotten last
    RemoteWatchTable watches;
    std::map<RemoteWatchTable::Key, std::uint64_t> watchers;  ///< its watches here, of its actors on ours; numbers
    std::int64_t next_retry_ns = 0;
    std::int64_t next_probe_ns = 0;
  };
  using Peers = std::map<NodeId, Peer>;

  void adopt_own_life(const cluster::Life& life);
  void adopt(const cluster::Record& record, std::vector<NodeId>& down);
  void end_life(Peer& peer);
  void list(const NodeId& id, Peer& peer);
  [[nodiscard]] Peer* live_peer(const NodeId& id);
  [[nodiscard]] bool push_watch(RemoteEnvelope envelope, Peer& peer, std::int64_t now_ns);
  [[nodiscard]] Delivery without_room(RemoteEnvelope::Kind kind, Peer& peer);
  [[nodiscard]] std::string seal(Peer& peer, FrameBuilder&& frame);
  /// False when it is not the System's.
  [[nodiscard]] bool take_in(const RemoteHeader& header, Peer& peer, const RemoteEnvelope& envelope);
  [[nodiscard]] bool take_watch(const NodeId& id, Peer& peer, const RemoteEnvelope& watch);
  [[nodiscard]] bool push_own(const NodeId& id, Peer& peer, const RemoteEnvelope& envelope);
  void lost_something(const NodeId& id, Peer& peer, std::int64_t now_ns);
  void resend_watches(const NodeId& id, Peer& peer, std::int64_t now_ns);

  const Options options_;
  RemoteCounters& counters_;
  cluster::Life life_;
  Peers peers_;
  std::deque<NodeId> ready_;  ///< peers with something to send
  std::vector<NodeId> blocked_;
  std::uint64_t next_watch_ = 1;
};

}  // namespace wattring::actor
