// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sharding/replica_state.hpp"

namespace wattring::sharding {

/// Entries on their way to this node's disk: from peers that want a receipt (R3), from pulls, and own ones.
class ReplicaIntake {
 public:
  explicit ReplicaIntake(ReplicaState& state) : state_(state) {}

  void receive(const NodeId& from, const message::Append& append, ReplicaEffects& out);
  /// Entries that were asked for; no receipt. True when something of them goes to the disk: pulled() follows.
  bool receive_pulled(const NodeId& from, const PackPtr& pack, ReplicaEffects& out);
  /// An own append was sent to the journal under that token.
  void note_own(std::uint64_t token, const PackPtr& pack);

  struct Outcome {
    std::vector<ShardId> grown;  ///< shards that cover more than before
    bool own = false;
    bool pulled = false;
    NodeId from;  ///< of what was pulled
  };
  [[nodiscard]] Outcome appended(std::uint64_t token, bool durable, ReplicaEffects& out);
  /// Entries that this node drew go on where another process with its name has gone on already (H12).
  [[nodiscard]] bool is_fork(const PackPtr& pack);
  /// Packs in which that was found.
  [[nodiscard]] std::uint64_t forks() const { return forks_; }

 private:
  enum class Source : std::uint8_t { own, peer, pull };
  struct Name {
    WriterId writer;
    Sequence sequence;
    ShardId shard;
  };
  struct Arrival {
    Source source = Source::own;
    NodeId from;
    std::uint64_t number = 0;    ///< of the message that wants a receipt
    std::uint64_t checksum = 0;  ///< of the pack as it came
    std::vector<Name> entries;   ///< what was new of it
  };
  enum class Welcome : std::uint8_t {
    now,
    later,  ///< what is being deleted takes nothing in; who sent it tries again or asks somebody else
    fork    ///< an entry in it has another content than one of the same name that is here (H12)
  };
  [[nodiscard]] Welcome welcome(const PackPtr& pack) const;
  [[nodiscard]] PackPtr news_of(const PackPtr& pack) const;
  void begin(Arrival arrival, PackPtr pack, std::uint64_t token, ReplicaEffects& out);
  /// Its entries, from now on on their way.
  [[nodiscard]] std::vector<Name> arrive(const PackPtr& pack);

  ReplicaState& state_;
  std::unordered_map<std::uint64_t, Arrival> arrivals_;  ///< by token
  std::uint64_t forks_ = 0;
};

}  // namespace wattring::sharding
