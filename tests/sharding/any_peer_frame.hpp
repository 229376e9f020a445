// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "base/prng.hpp"
#include "sharding/peer_codec.hpp"

namespace wattring::sharding::test {

/// Kinds of payload: bodies in the order of message::Body, then cargo in that of Cargo.
inline constexpr std::size_t kPayloadKinds = std::variant_size_v<message::Body> + 4;

[[nodiscard]] PeerHeader any_header(Prng& prng);
[[nodiscard]] PeerPayload any_payload(std::size_t kind, Prng& prng);
[[nodiscard]] bool same(const PeerPayload& a, const PeerPayload& b);
/// Bits, cuts, inserts, lengths that lie, other kinds and versions.
void damage(std::string& frame, Prng& prng);

}  // namespace wattring::sharding::test
