// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "node/meter/shard_limits.hpp"

/// Whatever is accepted must survive being written and read again, and join once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wattring::meter;  // NOLINT(google-build-using-namespace): a program of one file
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto days = decode_days_row(bytes)) WATTRING_CHECK(*decode_days_row(encode_days_row(*days)) == *days);
  if (const auto row = decode_erasure_row(bytes)) WATTRING_CHECK(encode_erasure_row(*row).size() <= size);
  const auto limits = decode_limits(bytes);
  if (!limits) return 0;
  const auto again = decode_limits(encode_limits(*limits));
  WATTRING_CHECK(again && *again == *limits);
  ShardLimits joined;
  for (const Limit& limit : *limits) std::visit([&](const auto& one) { (void)joined.join(one); }, limit);
  for (const Limit& limit : *limits)
    WATTRING_CHECK(!std::visit([&](const auto& one) { return joined.join(one); }, limit));
  return 0;
}
