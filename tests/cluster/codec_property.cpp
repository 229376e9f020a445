// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>

#include "cluster/codec.hpp"
#include "cluster/codec_size.hpp"
#include "tests/cluster/any_message.hpp"
#include "tests/cluster/frame_mutator.hpp"

namespace wattring::cluster {
namespace {

TEST(CodecProperty, AnyMessageComesBackAsItWasAndIsAsLargeAsForetold) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    for (std::size_t kind = 0; kind < kKindCount; ++kind) {
      const Message message = any_message(kind, prng);
      RC_ASSERT(within_limits(message));
      const std::string frame = encode(message);
      RC_ASSERT(frame.size() == encoded_size(message));
      const auto back = decode(frame);
      if (!back) RC_FAIL(back.error().error().text());
      RC_ASSERT(same(*back, message));
      RC_ASSERT(encode(*back) == frame);
    }
  }));
}

TEST(CodecProperty, APageGrowsByItsItemsAndOneListHeader) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    Message message{{}, Gossip{}};
    std::size_t bound = encoded_size(message) + kListGrowthBytes;
    auto& news = std::get<Gossip>(message.body).news;
    for (std::uint64_t items = 1 + prng.below(30); items > 0; --items) {
      news.push_back(any_news(prng));
      bound += encoded_size(news.back());
      RC_ASSERT(encode(message).size() <= bound);
      RC_ASSERT(encode(message).size() + kListGrowthBytes > bound);
    }
  }));
}

TEST(CodecProperty, EveryCutOfAFrameIsRefused) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const std::string frame = encode(any_message(prng.below(kKindCount), prng));
    const std::size_t cut = prng.below(frame.size());
    RC_ASSERT(!decode(std::string_view(frame).substr(0, cut)));
    RC_ASSERT(!decode(frame + static_cast<char>(prng.below(256))));
  }));
}

/// How many damaged frames; scripts/nightly asks for more.
std::uint64_t frames_wanted() {
  const char* given = std::getenv("WATTRING_MUTATED_FRAMES");
  return given != nullptr ? std::stoull(given) : 20'000;
}

TEST(CodecProperty, ADamagedFrameIsRefusedOrWhollyValid) {
  Prng prng(20'240'611);
  std::uint64_t accepted = 0;
  std::uint64_t refused[kDecodeErrors] = {};
  const std::uint64_t frames = frames_wanted();
  for (std::uint64_t i = 0; i < frames; ++i) {
    const Message original = any_message(i % kKindCount, prng);
    std::string frame = encode(original);
    for (std::uint64_t damage = 1 + prng.below(3); damage > 0; --damage) mutate(frame, prng);
    const auto message = decode(frame);
    if (!message) {
      ASSERT_LE(message.error().offset, frame.size());
      ASSERT_FALSE(message.error().why.empty());
      ++refused[static_cast<std::size_t>(message.error().kind)];
      continue;
    }
    ++accepted;
    ASSERT_TRUE(within_limits(*message)) << "frame " << i;
    const auto back = decode(encode(*message));
    ASSERT_TRUE(back) << "frame " << i << ": " << back.error().error().text();
    ASSERT_TRUE(same(*back, *message)) << "frame " << i;
  }
  // The damage has teeth, and every refusal is met.
  EXPECT_LT(accepted, frames / 2);
  for (std::size_t kind = 0; kind < kDecodeErrors; ++kind)
    EXPECT_GT(refused[kind], 0U) << to_string(static_cast<DecodeError>(kind));
  RecordProperty("frames", std::to_string(frames));
  RecordProperty("accepted", std::to_string(accepted));
}

}  // namespace
}  // namespace wattring::cluster
