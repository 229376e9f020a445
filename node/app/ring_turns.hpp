// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/prng.hpp"
#include "base/result.hpp"
#include "cluster/view.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"
#include "sharding/join_watch.hpp"
#include "sharding/peer_message.hpp"
#include "sharding/placement.hpp"
#include "sharding/ring_forks.hpp"
#include "sharding/ring_keeper.hpp"

namespace wattring::app {

/// The node's part in agreeing on the ring: keeps what was decided and promised, proposes rings with nodes that have
/// joined, and says what follows for placement. One thread, no IO of its own.
class RingTurns {
 public:
  struct Options {
    NodeId self;
    std::size_t shard_count = 0;
    std::array<std::uint8_t, 16> hash_key{};
    bool proposes = true;           ///< rings with nodes that have joined
    std::uint64_t needed_from = 0;  ///< of read_rings_needed_from()
  };
  using Placements = std::vector<std::shared_ptr<const sharding::Placement>>;
  struct Doors {
    std::function<void(const NodeId& to, std::string bytes)> send;
    /// To be durable; then persisted(token).
    std::function<void(std::uint64_t token, persistence::OwnedOp row)> keep;
    std::function<void(persistence::OwnedOp row)> note;  ///< to be durable some time
    std::function<void()> changed;                       ///< placements() is new
    std::function<void()> forked{};                      ///< one more node was found to follow another history of rings
  };
  /// state: of read_ring_state(), or founding_state().
  [[nodiscard]] static Result<std::unique_ptr<RingTurns>> make(const Options& options, std::string_view state,
                                                               Doors doors, Prng prng, std::shared_ptr<Log> log);
  ~RingTurns();

  void handle(std::int64_t now_ns, const NodeId& from, std::string_view bytes);
  /// The ring that a node names in what it says about readings.
  void heard(std::int64_t now_ns, const NodeId& from, const sharding::RingRef& theirs);
  void set_view(std::int64_t now_ns, const cluster::View& view);
  void ask(const NodeId& peer);
  void persisted(std::uint64_t token);
  void tick(std::int64_t now_ns);
  [[nodiscard]] std::int64_t next_deadline() const;
  /// placements() go on without this one and those before, after a restart too: who could say that they have retired
  /// may be gone by then. The rings themselves stay: a node that was away needs all of them.
  void no_longer_needed(std::uint64_t version);

  using OnProposed = std::function<void(Result<sharding::ProposalOutcome>)>;
  /// By an operator's word. `done` once, in a turn; busy while another proposal of this node is under way.
  void propose(std::int64_t now_ns, sharding::Ring next, OnProposed done);
  struct Look {
    std::vector<sharding::LiveMember> newcomers;  ///< live, and in no ring
    std::int64_t again_ns = INT64_MAX;            ///< when this node looks whether to propose them
    bool proposing = false;
    std::vector<sharding::RingForks::Fork> forks;
  };
  [[nodiscard]] Look look(std::int64_t now_ns) const;

  /// Of the rings this node knows and needs, oldest first; the last is in force. Empty: it knows none.
  [[nodiscard]] const Placements& placements() const;

 private:
  struct Impl;
  explicit RingTurns(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What the disk holds about rings; empty when it holds nothing.
[[nodiscard]] Result<std::string> read_ring_state(const persistence::ReadTransaction& disk);
[[nodiscard]] persistence::OwnedOp ring_state_row(std::string_view state);
/// The oldest ring that is still needed; 0: all are.
[[nodiscard]] Result<std::uint64_t> read_rings_needed_from(const persistence::ReadTransaction& disk);
/// Of a node that founds its cluster.
[[nodiscard]] std::string founding_state(const sharding::Ring& ring);

}  // namespace wattring::app
