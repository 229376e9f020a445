// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/simulation/replication/world.hpp"

namespace wattring::replication {

/// Writers and readers at random nodes, until stopped.
class Clients {
 public:
  Clients(World& world, std::uint64_t seed);
  void begin();
  void stop() { stopped_ = true; }

 private:
  void next_write();
  void next_read();
  void write(unsigned tries);
  [[nodiscard]] Node any_node() { return static_cast<Node>(prng_.below(world_.size())); }
  [[nodiscard]] std::vector<Slot> some_slots();
  [[nodiscard]] std::int64_t pause(std::int64_t mean_ns);

  World& world_;
  Prng prng_;
  std::int64_t write_gap_ns_;
  std::int64_t read_gap_ns_;
  bool stopped_ = false;
};

}  // namespace wattring::replication
