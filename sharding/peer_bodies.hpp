// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sharding/peer_message.hpp"

/// The MessagePack part of frames between nodes (peer_codec.hpp).

namespace wattring::sharding {

inline constexpr std::size_t kPeerBodies = std::variant_size_v<message::Body>;
inline constexpr std::size_t kPeerTalkBytesMax = 8U << 20U;  ///< of a frame without a pack or a part of a transfer

/// Where bytes stand in a frame.
struct BytesPlace {
  std::size_t at = 0;
  std::size_t size = 0;
};

void write_body(std::string& frame, const message::Body& body);
void write_cargo(std::string& frame, std::string_view bytes);

/// The body of that kind, an index into Body, that stands in the frame from there to its end. Its pack stays where it
/// is: `pack` says where, nowhere when there is none. False when it is malformed.
[[nodiscard]] bool read_body(std::string_view frame, std::size_t from, std::size_t kind, message::Body& body,
                             BytesPlace& pack);
[[nodiscard]] bool read_cargo(std::string_view frame, std::size_t from, BytesPlace& bytes);

}  // namespace wattring::sharding
