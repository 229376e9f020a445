// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/time.hpp"
#include "node/sim/chaos_json.hpp"
#include "node/sim/chaos_nodes.hpp"
#include "node/sim/chaos_report.hpp"

namespace wattring::sim {

/// An observer holds a member for something else than before.
struct SeenChange {
  std::int64_t at_ns = 0;
  std::string observer;
  std::string member;
  std::string state;
};
/// What others thought of the nodes that were hurt: fills suspected_ms and agreed_ms. changes: by time.
void measure_detection(std::span<const SeenChange> changes, std::int64_t began_ns, std::vector<FaultRecord>& faults);

/// One look at one node.
struct NodeLook {
  std::string name;
  std::optional<ChaosStatus> status;           ///< nothing: no answer
  std::map<std::string, std::string> members;  ///< state by name
};
/// What is missing until all is quiet: all up in all eyes, the ring holds all, no shard on its way; empty =
/// nothing. What is held for others is no matter of seconds: it is dropped minutes after all owners have it.
[[nodiscard]] std::string what_is_missing(std::span<const NodeLook> looks);

/// Asks a node; a second at most.
[[nodiscard]] NodeLook look_at(const std::string& name, const std::string& http);

/// A thread that asks all nodes that run, again and again, for what they see.
class ChaosWatch {
 public:
  ChaosWatch(const ChaosNodes& nodes, const Clock& clock);
  ~ChaosWatch();
  ChaosWatch(const ChaosWatch&) = delete;
  ChaosWatch& operator=(const ChaosWatch&) = delete;
  [[nodiscard]] std::vector<SeenChange> changes() const;

 private:
  void run();
  void note(const NodeLook& look);

  const ChaosNodes& nodes_;
  const Clock& clock_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<SeenChange> changes_;
  std::map<std::string, std::map<std::string, std::string>> known_;  ///< of the thread alone
  std::thread thread_;
};

}  // namespace wattring::sim
