// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/sharding/any_peer_frame.hpp"

namespace wattring::sharding::test {
namespace {

TEST(PeerCodecProperty, AnyFrameComesBackAsItWas) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    for (std::size_t kind = 0; kind < kPayloadKinds; ++kind) {
      const PeerHeader header = any_header(prng);
      const PeerPayload payload = any_payload(kind, prng);
      std::string frame = encode_frame(header, payload);
      const std::string as_sent = frame;
      const auto back = decode_frame(std::move(frame));
      RC_ASSERT(back.has_value());
      RC_ASSERT(back->header == header);
      RC_ASSERT(same(back->payload, payload));
      RC_ASSERT(encode_frame(back->header, back->payload) == as_sent);
    }
  }));
}

TEST(PeerCodecProperty, EveryCutOfAFrameIsRefused) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const std::string frame = encode_frame(any_header(prng), any_payload(prng.below(kPayloadKinds), prng));
    RC_ASSERT(!decode_frame(frame.substr(0, prng.below(frame.size()))));
    RC_ASSERT(!decode_frame(frame + static_cast<char>(prng.below(256))));
  }));
}

TEST(PeerCodecProperty, ADamagedFrameIsRefusedOrWhollyValid) {
  constexpr int kFrames = 20'000;
  Prng prng(20);
  int read = 0;
  for (int i = 0; i < kFrames; ++i) {
    std::string frame = encode_frame(any_header(prng), any_payload(prng.below(kPayloadKinds), prng));
    damage(frame, prng);
    const auto decoded = decode_frame(std::move(frame));
    if (!decoded) continue;
    ++read;
    const auto back = decode_frame(encode_frame(decoded->header, decoded->payload));
    ASSERT_TRUE(back && same(back->payload, decoded->payload));
  }
  EXPECT_GT(read, 0);
  EXPECT_LT(read, kFrames);
}

}  // namespace
}  // namespace wattring::sharding::test
