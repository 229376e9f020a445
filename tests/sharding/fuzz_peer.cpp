// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "tests/sharding/any_peer_frame.hpp"

using namespace wattring::sharding;

/// What is decoded comes back from its own bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frame = decode_frame(std::string(reinterpret_cast<const char*>(data), size));
  if (!frame) return 0;
  const auto back = decode_frame(encode_frame(frame->header, frame->payload));
  WATTRING_CHECK(back && back->header == frame->header && test::same(back->payload, frame->payload));
  return 0;
}
