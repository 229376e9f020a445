// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/sim/chaos_nodes.hpp"

namespace wattring::sim {

/// Who answers for some meters, asked at level home as any reader would. Any thread, one object each.
class HomeProbe {
 public:
  struct Range {
    std::int64_t from_ms = 0;  ///< with few readings of each meter
    std::int64_t to_ms = 0;
  };
  HomeProbe(const ChaosNodes& nodes, const Clock& clock, std::vector<std::string> meters, Range range);

  struct Home {
    std::string meter;
    std::string node;
  };
  /// Asks through one node; meters without a complete answer are left out.
  [[nodiscard]] std::vector<Home> homes(std::size_t through);
  /// Waits until each of the meters is answered completely by another node than `gone`, or `go_on` says no. Gives
  /// milliseconds since from_ns, or -1.
  [[nodiscard]] std::int64_t wait_elsewhere(std::size_t through, const std::string& gone,
                                            const std::vector<std::string>& meters, std::int64_t from_ns,
                                            const std::function<bool()>& go_on);

 private:
  const ChaosNodes& nodes_;
  const Clock& clock_;
  const std::vector<std::string> meters_;
  const Range range_;
};

}  // namespace wattring::sim
