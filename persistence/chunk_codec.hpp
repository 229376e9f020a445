// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "persistence/series_chunk.hpp"

/// The bytes of a chunk. Layout: docs/metering/series-chunks.md. The checksum is around it (format.hpp).

namespace wattring::persistence {

inline constexpr std::uint8_t kChunkVersion = 1;
/// More than a chunk of any release holds.
inline constexpr std::size_t kChunkFactsMax = 1U << 20U;

/// Equal chunks give equal bytes on every machine. The chunk must be well formed and of one register.
[[nodiscard]] std::string encode_chunk(const SeriesChunk& chunk);

/// Everything encode_chunk() wrote, bit for bit. corrupt when the bytes are not a well-formed chunk or hold more than
/// facts_max facts (winners and losers); newer_format for a version this release does not know. Allocates at most in
/// proportion to facts_max, whatever the bytes claim.
[[nodiscard]] Result<SeriesChunk> decode_chunk(std::string_view bytes, std::size_t facts_max);

}  // namespace wattring::persistence
