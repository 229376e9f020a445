// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/sim/sender.hpp"

namespace wattring::sim {

/// One of the nodes that a client may use.
struct HedgeLine {
  std::string node;
  Connect connect;  ///< called by the line's own thread; may block
};
struct HedgeOptions {
  std::size_t first = 0;                 ///< the line that is preferred
  std::uint32_t window = 64;             ///< batches under way
  std::int64_t hedge_ms = 250;           ///< without a reply for so long the next node gets it too
  std::int64_t reply_timeout_ms = 3000;  ///< then the batch is unknown, and a silent connection is given up
};

/// Sends each batch to one node, and to the next when that one is slow, turns it away or cannot be reached; the first
/// good answer counts. A node that was slow is not preferred until it answers again. Each line has a thread of its own.
/// hedged: counts batches that went to one more node; must outlive the sender.
[[nodiscard]] std::unique_ptr<Sender> make_hedging_sender(const HedgeOptions& options, std::vector<HedgeLine> lines,
                                                          const Clock& clock, std::atomic<std::uint64_t>& hedged);

}  // namespace wattring::sim
