// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/check.hpp"
#include "base/prng.hpp"
#include "sharding/recent_chains.hpp"
#include "sharding/replica.hpp"

/// What the parts of a Replica have in common: rings, peers and shards as this node knows them. The parts are in
/// replica_*.hpp, one rule or a few to each; all of them run on the replica's thread.

namespace wattring::sharding {

inline constexpr std::int64_t kNever = INT64_MAX;

/// What a peer said of a shard.
struct Told {
  NodeId from;
  std::uint64_t number = 0;       ///< of the question
  std::uint64_t next_number = 0;  ///< of the questions asked after this answer came
  DiskGeneration generation = 0;
  RingRef ring;  ///< the peer's when it said so
  Coverage coverage;
  std::uint64_t filled = 0;
  bool suspect = false;
};

/// Entries on their way to the disk. Some come and go with each batch, so what it took of memory it keeps.
class Arriving {
 public:
  void add(const WriterId& writer, Sequence sequence) {
    items_.push_back({writer, sequence});
    ++in_flight_;
  }
  /// One of those that were added has come to its end.
  void end(const WriterId& writer, Sequence sequence, bool durable);
  [[nodiscard]] bool empty() const { return in_flight_ == 0; }
  [[nodiscard]] Coverage coverage() const;

 private:
  struct Item {
    WriterId writer;
    Sequence sequence;
  };
  std::vector<Item> items_;  ///< also those that are durable by now, until none is in flight
  std::size_t in_flight_ = 0;
};

struct ShardState {
  Coverage durable;
  Arriving arriving;                  ///< on its way to the disk
  RecentChains chains;                ///< of what is durable or arriving
  std::uint64_t filled = 0;           ///< ring version
  Coverage unreadable;                ///< was durable, and has to come back from others
  bool recovering = false;            ///< may lack what it gave receipts for, until FILLED again: counts in no quorum
  std::optional<Coverage> dropping;   ///< on its way out; nothing of it is claimed
  std::optional<std::uint64_t> hash;  ///< of durable, when known
  std::optional<std::int64_t> complete_as_of;  ///< began of the last exchange that succeeded
  std::vector<Told> told;                      ///< one a peer
};

struct KnownPeer {
  RingRef ring;
  DiskGeneration generation = 0;
  std::optional<DiskGeneration> amnesiac;  ///< a generation of it that lost what it had told
  std::int64_t ring_asked_ns = INT64_MIN / 2;
  std::uint64_t filled = 0;  ///< the ring version for which it is FILLED in all it owns
  unsigned returns = 0;      ///< how often it came back
};

struct Member {
  std::int64_t since_ns = 0;
  unsigned returns = 0;  ///< how often it came back
};

class ReplicaState {
 public:
  ReplicaState(Replica::Self own, ReplicaSettings chosen, std::size_t shard_count, std::vector<Replica::Held> held,
               Prng random);

  const NodeId self;
  DiskGeneration generation;
  const ReplicaSettings settings;
  Prng prng;
  std::vector<PlacementPtr> rings;  ///< oldest first
  std::int64_t ring_since_ns = 0;
  std::map<NodeId, Member> usable;
  std::map<NodeId, KnownPeer> peers;
  std::vector<ShardState> shards;
  std::uint64_t first_number = 1;  ///< of this life
  std::uint64_t next_number = 1;   ///< of messages and appends

  [[nodiscard]] bool mutated(Mutant which) const { return settings.mutated(which); }
  [[nodiscard]] bool has_ring() const { return !rings.empty(); }
  [[nodiscard]] const Placement& ring() const { return *rings.back(); }
  [[nodiscard]] RingRef ring_ref() const;
  [[nodiscard]] const Placement* ring_of(std::uint64_t version) const;
  [[nodiscard]] std::span<const NodeId> owners(ShardId shard) const;  ///< under the ring in force; none without a ring
  [[nodiscard]] bool owns(ShardId shard) const { return owns(self, shard); }
  [[nodiscard]] bool owns(const NodeId& node, ShardId shard) const { return has_ring() && ring().owns(node, shard); }
  [[nodiscard]] bool can_talk(const NodeId& node) const { return usable.contains(node); }
  [[nodiscard]] ShardState& shard(ShardId id) { return shards[id.value]; }
  [[nodiscard]] const ShardState& shard(ShardId id) const { return shards[id.value]; }
  [[nodiscard]] ShardId id_of(std::size_t index) const { return ShardId{static_cast<std::uint16_t>(index)}; }

  /// The newest ring version the node is known to have adopted.
  [[nodiscard]] std::uint64_t adopted(const NodeId& node) const;
  /// R4c: so many owners of the older ring have gone over to a newer one that no DURABLE ack under it can be new.
  [[nodiscard]] bool fenced(const Placement& older, ShardId shard) const;
  [[nodiscard]] bool retired(std::uint64_t version) const;
  /// The ring in force when this node is FILLED in all that it owns; else 0.
  [[nodiscard]] std::uint64_t filled_ring() const;
  /// Each member is FILLED for the ring in force: no filling will ever ask back to an older one.
  [[nodiscard]] bool all_filled() const;
  /// After something was learned of a peer's ring.
  void retire_rings();
  /// A peer knows it: also of rings whose members are gone for good. True when it is news.
  bool retire_rings_through(std::uint64_t version);
  [[nodiscard]] std::uint64_t retired_through() const { return retired_through_; }
  /// A peer whose disk lost what it had told counts in no quorum (I16).
  [[nodiscard]] bool counts(const NodeId& node, DiskGeneration of) const;

  void add_durable(ShardId shard, const Coverage& more);
  void add_durable(ShardId shard, const WriterId& writer, Sequence sequence);
  /// Entries that are neither here nor on their way to the disk.
  [[nodiscard]] Coverage lacking(ShardId shard, const Coverage& there) const;
  [[nodiscard]] std::uint64_t hash_of(ShardId shard);

  void send(const NodeId& to, message::Body body, ReplicaEffects& out) const;

 private:
  std::uint64_t retired_through_ = 0;
};

}  // namespace wattring::sharding
