// SPDX-License-Identifier: Apache-2.0
#include "node/app/cluster_identity.hpp"

#include <utility>

namespace wattring::app {

cluster::ClusterObject cluster_object_of(const persistence::Identity& identity) {
  return {identity.cluster, identity.cluster_name, identity.shard_count, identity.hash_key, kPlacementVersion};
}

Result<persistence::Identity> identity_in(const cluster::ClusterObject& object, NodeId node, std::string node_name) {
  if (object.placement_version > kPlacementVersion) {
    return fail(ErrorCode::newer_format,
                "cluster \"" + object.name + "\" places meters by version " + std::to_string(object.placement_version) +
                    ", this release knows " + std::to_string(kPlacementVersion),
                "install the release that the cluster runs");
  }
  persistence::Identity identity;
  identity.cluster = object.id;
  identity.cluster_name = object.name;
  identity.shard_count = object.shard_count;
  identity.hash_key = object.hash_key;
  identity.node = node;
  identity.node_name = std::move(node_name);
  if (auto sound = persistence::check(identity); !sound) return Failure(sound.error());
  return identity;
}

}  // namespace wattring::app
