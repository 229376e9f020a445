// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "sharding/ring.hpp"

/// What nodes say to each other about the next ring. RingKeeper gives it its meaning.

namespace wattring::sharding {

inline constexpr std::size_t kRingsToldMax = 64;  ///< in one message; the rest is asked for again

/// One attempt of one proposer. Never used for two rings: a proposer promises its own ballot to itself first.
struct Ballot {
  std::uint64_t round = 0;  ///< 0: none yet
  NodeId proposer{};
  friend constexpr auto operator<=>(const Ballot&, const Ballot&) = default;
};

/// What is to be decided: the one ring that follows `parent`.
struct RingSlot {
  std::uint64_t version = 0;  ///< of the ring to come
  std::uint64_t parent = 0;   ///< ring_id()
  friend bool operator==(const RingSlot&, const RingSlot&) = default;
};

struct RingVote {
  Ballot ballot;
  Ring ring;
  friend bool operator==(const RingVote&, const RingVote&) = default;
};

struct RingPrepare {
  RingSlot slot;
  Ballot ballot;
  friend bool operator==(const RingPrepare&, const RingPrepare&) = default;
};
/// "I shall accept nothing below this ballot; so far I accepted that."
struct RingPromise {
  RingSlot slot;
  Ballot ballot;
  std::optional<RingVote> vote;
  friend bool operator==(const RingPromise&, const RingPromise&) = default;
};
struct RingAccept {
  RingSlot slot;
  Ballot ballot;
  Ring ring;
  friend bool operator==(const RingAccept&, const RingAccept&) = default;
};
struct RingAccepted {
  RingSlot slot;
  Ballot ballot;
  friend bool operator==(const RingAccepted&, const RingAccepted&) = default;
};
/// Answer to a prepare or an accept below what was promised.
struct RingRefused {
  RingSlot slot;
  Ballot ballot;    ///< the one refused
  Ballot promised;  ///< to whom
  friend bool operator==(const RingRefused&, const RingRefused&) = default;
};
/// "What came after this version?" 0: I know of no ring.
struct RingAsk {
  std::uint64_t known = 0;
  friend bool operator==(const RingAsk&, const RingAsk&) = default;
};
/// Decided rings, ascending.
struct RingTell {
  std::uint64_t oldest = 0;  ///< version the teller still has; older ones nobody needs from it
  std::uint64_t newest = 0;
  std::vector<Ring> rings;
  friend bool operator==(const RingTell&, const RingTell&) = default;
};

using RingMessage = std::variant<RingPrepare, RingPromise, RingAccept, RingAccepted, RingRefused, RingAsk, RingTell>;

[[nodiscard]] std::string encode(const RingMessage& message);
/// Total on any bytes. Rings in it pass check_ring().
[[nodiscard]] Result<RingMessage> decode_ring_message(std::string_view bytes);

/// What a node keeps on its disk about rings.
struct RingState {
  std::vector<Ring> rings;       ///< decided, ascending; the last is the newest
  Ballot promised;               ///< for the slot after the newest
  std::optional<RingVote> vote;  ///< likewise
  friend bool operator==(const RingState&, const RingState&) = default;
};

[[nodiscard]] std::string encode(const RingState& state);
/// Total on any bytes; no bytes are no state.
[[nodiscard]] Result<RingState> decode_ring_state(std::string_view bytes);

}  // namespace wattring::sharding
