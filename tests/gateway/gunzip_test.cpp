// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/gunzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace wattring::gateway {
namespace {

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;

std::string compress(std::string_view text, int format = kGzip) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string lines() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "energy,meter=M" + std::to_string(i) + " import_wh=5i\n";
  return text;
}

TEST(Gunzip, ExpandsGzipAndZlib) {
  const std::string text = lines();
  for (const int format : {kGzip, kZlib}) {
    std::string out = "old";
    EXPECT_FALSE(gunzip(compress(text, format), 8U << 20U, out));
    EXPECT_EQ(out, text);
  }
}

TEST(Gunzip, ExpandsNothingAndSeveralMembers) {
  std::string out = "old";
  EXPECT_FALSE(gunzip(compress(""), 100, out));
  EXPECT_EQ(out, "");
  EXPECT_FALSE(gunzip(compress("one\n") + compress("") + compress("two\n"), 100, out));
  EXPECT_EQ(out, "one\ntwo\n");
}

TEST(Gunzip, TheLimitIsExact) {
  const std::string text = lines();
  std::string out;
  EXPECT_FALSE(gunzip(compress(text), text.size(), out));
  EXPECT_EQ(gunzip(compress(text), text.size() - 1, out), Reason::too_large);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(gunzip(compress("x"), 0, out), Reason::too_large);
  EXPECT_FALSE(gunzip(compress(""), 0, out));
}

TEST(Gunzip, ABombIsTooLargeAndClaimsNoMoreThanTheLimit) {
  const std::string bomb = compress(std::string(32U << 20U, '\0'));
  EXPECT_LT(bomb.size(), 50'000U);
  std::string out;
  EXPECT_EQ(gunzip(bomb, 1U << 20U, out), Reason::too_large);
  EXPECT_LE(out.capacity(), 64U);
}

TEST(Gunzip, DamagedAndTruncatedBodiesAreBadFrames) {
  const std::string text = lines();
  const std::string good = compress(text);
  std::string out;
  for (std::size_t size = 0; size < good.size(); size += 997)
    EXPECT_EQ(gunzip(std::string_view(good).substr(0, size), 8U << 20U, out), Reason::bad_frame) << size;
  EXPECT_EQ(gunzip(std::string_view(good).substr(0, good.size() - 1), 8U << 20U, out), Reason::bad_frame);
  std::string damaged = good;
  damaged[damaged.size() / 2] ^= 0x10;
  EXPECT_TRUE(gunzip(damaged, 8U << 20U, out));
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(gunzip("energy,meter=a power_w=1\n", 8U << 20U, out), Reason::bad_frame);
  EXPECT_EQ(gunzip(good + "x", 8U << 20U, out), Reason::bad_frame);
}

}  // namespace
}  // namespace wattring::gateway
