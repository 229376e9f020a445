// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "sharding/ring_keeper.hpp"

namespace wattring::sharding {

/// Ring keepers of some nodes over a network and disks that fail, in virtual time, from one seed. It checks after
/// every step that there is one chain of rings. One thread.
class RingWorld {
 public:
  struct Faults {
    double loss = 0;
    double duplicate = 0;
    std::int64_t delay_ns = 5'000'000;    ///< the longest; random, so messages overtake each other
    std::int64_t persist_ns = 5'000'000;  ///< likewise
    double restart = 0;                   ///< of a node, after each message that it took
  };
  /// The first `members` of `nodes` make up the founding ring.
  RingWorld(std::uint64_t seed, std::size_t nodes, std::size_t members, RingKeeperSettings settings = {});

  void set_faults(Faults faults) { faults_ = faults; }
  /// Messages pass only within a group; a group for each node.
  void partition(std::vector<std::size_t> groups) { groups_ = std::move(groups); }
  /// Unfinished writes reach the disk in part: the first so many of them.
  void crash(std::size_t node);
  void start(std::size_t node);
  /// Runs until then.
  void run_to(std::int64_t time_ns);
  /// Nothing when the keeper refuses it.
  bool propose(std::size_t node, const Ring& next);
  void ask(std::size_t node, std::size_t peer);

  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }
  [[nodiscard]] bool is_up(std::size_t node) const { return nodes_[node].keeper != nullptr; }
  [[nodiscard]] const RingKeeper& keeper(std::size_t node) const { return *nodes_[node].keeper; }
  [[nodiscard]] RingPtr ring_of(std::size_t node) const { return nodes_[node].keeper->current(); }
  [[nodiscard]] NodeId id(std::size_t node) const { return nodes_[node].id; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  /// What went wrong first; empty when nothing did.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  /// Decided so far, the founding one included.
  [[nodiscard]] const std::map<std::uint64_t, Ring>& decided() const { return decided_; }
  [[nodiscard]] const std::vector<ProposalOutcome>& outcomes(std::size_t node) const { return nodes_[node].outcomes; }
  [[nodiscard]] Prng& prng() { return prng_; }

 private:
  struct Write {
    std::int64_t done_ns;
    std::uint64_t token;
    std::string state;
  };
  struct Node {
    NodeId id;
    std::string disk;
    std::vector<Write> writes;
    std::unique_ptr<RingKeeper> keeper;
    std::vector<ProposalOutcome> outcomes;
  };
  struct Packet {
    std::size_t from;
    std::size_t to;
    std::string bytes;
  };
  void carry_out(std::size_t node, RingEffects& effects);
  void send(std::size_t from, const ring_effect::Send& what);
  void finish_writes(std::size_t node);
  void deliver(const Packet& packet);
  void saw(const Ring& ring);
  [[nodiscard]] std::int64_t next_time() const;
  [[nodiscard]] std::size_t index_of(const NodeId& id) const;

  RingKeeperSettings settings_;
  Prng prng_;
  Faults faults_;
  std::int64_t now_ns_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::size_t> groups_;
  std::multimap<std::int64_t, Packet> network_;
  std::map<std::uint64_t, Ring> decided_;
  std::string violation_;
};

/// A change that may follow: a node more, a node less, or another weight.
[[nodiscard]] Ring random_change(Prng& prng, const Ring& current, const RingWorld& world);
/// Some seconds of crashes, partitions, losses and proposals, then quiet. What was violated, or nothing.
[[nodiscard]] std::string run_random_schedule(std::uint64_t seed, RingMutant mutant, std::uint64_t* decided = nullptr);

}  // namespace wattring::sharding
