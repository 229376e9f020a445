// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

/// What the cluster says of one member, and the one rule that decides between two sayings.

namespace wattring::cluster {

/// Ascending: at one incarnation the later one wins.
enum class MemberState : std::uint8_t { alive = 0, suspect = 1, dead = 2, left = 3 };
[[nodiscard]] std::string_view to_string(MemberState state);

inline constexpr std::size_t kEndpointBytesMax = 64;
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::size_t kUnknownFieldsMax = 16;
inline constexpr std::size_t kUnknownBytesMax = 1024;  ///< of all unknown fields together

/// Numeric "host:port", "[v6]:port"; empty when the node has no such listener.
struct Endpoints {
  std::string membership;
  std::string peers;
  std::string ingest;
  std::string http;
  std::string data{};  ///< readings between nodes
  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

struct ProtocolRange {
  std::uint8_t min = 1;
  std::uint8_t max = 1;
  std::uint8_t current = 1;
  friend bool operator==(const ProtocolRange&, const ProtocolRange&) = default;
};

/// Under which key the wire has Endpoints::data.
inline constexpr std::uint64_t kDataEndpointTag = 16;

/// A field of a newer release, carried on verbatim so that old nodes do not strip it.
struct UnknownField {
  std::uint64_t tag = 0;
  std::string bytes;
  friend bool operator==(const UnknownField&, const UnknownField&) = default;
};

/// One start of one node. The epoch grows with each start; the nonce is drawn anew, so that an address or an id that
/// somebody else uses now is never taken for this life.
struct Life {
  std::uint64_t epoch = 0;
  std::uint64_t nonce = 0;
  friend constexpr auto operator<=>(const Life&, const Life&) = default;
};

/// No honest counter gets beyond these. Who claims more is refused, so that nobody's counter can be driven to its end.
inline constexpr std::uint64_t kEpochMax = 1ULL << 62;
inline constexpr std::uint32_t kIncarnationMax = 1U << 31;
/// Nor does an epoch, at the most milliseconds since 1970, rise by more at once.
inline constexpr std::uint64_t kEpochJump = 1ULL << 44;

/// Bits of Record::features. Draining: alive, and wants others to count on it as little as they can.
inline constexpr std::uint32_t kDrainingFeature = 1U << 0U;

struct Record {
  NodeId id;
  Life life;
  /// SWIM's refutation counter; only the member itself raises it, within its life.
  std::uint32_t incarnation = 0;
  MemberState state = MemberState::alive;
  std::uint16_t weight = 100;  ///< share of the ring; 100 = one
  std::uint32_t meta_version = 0;
  std::uint64_t meta_hash = 0;  ///< of the metadata document; 0 = none
  ProtocolRange protocol;
  std::uint32_t features = 0;  ///< bits
  std::string name;            ///< 1..64 bytes
  std::string zone;            ///< 0..64 bytes
  Endpoints endpoints;
  std::vector<UnknownField> unknown;
  friend bool operator==(const Record&, const Record&) = default;
};

/// Records are shared, never changed.
using RecordPtr = std::shared_ptr<const Record>;

[[nodiscard]] inline bool is_live(const Record& record) {
  return record.state == MemberState::alive || record.state == MemberState::suspect;
}
[[nodiscard]] inline bool is_draining(const Record& record) {
  return (record.features & kDrainingFeature) != 0;
}
[[nodiscard]] inline bool same_life(const Record& a, const Record& b) {
  return a.id == b.id && a.life == b.life;
}

/// Hash of (id, life, incarnation, state): what digests and the view hash are made of. Whatever else a member changes
/// of itself raises its incarnation. Stable on the wire.
[[nodiscard]] std::uint64_t fingerprint(const Record& record);

/// True when `a` replaces `b` (records of one id): higher epoch, then nonce, then incarnation, then state, then, so
/// that the order is total, the hash of the rest. A join-semilattice: merging in any order gives the same.
[[nodiscard]] bool supersedes(const Record& a, const Record& b);

/// The same record in another state.
[[nodiscard]] RecordPtr with_state(const Record& record, MemberState state);

/// Why somebody is held to be gone. Refused: the machine answers and says that nothing listens there, which no pause
/// or overload explains. Silent: nothing came back. Unheard: nothing came back from this and many tries before it.
enum class Evidence : std::uint8_t { silent = 0, refused = 1, unheard = 2 };
[[nodiscard]] std::string_view to_string(Evidence evidence);

struct Accusation {
  NodeId accuser;
  Evidence evidence = Evidence::silent;
  friend bool operator==(const Accusation&, const Accusation&) = default;
};

inline constexpr std::size_t kAccusationsMax = 16;

/// A record on its way: who says so when it says suspect or dead, and how old the end of a member is.
struct News {
  RecordPtr record;
  std::vector<Accusation> accusations;
  std::uint32_t age_s = 0;  ///< of dead and left: seconds since it was first held so, for forgetting it everywhere
};

}  // namespace wattring::cluster
