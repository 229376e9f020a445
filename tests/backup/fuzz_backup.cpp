// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "node/backup/part_message.hpp"
#include "node/backup/shard_file.hpp"

// A shard's file, a node's message and a part from any bytes: an error, or what its end counts; nothing is allocated
// because a length says so. With their checksums made right, so that what is behind them is reached.

namespace {

using namespace wattring;          // NOLINT(google-build-using-namespace): a program of one file
using namespace wattring::backup;  // NOLINT(google-build-using-namespace)

void file(std::string_view bytes) {
  ShardFileReader reader([rest = bytes](char* into, std::size_t size) mutable {
    const std::size_t n = std::min(size, rest.size());
    std::memcpy(into, rest.data(), n);
    rest.remove_prefix(n);
    return n;
  });
  if (!reader.head()) return;
  for (;;) {
    const auto part = reader.part();
    if (!part || !*part) return;
    WATTRING_CHECK((*part)->size() <= bytes.size());
    (void)read_part(**part);
  }
}

/// The bytes as the payloads of a file's frames.
void framed(std::string_view bytes) {
  ShardFileWriter writer({{7}, ShardId{3}, 64});
  std::string whole = writer.begin();
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + static_cast<unsigned char>(bytes.front()));
    whole += writer.part(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  file(whole + writer.end({}));
}

void message(std::string_view bytes) {
  (void)decode_part_message(bytes);
  std::string sealed;
  ByteWriter(sealed).u64_be(hash64(bytes));
  const auto decoded = decode_part_message(sealed.append(bytes));
  if (!decoded) return;
  const auto again = decode_part_message(encode(*decoded));
  WATTRING_CHECK(again && again->part == decoded->part && again->claim == decoded->claim);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 4 == 0) file(bytes);
  if (data[0] % 4 == 1) framed(bytes);
  if (data[0] % 4 == 2) message(bytes);
  if (data[0] % 4 == 3) (void)read_part(bytes);
  return 0;
}
