// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wattring::cluster {

/// What a node keeps of its cluster between two starts. All of it may be lost: epochs then start at the wall clock, and
/// the way in comes from the configuration.
struct MembershipMemory {
  static constexpr std::size_t kPeersMax = 64;
  static constexpr std::size_t kSeedsMax = 64;
  static constexpr std::size_t kFileBytesMax = 64U << 10U;

  std::uint64_t epoch = 0;         ///< the highest one this node has used
  std::vector<std::string> seeds;  ///< HOST:PORT, as `init --join` was given them
  std::vector<std::string> peers;  ///< numeric membership endpoints, those of the living first
  friend bool operator==(const MembershipMemory&, const MembershipMemory&) = default;
};

/// Lines of "WORD VALUE" and a checksum (docs/protocols/data-directory.md). What is over the limits is left out.
[[nodiscard]] std::string format(const MembershipMemory& memory);
/// corrupt for whatever format() did not write. Words of a newer release are passed over.
[[nodiscard]] Result<MembershipMemory> parse_membership_memory(std::string_view text);

/// The epoch of a start: higher than all before, also when the memory was lost, unless the clock was put back too.
[[nodiscard]] std::uint64_t next_epoch(std::uint64_t used, std::int64_t wall_ms);

/// Where the memory is kept. Any thread.
class MembershipStore {
 public:
  virtual ~MembershipStore() = default;
  /// Synced when it returns.
  [[nodiscard]] virtual Result<void> keep_epoch(std::uint64_t epoch) = 0;
  [[nodiscard]] virtual Result<void> keep_peers(const std::vector<std::string>& peers) = 0;
};

}  // namespace wattring::cluster
