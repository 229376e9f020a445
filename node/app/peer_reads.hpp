// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "cluster/view.hpp"
#include "node/app/replication_service.hpp"
#include "node/gateway/write_token.hpp"
#include "node/http/peers_door.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// Who else can answer a question about a meter, and how sure this node is of its own answer. Any thread.
class PeerReads final : public http::PeersDoor {
 public:
  /// All must outlive it.
  struct Doors {
    NodeId self;
    const sharding::ShardKey& key;
    ReplicationService& replication;
    std::function<std::shared_ptr<const cluster::View>()> view;  ///< null before membership runs
    const Clock& clock;
  };
  explicit PeerReads(Doors doors) : doors_(std::move(doors)) {}

  std::vector<Peer> owners_of(std::string_view meter) override;
  Members members() override;
  bool is_whole() override;
  Result<std::string> call(const NodeId& to, std::string question, std::int64_t timeout_ms) override;
  Result<http::Standing> stand(std::string_view meter, http::Level level, std::string_view token) override;

 private:
  [[nodiscard]] Result<void> wait_for(const gateway::WriteToken& token, ShardId shard, bool complete);

  const Doors doors_;
};

}  // namespace wattring::app
