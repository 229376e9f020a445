// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/sim/chaos_network.hpp"
#include "node/sim/local_cluster.hpp"

namespace wattring::sim {

/// Nodes that this program started, and may therefore hurt. They keep their ports over restarts. Steered by one thread;
/// name(), http(), ingest(), runs(), paused() and lost() by any. DIR/cluster.json tells `wattringsim cluster down` what
/// to end should this program be killed.
class ChaosNodes {
 public:
  struct Options {
    std::string dir;  ///< new or empty
    std::string program;
    int nodes = 5;
    std::vector<std::string> settings;
    std::int64_t wait_ms = 60'000;          ///< for each start
    const ChaosNetwork* network = nullptr;  ///< each node in its own; null = all on loopback
    std::string clock_library;              ///< libfaketime; empty = clocks cannot be moved
  };
  /// Starts all, the first founds. On an error all that was started is ended again.
  [[nodiscard]] static Result<std::unique_ptr<ChaosNodes>> up(const Options& options, const Clock& clock,
                                                              std::atomic<bool>& stop);
  ~ChaosNodes();  ///< ends what runs
  ChaosNodes(const ChaosNodes&) = delete;
  ChaosNodes& operator=(const ChaosNodes&) = delete;

  [[nodiscard]] std::size_t count() const { return nodes_.size(); }
  [[nodiscard]] const std::string& name(std::size_t node) const { return nodes_[node].books.name; }
  [[nodiscard]] const std::string& http(std::size_t node) const { return nodes_[node].books.endpoints.http; }
  [[nodiscard]] const std::string& ingest(std::size_t node) const { return nodes_[node].books.endpoints.ingest; }
  [[nodiscard]] bool runs(std::size_t node) const;
  [[nodiscard]] bool paused(std::size_t node) const { return nodes_[node].paused.load(); }
  /// Those that ended without being asked: "n3, n4"; empty = none.
  [[nodiscard]] std::string crashed() const;
  [[nodiscard]] std::string data_dir(std::size_t node) const { return data_of(options_.dir, name(node)); }

  /// Starts the process and waits until it listens.
  [[nodiscard]] Result<void> start(std::size_t node, const std::vector<std::string>& more_settings = {});
  /// Makes a new node of that name, which will join. There must be no data.
  [[nodiscard]] Result<void> make(std::size_t node);
  /// Sends the signal and waits for the end; gives the exit code, 128 + N for signal N. busy: it did not end.
  [[nodiscard]] Result<int> end(std::size_t node, int signal, std::int64_t timeout_ms);
  /// SIGSTOP or SIGCONT; true when /proc shows that it took hold.
  [[nodiscard]] bool pause(std::size_t node);
  [[nodiscard]] bool resume(std::size_t node);
  /// From now on its wall clock is off by that much.
  [[nodiscard]] Result<void> set_clock(std::size_t node, std::int64_t off_ms);
  /// It will not come back: its data is deleted. It must have ended.
  [[nodiscard]] Result<void> lose(std::size_t node);
  [[nodiscard]] bool lost(std::size_t node) const { return nodes_[node].lost.load(); }
  /// Ends all, each when asked. What was wrong; empty = each with exit code 0.
  [[nodiscard]] std::string stop_all(std::int64_t timeout_ms);

 private:
  struct Node {
    LocalNode books;
    int pid = 0;
    std::optional<ProcessHandle> handle{};
    std::atomic<bool> runs{false};
    std::atomic<bool> paused{false};
    std::atomic<bool> lost{false};
  };
  ChaosNodes(Options options, const Clock& clock, std::atomic<bool>& stop);
  Result<void> start_all();
  Result<void> wait_listening(std::size_t node);
  [[nodiscard]] std::string seed_of(std::size_t node) const;
  [[nodiscard]] std::vector<std::string> words_before(std::size_t node) const;
  [[nodiscard]] std::string clock_file(std::size_t node) const { return options_.dir + "/" + name(node) + "/clock"; }
  [[nodiscard]] char state(std::size_t node) const;
  bool wait_state(std::size_t node, bool stopped) const;
  int reap(Node& node);
  Result<void> save();

  const Options options_;
  const Clock& clock_;
  std::atomic<bool>& stop_;
  std::vector<Node> nodes_;
};

}  // namespace wattring::sim
