// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "persistence/chunk_codec.hpp"

// Any bytes give an error or a well-formed chunk within the limit, which survives being written and read again.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using wattring::persistence::decode_chunk;
  using wattring::persistence::SeriesChunk;
  constexpr std::size_t kFactsMax = 4096;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const wattring::Result<SeriesChunk> chunk = decode_chunk(bytes, kFactsMax);
  if (!chunk) return 0;
  WATTRING_CHECK(chunk->size() <= kFactsMax);
  WATTRING_CHECK(well_formed(*chunk));
  const wattring::Result<SeriesChunk> again = decode_chunk(encode_chunk(*chunk), kFactsMax);
  WATTRING_CHECK(again.has_value() && *again == *chunk);
  SeriesChunk merged = *chunk;
  WATTRING_CHECK(!merge(merged, *chunk).changed);
  return 0;
}
