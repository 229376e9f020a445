// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/check.hpp"
#include "node/ctl/import_split.hpp"
#include "node/ctl/json.hpp"

/// First byte: format and chunk size; the rest is the file. Items are numbered without gaps and lie inside their body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ctl = wattring::ctl;
  if (size == 0) return 0;
  const auto format = static_cast<ctl::ImportFormat>(data[0] % 4);
  const std::size_t chunk_bytes = 1 + data[0] / 4;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  (void)ctl::detect_import_format(text);
  (void)ctl::parse_json(text);
  std::size_t at = 0;
  ctl::ChunkReader reader(format, chunk_bytes, [&](char* buffer, std::size_t room) {
    const std::size_t n = std::min(room, text.size() - at);
    std::memcpy(buffer, text.data() + at, n);
    at += n;
    return n;
  });
  std::uint64_t next = 1;
  while (true) {
    const auto chunk = reader.next();
    if (!chunk || !*chunk) return 0;
    WATTRING_CHECK((*chunk)->first_item == next);
    WATTRING_CHECK((*chunk)->items() > 0);
    for (std::size_t i = 0; i < (*chunk)->items(); ++i) WATTRING_CHECK(!(*chunk)->item(i).empty());
    next += (*chunk)->items();
  }
}
