// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "cluster/codec.hpp"
#include "cluster/codec_size.hpp"
#include "tests/cluster/any_message.hpp"

using namespace wattring::cluster;

/// What is decoded is within every limit and comes back from its own bytes; what is refused says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  const auto header = peek_header(frame);
  const auto message = decode(frame);
  if (!message) {
    WATTRING_CHECK(!message.error().why.empty() && message.error().offset <= frame.size());
    return 0;
  }
  WATTRING_CHECK(header && frame.size() <= frame_bytes_max(frame) && within_limits(*message));
  const std::string again = encode(*message);
  WATTRING_CHECK(again.size() == encoded_size(*message));
  const auto back = decode(again);
  WATTRING_CHECK(back && same(*back, *message));
  return 0;
}
