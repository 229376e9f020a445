// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "tests/simulation/replication/world.hpp"

namespace wattring::replication {

/// One call into the core, and what follows from it.
template <class Call>
void World::step(Node node, Call call) {
  Machine& machine = machines_[node];
  sharding::ReplicaEffects effects = std::exchange(effects_, {});
  effects.clear();
  call(*machine.replica, local_ns(node), effects);
  perform(node, effects);
  effects_ = std::move(effects);
  after_step(node);
}

}  // namespace wattring::replication
