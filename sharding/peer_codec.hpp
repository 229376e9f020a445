// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "base/ids.hpp"
#include "sharding/peer_message.hpp"

/// What nodes say to each other about readings, as bytes: a header of fixed layout and a MessagePack array
/// (docs/protocols/replication.md). Pure; any thread. A frame is taken whole or not at all, and never decides how much
/// memory is used: at most about 16 bytes for each byte that arrived.

namespace wattring::sharding {

inline constexpr std::uint8_t kPeerMajor = 1;
inline constexpr std::uint8_t kPeerMinor = 0;
inline constexpr std::size_t kPeerHeaderBytes = 70;
inline constexpr std::size_t kPeerFrameBytesMax = 33U
                                                  << 20U;  ///< with a pack or a part of a transfer; see peer_bodies.hpp

/// Who speaks, and to which life.
struct PeerHeader {
  std::uint8_t minor = kPeerMinor;
  std::uint64_t cluster = 0;  ///< cluster::cluster_hash
  NodeId source;
  std::uint64_t source_nonce = 0;       ///< of its life
  std::uint64_t destination_nonce = 0;  ///< of the life that is meant
  friend bool operator==(const PeerHeader&, const PeerHeader&) = default;
};

/// Bytes that go over the same sockets and mean something to others.
enum class Cargo : std::uint8_t {
  hello,     ///< opens the link; empty
  ring,      ///< of the ring keepers
  transfer,  ///< of a shard's transfer
  query      ///< of a question that another node answers
};
struct PeerCargo {
  Cargo kind = Cargo::hello;
  std::string bytes;
  friend bool operator==(const PeerCargo&, const PeerCargo&) = default;
};

using PeerPayload = std::variant<PeerMessage, PeerCargo>;
struct PeerFrame {
  PeerHeader header;
  PeerPayload payload;
};

/// Within the limits above and those of peer_bodies.cpp; nobody would accept another one.
[[nodiscard]] std::string encode_frame(const PeerHeader& header, const PeerPayload& payload);

enum class PeerFrameError : std::uint8_t {
  truncated,     ///< ends within the header
  not_ours,      ///< another protocol
  version,       ///< another major version
  unknown_kind,  ///< of a newer release
  too_large,
  malformed
};
inline constexpr std::size_t kPeerFrameErrors = 6;
[[nodiscard]] std::string_view to_string(PeerFrameError error);  ///< "malformed", for counters

/// Packs are passed on as they came: whoever keeps one verifies it. The frame's own memory becomes the pack's.
[[nodiscard]] tl::expected<PeerFrame, PeerFrameError> decode_frame(std::string&& frame);
/// The header alone.
[[nodiscard]] tl::expected<PeerHeader, PeerFrameError> read_peer_header(std::string_view frame);

}  // namespace wattring::sharding
