// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace wattring::http {

/// How much a reader wants to be sure of (docs/protocols/http-api.md).
enum class Level : std::uint8_t {
  any,    ///< what one owner has, at once
  home,   ///< everything acknowledged up to a second ago
  quorum  ///< everything acknowledged before the question
};

/// What an answer includes.
struct Standing {
  bool complete = true;       ///< everything acknowledged as DURABLE before as_of_ms
  std::int64_t as_of_ms = 0;  ///< wall clock
};

/// The way to the other nodes, for questions that one alone cannot answer. Any thread.
class PeersDoor {
 public:
  struct Peer {
    NodeId id;
    std::string name;
    bool self = false;
  };
  virtual ~PeersDoor() = default;
  /// Owners of the meter's shard that can be reached, its home first; this node may be among them.
  [[nodiscard]] virtual std::vector<Peer> owners_of(std::string_view meter) = 0;
  /// Members of the ring that can be reached, and how many there are in all.
  struct Members {
    std::vector<Peer> reachable;
    std::size_t all = 0;
    std::size_t copies = 1;  ///< of each reading
    std::size_t acks = 1;    ///< owners that surely have a reading which was acknowledged as DURABLE
  };
  [[nodiscard]] virtual Members members() = 0;
  /// This node is neither still being filled nor known to miss anything.
  [[nodiscard]] virtual bool is_whole() = 0;
  /// One question to another node; waits. busy: not reachable, or no answer in time.
  [[nodiscard]] virtual Result<std::string> call(const NodeId& to, std::string question, std::int64_t timeout_ms) = 0;
  /// Brings what this node has of the meter's shard up to date, as far as the level asks; waits 2 s at most. With a
  /// token: busy when what it names has not come here in time, invalid_argument when it is none of ours.
  [[nodiscard]] virtual Result<Standing> stand(std::string_view meter, Level level, std::string_view token) = 0;
};

}  // namespace wattring::http
