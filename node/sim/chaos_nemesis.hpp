// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/sim/chaos_nodes.hpp"
#include "node/sim/chaos_plan.hpp"
#include "node/sim/chaos_probe.hpp"
#include "node/sim/chaos_report.hpp"

namespace wattring::sim {

/// Does the faults of a plan, proves that each took hold, and heals. run() by one thread, which starts one for each
/// planned fault.
class Nemesis {
 public:
  struct Doors {
    ChaosNodes& nodes;
    HomeProbe& probe;
    ChaosNetwork* network;  ///< null: nothing can be cut
    const Clock& clock;
    std::atomic<bool>& stop;  ///< Ctrl-C: heal and end
  };
  Nemesis(const ChaosPlan& plan, std::uint64_t seed, std::int64_t began_ns, const Doors& doors);

  /// Returns when all is healed.
  void run();
  /// By time; after run().
  [[nodiscard]] std::vector<FaultRecord> records();
  /// What went wrong with healing; empty = nothing. After run().
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// Nodes that could not be started again; empty = none. After run().
  [[nodiscard]] const std::string& crashed() const { return crashed_; }

 private:
  using Steer = std::unique_lock<std::mutex>;
  void run_fault(const PlannedFault& fault, Prng prng);
  void kill(const PlannedFault& fault, std::size_t node);
  void pause(const PlannedFault& fault, std::size_t node);
  void stop(const PlannedFault& fault, std::size_t node);
  void rolling(const PlannedFault& fault);
  void flap(const PlannedFault& fault, std::size_t node);
  void wipe(const PlannedFault& fault, std::size_t node);
  void restore(const PlannedFault& fault, std::size_t node);
  void full(const PlannedFault& fault, std::size_t node);
  void lose(std::size_t node);
  void partition(const PlannedFault& fault, const std::vector<std::size_t>& side);
  void rot(const PlannedFault& fault, std::size_t node, Prng& prng);
  void step_clock(const PlannedFault& fault, std::size_t node);
  void strike(const PlannedFault& fault, std::size_t node, Prng& prng);

  /// The node that shows what the fault waits for; -1 = none did while there was load.
  [[nodiscard]] std::ptrdiff_t wait_for(Condition condition) const;
  /// shown: by wait_for(). Empty = there is none that may be hurt.
  [[nodiscard]] std::vector<std::size_t> choose(const PlannedFault& fault, std::ptrdiff_t shown, Prng& prng);
  [[nodiscard]] bool fits(const PlannedFault& fault, std::ptrdiff_t shown, std::size_t node) const;
  void release(const std::vector<std::size_t>& nodes);
  void not_done(const PlannedFault& fault, std::string why);
  [[nodiscard]] std::size_t other_than(std::size_t node) const;
  [[nodiscard]] FaultRecord begin(std::string kind, std::size_t node) const;
  /// SIGKILL with its proof.
  void kill_now(FaultRecord& record, std::size_t node);
  /// SIGTERM with its proof.
  void stop_now(FaultRecord& record, std::size_t node);
  void start(FaultRecord& record, std::size_t node, const std::vector<std::string>& settings = {});
  void probe_home(FaultRecord& record, std::size_t node, const std::vector<std::string>& meters, std::int64_t until_ms);
  [[nodiscard]] std::vector<std::string> meters_at_home(std::size_t node);
  [[nodiscard]] bool wait_until(std::int64_t at_ms) const;
  [[nodiscard]] bool wait_all_see_all() const;
  [[nodiscard]] std::int64_t now_ms() const { return (doors_.clock.monotonic_ns() - began_ns_) / 1'000'000; }
  void done(FaultRecord record);
  void fail_healing(const std::string& what);
  void note_crash(const std::string& what);

  const ChaosPlan& plan_;
  const std::uint64_t seed_;
  const std::int64_t began_ns_;
  const Doors doors_;
  std::mutex steer_;  ///< of the nodes

  std::mutex mutex_;
  // Guarded by mutex_.
  std::set<std::size_t> hurt_;  ///< now
  std::set<std::size_t> ever_hurt_;
  std::vector<FaultRecord> records_;
  std::string trouble_;
  std::string crashed_;
};

}  // namespace wattring::sim
