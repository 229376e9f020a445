// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/prng.hpp"
#include "sharding/coverage.hpp"
#include "sharding/peer_message.hpp"
#include "sharding/placement.hpp"
#include "sharding/replica_settings.hpp"

/// Replication of one node, all shards of it, sans-IO (docs/decisions/0009-replication.md; rule numbers R1.. and
/// invariants I1.. are those of that page). It decides where entries go, when a write is acknowledged, what is missing
/// here and from whom to fetch it, when an answer may call itself complete, and when a copy may be dropped. It stores
/// nothing but what it knows of coverage: entries pass through it as packs. One thread.

namespace wattring::sharding {

using PlacementPtr = std::shared_ptr<const Placement>;

/// What an acknowledgement promises, weakest first.
enum class AckClass : std::uint8_t {
  unknown,  ///< not acknowledged in time: it may be on one disk and may appear
  single,   ///< on one disk, by configuration
  held,     ///< on W machines' disks, not W of them owners
  durable   ///< on W owners' disks
};

namespace effect {
struct Send {
  NodeId to;
  PeerMessage message;
};
/// Put the pack in the journal, then call appended() with the token.
struct Append {
  std::uint64_t token = 0;
  PackPtr pack;
  std::uint64_t write = 0;  ///< the write() of which it is the part that stays here; 0: entries of others, or late ones
};
/// A write has come to its end, once.
struct WriteDone {
  std::uint64_t number = 0;
  AckClass worst = AckClass::unknown;  ///< of all its shards
  std::uint32_t copies = 0;            ///< least number of receipts among the acknowledged shards
  std::vector<ShardId> unknown;        ///< shards whose entries are not acknowledged, ascending
  std::vector<ShardId> refused;        ///< shards whose entries nobody has room for: nothing of them is kept
};
/// Read these entries from the journal and send them as message::Entries with this number, under header().
struct ReadEntries {
  NodeId to;
  message::Pull pull;
};
/// Fetch all of the shard from that node by a transfer, then call fetched().
struct FetchShard {
  ShardId shard;
  NodeId from;
};
/// Instead of a ring version: something this node gave receipts for may be lost here.
inline constexpr std::uint64_t kRecovering = UINT64_MAX;
/// Write durably that this node is FILLED in the shard for the ring version; or that it is kRecovering.
struct KeepFilled {
  ShardId shard;
  std::uint64_t ring = 0;
};
/// Delete all of the shard from the disk, then call dropped(). Nothing of it is served meanwhile.
struct Drop {
  ShardId shard;
  Coverage coverage;  ///< what every owner has confirmed
};
/// An exchange that was asked for has ended. Complete: everything acknowledged as DURABLE before `began_ns` is here.
struct ExchangeDone {
  std::uint64_t number = 0;
  ShardId shard;
  bool complete = false;
  std::int64_t began_ns = 0;
};
/// A peer has a newer ring: ask it.
struct RingWanted {
  NodeId from;
  RingRef ring;
};
/// Who is home of which shard has changed, as this node sees it; routes() is new too.
struct RoutesChanged {};
/// Hash all facts of the shard, then call digested().
struct DigestContent {
  ShardId shard;
};
/// This disk lost what it had promised: draw a new generation, write it durably, then call renewed().
struct RenewGeneration {};
}  // namespace effect

using ReplicaEffect =
    std::variant<effect::Send, effect::Append, effect::WriteDone, effect::ReadEntries, effect::FetchShard,
                 effect::KeepFilled, effect::Drop, effect::ExchangeDone, effect::RingWanted, effect::RoutesChanged,
                 effect::RenewGeneration, effect::DigestContent>;
using ReplicaEffects = std::vector<ReplicaEffect>;

/// A member that can be talked to, as membership has it.
struct UsableNode {
  NodeId id;
  std::int64_t since_ns = 0;  ///< when it came to be usable; what is steady gets its homes back
};

/// Where entries go and who serves, at one moment. Immutable; any thread.
struct Routes {
  PlacementPtr ring;
  std::vector<NodeId> home;  ///< by shard; all zeros: no owner can be reached
  bool can_write = false;    ///< W nodes can be reached
};

class Replica {
 public:
  struct Self {
    NodeId id;
    DiskGeneration generation = 0;
  };
  /// What the disk holds of a shard, as recovery found it.
  struct Held {
    ShardId shard;
    Coverage coverage;
    std::uint64_t filled_ring = 0;  ///< of the last KeepFilled; effect::kRecovering after a restore, in every shard
    bool suspect = false;
  };
  Replica(Self self, ReplicaSettings settings, std::size_t shard_count, std::vector<Held> held, Prng prng);
  ~Replica();

