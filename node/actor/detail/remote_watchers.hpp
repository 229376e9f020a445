// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "node/actor/actor_ref.hpp"

namespace wattring::actor::detail {

/// Who on which other node watches whom here, so that actors forget those whose node is gone. Any thread.
class RemoteWatchers {
 public:
  struct Watch {
    ActorAddress watcher;
    ActorRef watched;
  };
  /// Adding one again changes nothing. Only actors are kept: nothing else ends.
  void add(const ActorAddress& watcher, const ActorRef& watched);
  void remove(const ActorAddress& watcher, const ActorRef& watched);
  [[nodiscard]] std::vector<Watch> take_node(const NodeId& node);
  /// Drops all; the System ends.
  void clear();

 private:
  using Key = std::pair<std::string, std::uint64_t>;  ///< the watcher's path, the watched one's number
  std::mutex mutex_;
  std::map<NodeId, std::map<Key, ActorRef>> by_node_;  ///< guarded by mutex_
};

}  // namespace wattring::actor::detail
