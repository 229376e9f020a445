// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "node/actor/actor_ref.hpp"

namespace wattring::actor::detail {

/// Who here watches whom on which other node. Any thread.
class RemoteWatches {
 public:
  struct Watch {
    ActorRef watcher;
    ActorRef watched;
  };
  void add(const NodeId& node, Watch watch);
  /// False when there was none.
  bool remove(const NodeId& node, const ActorRef& watcher, const ActorAddress& watched);
  [[nodiscard]] std::vector<Watch> take_node(const NodeId& node);
  /// Drops all; the System ends.
  void clear();

 private:
  std::mutex mutex_;
  std::map<NodeId, std::vector<Watch>> by_node_;  ///< guarded by mutex_
};

}  // namespace wattring::actor::detail
