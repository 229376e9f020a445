// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "node/meter/transfer_row.hpp"

// Parts and claims of a transfer from any bytes: an error, or rows that are a part again; nothing is allocated because
// a length says so.

namespace {

using namespace wattring;         // NOLINT(google-build-using-namespace): a program of one file
using namespace wattring::meter;  // NOLINT(google-build-using-namespace)

void part(std::string_view bytes) {
  static const sharding::ShardKey key({}, 64);
  const auto rows = read_transfer_part(bytes);
  if (!rows) {
    WATTRING_CHECK(!check_transfer_part(bytes, ShardId{0}, key));
    return;
  }
  TransferPartWriter writer;
  for (const TransferRow& row : *rows) {
    writer.add(row);
    for (std::uint16_t shard = 0; shard < 64; ++shard) (void)decode_transfer_row(row, ShardId{shard}, key);
  }
  const std::string again = writer.finish();
  WATTRING_CHECK(read_transfer_part(again).has_value());
}

void claim(std::string_view bytes) {
  const auto decoded = decode_transfer_claim(bytes);
  if (!decoded) return;
  const auto again = decode_transfer_claim(encode_transfer_claim(*decoded));
  WATTRING_CHECK(again && *again == *decoded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 4 == 0) claim(bytes);
  if (data[0] % 4 != 0) part(bytes);
  return 0;
}
