// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "node/app/cluster_system.hpp"
#include "node/app/replication_service.hpp"
#include "node/http/peers_door.hpp"
#include "node/http/shard_door.hpp"
#include "sharding/key.hpp"
#include "sharding/ring_change.hpp"

namespace wattring::app {

/// The ring and the shards as operators see and change them. Any thread; what is dear is kept for a moment, or as long
/// as the ring stays.
class ShardDesk final : public http::ShardDoor {
 public:
  struct Options {
    NodeId self;
    std::array<std::uint8_t, 16> hash_key{};
    bool automatic = true;
  };
  /// All must outlive it. peers: null when other nodes cannot be asked; then they count as having nothing.
  struct Doors {
    ReplicationService& replication;
    ClusterSystem& cluster;
    http::PeersDoor* peers = nullptr;
    const sharding::ShardKey& key;
    const Clock& clock;
  };
  ShardDesk(const Options& options, const Doors& doors) : options_(options), doors_(doors) {}

  std::uint16_t shard_of(std::string_view meter) override { return doors_.key.shard_of(meter).value; }
  std::shared_ptr<const http::ShardBoard> board() override;
  http::RingLook ring() override;
  std::vector<http::PromiseRow> promises() override;
  Result<http::RingPlan> plan(const http::RingRequest& request) override;
  Result<http::RingOutcome> commit(const http::RingRequest& request, std::uint64_t made_from) override;
  Result<void> drain(bool on) override { return doors_.cluster.set_draining(on); }

 private:
  struct Wanted {
    sharding::PlacementPtr current;
    sharding::RingChange change;
    sharding::Ring next;
  };
  [[nodiscard]] Result<Wanted> read(const http::RingRequest& request) const;
  [[nodiscard]] std::vector<sharding::FilledOwner> filled_owners(const sharding::Placement& current) const;
  [[nodiscard]] std::optional<sharding::FilledOwner> ask_filled(const http::PeersDoor::Peer& peer,
                                                                const sharding::Placement& current) const;

  const Options options_;
  const Doors doors_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<const http::ShardBoard> board_;
  std::int64_t board_ns_ = 0;
  std::uint64_t promised_ring_ = 0;
  std::vector<http::PromiseRow> promises_;
};

}  // namespace wattring::app
