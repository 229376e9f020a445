// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

/// The way to the ring and the shards, behind the HTTP API. What one node knows; nobody's knowledge is the right one.

namespace wattring::http {

/// A member of the ring.
struct RingSeat {
  NodeId id;
  std::string name;  ///< the beginning of its id while the name is not known
  std::uint16_t weight = 100;
  std::string zone;
  bool self = false;
  bool reachable = false;
  bool draining = false;
  bool lagging = false;  ///< takes too long; it is sent nothing and pulls instead
  std::uint64_t homes = 0;
  std::uint64_t copies = 0;
  /// For sentences: says of the beginning of an id what it is.
  [[nodiscard]] std::string called() const;
};

enum class ShardState : std::uint8_t { ok, degraded, filling, nobody };
/// What an acknowledgement of a write to the shard would be now.
enum class WriteClass : std::uint8_t { none, single, held, durable };
/// What this node is to the shard.
enum class ShardRole : std::uint8_t { none, owner, filling, holder };
[[nodiscard]] std::string_view to_string(ShardState state);
[[nodiscard]] std::string_view to_string(WriteClass ack);
[[nodiscard]] std::string_view to_string(ShardRole role);

/// A shard on its way here as a whole.
struct ShardArriving {
  std::string from;
  std::uint64_t bytes = 0;  ///< came so far
  std::int64_t for_s = 0;
};

struct ShardRow {
  static constexpr std::uint16_t kNobody = UINT16_MAX;
  std::uint16_t home = kNobody;       ///< index into ShardBoard::members, of who serves now
  std::vector<std::uint16_t> owners;  ///< likewise, the preferred home first
  std::uint16_t reachable = 0;        ///< of the owners
  ShardState state = ShardState::ok;
  WriteClass ack = WriteClass::none;
  ShardRole role = ShardRole::none;
  std::optional<ShardArriving> arriving{};
};

/// A node that follows another history of rings.
struct ForkedNode {
  std::string name;
  std::int64_t since_ns = 0;  ///< monotonic
};

struct ShardBoard {
  std::uint64_t ring_version = 0;  ///< 0: this node knows no ring
  std::uint64_t ring_id = 0;
  std::uint32_t copies = 0;  ///< in force
  std::uint32_t acks = 0;    ///< in force
  std::uint32_t copies_wanted = 0;
  std::uint32_t acks_wanted = 0;
  bool in_ring = false;  ///< this node is a member
  bool removed = false;  ///< this node was one, and never will be again
  bool fenced = true;    ///< all older rings are done with
  std::vector<RingSeat> members;
  std::vector<ForkedNode> forks;
  std::vector<ShardRow> shards;
  std::uint64_t filling = 0;  ///< shards here that are not yet full
  std::uint64_t missing = 0;  ///< shards of which another owner has something that is not here
  std::uint64_t held = 0;     ///< shards kept here for others
  std::uint64_t homes = 0;    ///< shards this node serves
  std::uint64_t owned = 0;    ///< shards this node owns, filled or not
  /// Until those that are filling are full, as estimated from the last minutes; nothing: it cannot be told.
  std::optional<std::int64_t> filled_in_s{};
};

/// A live node that is in no ring yet.
struct RingNewcomer {
  NodeId id;
  std::string name;
  std::uint16_t weight = 100;
  std::string zone;
  std::int64_t seen_s = 0;  ///< how long it has been steadily alive
};
struct RingLook {
  std::vector<RingNewcomer> waiting;
  bool automatic = true;                 ///< the nodes propose by themselves
  std::optional<std::int64_t> in_s;      ///< until this node would propose them
  bool proposing = false;                ///< a ballot of this node is under way
  std::vector<std::string> unreachable;  ///< members that cannot be reached
  std::size_t majority = 1;              ///< so many members decide
};

struct RingRequest {
  struct Weight {
    NodeId id;
    std::uint16_t weight = 100;
  };
  std::vector<NodeId> add;
  std::vector<NodeId> remove;
  std::vector<Weight> weights;
  std::vector<std::uint16_t> lose_shards;  ///< whose loss is accepted
};
struct RingPlan {
  struct Seat {
    NodeId id;
    std::string name;
    std::uint64_t homes_before = 0, homes_after = 0;
    std::uint64_t copies_before = 0, copies_after = 0;
  };
  std::uint64_t version = 0;    ///< of the ring that would follow
  std::uint64_t made_from = 0;  ///< id of the ring in force
  std::size_t members = 0;
  std::uint32_t copies = 0;
  std::uint32_t acks = 0;
  std::uint64_t copies_moved = 0;
  std::uint64_t optimum = 0;
  std::uint64_t homes_moved = 0;
  double balance_homes = 1;  ///< the fullest member against its share, afterwards
  double balance_copies = 1;
  std::vector<Seat> seats;
  std::vector<std::string> warnings;
  std::vector<std::uint16_t> lost;   ///< shards that have too few full copies elsewhere
  std::vector<std::uint16_t> held;   ///< those of them that somebody who is removed keeps for the owners
  std::vector<std::string> missing;  ///< members that cannot be reached, when the others are no majority
};
enum class RingOutcome : std::uint8_t { decided, other_decided, no_majority };
[[nodiscard]] std::string_view to_string(RingOutcome outcome);

/// See sharding::Promise.
struct PromiseRow {
  std::size_t failed = 0;
  std::string zone;
  bool acked = false;
  double held = 0, held_worst = 0;
  double incomplete = 0, incomplete_worst = 0;
  double nobody = 0, nobody_worst = 0;
  double at_risk = 0, at_risk_worst = 0;
  std::uint64_t sets = 0;
  bool exact = true;
};

/// Any thread.
class ShardDoor {
 public:
  virtual ~ShardDoor() = default;
  [[nodiscard]] virtual std::uint16_t shard_of(std::string_view meter) = 0;
  /// Never null.
  [[nodiscard]] virtual std::shared_ptr<const ShardBoard> board() = 0;
  [[nodiscard]] virtual RingLook ring() = 0;
  /// Costs tenths of a second the first time after a ring has changed.
  [[nodiscard]] virtual std::vector<PromiseRow> promises() = 0;
  /// Asks other nodes what they have; waits some seconds at most.
  [[nodiscard]] virtual Result<RingPlan> plan(const RingRequest& request) = 0;
  /// Waits for the outcome; busy when it takes too long to know. made_from: of the plan; other_decided when another
  /// ring is in force by now.
  [[nodiscard]] virtual Result<RingOutcome> commit(const RingRequest& request, std::uint64_t made_from) = 0;
  /// From now on others count on this node as little as they can; until resumed, or started again.
  [[nodiscard]] virtual Result<void> drain(bool on) = 0;
};

}  // namespace wattring::http