  // What others decide.

  /// All rings this node knows, oldest first, without gaps; the last is in force. Grows at the end; the oldest may go
  /// when retired() says so.
  void set_rings(std::int64_t now_ns, std::vector<PlacementPtr> rings, ReplicaEffects& out);
  /// Ring members and others that can be talked to, this node included unless it is leaving.
  void set_usable(std::int64_t now_ns, const std::vector<UsableNode>& nodes, ReplicaEffects& out);
  /// This process stood still: nothing that depends on time may be believed.
  void own_pause(std::int64_t now_ns, ReplicaEffects& out);

  // Writing.

  /// A batch as one pack (LSN 0), its entries drawn by this node. `number`: the caller's, ascending. Ends in one
  /// WriteDone.
  void write(std::int64_t now_ns, std::uint64_t number, PackPtr pack, ReplicaEffects& out);

  // What became of effects.

  enum class Committed : std::uint8_t { durable, refused };
  void appended(std::int64_t now_ns, std::uint64_t token, Committed outcome, ReplicaEffects& out);
  /// Everything in `coverage` is durable here now; nothing: the transfer failed.
  void fetched(std::int64_t now_ns, ShardId shard, const std::optional<Coverage>& coverage, ReplicaEffects& out);
  /// done: what the Drop named is gone; otherwise nothing is, and it is held as before.
  void dropped(std::int64_t now_ns, ShardId shard, bool done, ReplicaEffects& out);
  /// Entries that were durable here cannot be read back: they are no longer claimed, and fetched from others. Whoever
  /// cannot tell which ones they are names all that is durable().
  void damaged(std::int64_t now_ns, ShardId shard, const Coverage& unreadable, ReplicaEffects& out);
  /// Something of the shard that was sealed here does not verify, and nobody can tell which entries it was made of: all
  /// of the shard is fetched from another owner. True: it was begun. At most once a minute and shard.
  bool suspect(std::int64_t now_ns, ShardId shard, ReplicaEffects& out);
  void renewed(std::int64_t now_ns, DiskGeneration generation, ReplicaEffects& out);
  /// Nothing: it cannot be told now.
  void digested(ShardId shard, const std::optional<ContentDigest>& digest, ReplicaEffects& out);

  void handle(std::int64_t now_ns, const NodeId& from, const PeerMessage& message, ReplicaEffects& out);
  void tick(std::int64_t now_ns, ReplicaEffects& out);
  [[nodiscard]] std::int64_t next_deadline() const;

  // Reading.

  /// Brings what is here up to date with the other owners; ends in one ExchangeDone a shard.
  void exchange(std::int64_t now_ns, std::uint64_t number, std::span<const ShardId> shards, ReplicaEffects& out);
  /// When the last exchange that succeeded under the ring in force began; nothing: none has.
  [[nodiscard]] std::optional<std::int64_t> complete_as_of(ShardId shard) const;
  [[nodiscard]] std::shared_ptr<const Routes> routes() const;
  /// Header of what the shell sends by itself.
  [[nodiscard]] PeerMessage header() const;

  // Looking.

  enum class Role : std::uint8_t { none, owner, filling, holder };
  [[nodiscard]] Role role(ShardId shard) const;
  [[nodiscard]] const Coverage& durable(ShardId shard) const;
  [[nodiscard]] std::uint64_t filled_ring(ShardId shard) const;
  /// So few of its members may still not know of a newer ring that nothing can come about under it (the fence of R4),
  /// and no filling of anybody will ask back to it. What set_rings() no longer names counts as retired.
  [[nodiscard]] bool retired(std::uint64_t ring_version) const;
  struct PeerState {
    NodeId id;
    std::size_t in_flight_bytes = 0;
    bool lagging = false;  ///< gets nothing sent and pulls instead
    RingRef ring;
  };
  [[nodiscard]] std::vector<PeerState> peers() const;
  struct Counts {
    std::uint64_t writes_open = 0;
    std::uint64_t shards_missing = 0;  ///< something of which another owner has is not here
    std::uint64_t shards_filling = 0;
    std::uint64_t shards_held = 0;        ///< as a holder
    std::uint64_t contents_differed = 0;  ///< from another owner's under the same coverage, since the start
    std::uint64_t forks = 0;              ///< packs refused since the start: two processes write under one name
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::sharding
