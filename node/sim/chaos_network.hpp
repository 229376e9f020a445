// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace wattring::sim {

/// A small network in the kernel: a namespace for each node, all on one bridge, and this program on the bridge. It
/// belongs to this process: however that ends, the kernel takes it away. No other network of the machine is touched.
class ChaosNetwork {
 public:
  /// Moves the calling thread, and all that it starts from now on, into the network, until the object is gone. Any
  /// failure means that there can be no such network here: not root, no ip, nft or nsenter.
  [[nodiscard]] static Result<std::unique_ptr<ChaosNetwork>> make(std::size_t nodes, const std::string& log);
  ~ChaosNetwork();
  ChaosNetwork(const ChaosNetwork&) = delete;
  ChaosNetwork& operator=(const ChaosNetwork&) = delete;

  [[nodiscard]] static std::string address(std::size_t node);
  /// Words before a command, that make it run in the network of that node.
  [[nodiscard]] std::vector<std::string> inside(std::size_t node) const;

  /// Packets from the first of each pair to the second are dropped; nobody is told. Gives a number for heal().
  /// Any thread.
  [[nodiscard]] Result<int> cut(const std::vector<std::pair<std::size_t, std::size_t>>& pairs);
  /// Packets that were dropped.
  [[nodiscard]] Result<std::uint64_t> heal(int cut);

 private:
  struct Programs {
    std::string ip, nft, nsenter;
  };
  ChaosNetwork(Programs programs, std::string log) : programs_(std::move(programs)), log_(std::move(log)) {}
  Result<void> build(std::size_t nodes);
  Result<void> add(std::size_t node);
  /// A program and its words, separated by single spaces.
  Result<void> run(const std::string& command, const std::string& log) const;
  Result<void> run(const std::string& command) const { return run(command, log_); }

  const Programs programs_;
  const std::string log_;
  int before_ = -1;            ///< the network that this thread came from
  std::vector<int> networks_;  ///< of the nodes
  mutable std::mutex mutex_;
  int cuts_ = 0;
};

}  // namespace wattring::sim
