// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "sharding/ring_message.hpp"

using namespace wattring::sharding;

namespace {

/// What is decoded comes back from its own bytes.
template <class Decode>
void check(std::string_view bytes, Decode decode) {
  const auto value = decode(bytes);
  if (!value) {
    WATTRING_CHECK(!value.error().message.empty());
    return;
  }
  const auto back = decode(encode(*value));
  WATTRING_CHECK(back && *back == *value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes, decode_ring);
  check(bytes, decode_ring_message);
  check(bytes, decode_ring_state);
  return 0;
}
