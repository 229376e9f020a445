// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/sim/chaos_nodes.hpp"
#include "node/sim/chaos_plan.hpp"
#include "node/sim/chaos_waits.hpp"
#include "node/sim/load_client.hpp"

namespace wattring::sim {

/// The clients of a chaos run: each has its part of the meters, a node it prefers, and all others to go on to. Every
/// reading is in the ledger before it is sent.
class ChaosClients {
 public:
  ChaosClients(const ChaosPlan& plan, std::uint64_t seed, const ChaosNodes& nodes, const Clock& clock);
  ~ChaosClients();
  ChaosClients(const ChaosClients&) = delete;
  ChaosClients& operator=(const ChaosClients&) = delete;

  /// Writes the ledger's head and starts the clients.
  [[nodiscard]] Result<void> start(const std::string& ledger, const std::string& command);
  /// Until the plan's time is up and every reading has its fate. An error: the ledger could not be written.
  [[nodiscard]] Result<void> wait();
  void interrupt() { shared_.stop = true; }

  [[nodiscard]] std::int64_t began_ns() const { return began_ns_; }
  [[nodiscard]] std::int64_t first_event_ms() const { return fleet_.start_ms; }
  [[nodiscard]] std::string meter(std::uint32_t index) const;
  [[nodiscard]] std::uint64_t acked() const { return shared_.acked.load(); }
  /// After wait().
  [[nodiscard]] const std::vector<ClientTrace>& traces() const { return traces_; }
  [[nodiscard]] LoadFigures figures() const;
  /// A line for each batch: id, client, milliseconds from the load's begin to when it was due and to its fate,
  /// readings, those stored, node, class, copies, attempts.
  [[nodiscard]] std::string table() const;

 private:
  [[nodiscard]] Connect connector(std::uint32_t client);
  void run_client(std::uint32_t client);

  const ChaosPlan& plan_;
  const ChaosNodes& nodes_;
  const Clock& clock_;
  FleetOptions fleet_;
  std::unique_ptr<LedgerWriter> ledger_;
  LoadShared shared_;
  std::atomic<std::uint64_t> hedged_{0};
  std::int64_t began_ns_ = 0;
  std::int64_t ended_ns_ = 0;
  std::mutex mutex_;
  // Guarded by mutex_ until wait() returns.
  std::vector<ClientTrace> traces_;
  std::string trouble_;
  std::vector<std::thread> threads_;
};

}  // namespace wattring::sim
