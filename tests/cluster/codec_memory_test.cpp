// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>

#include "base/pack_writer.hpp"
#include "cluster/codec.hpp"
#include "tests/cluster/any_message.hpp"
#include "tests/cluster/frame_mutator.hpp"

namespace {

/// What operator new handed out on the test's only thread: asked for, not what malloc rounds it to.
struct Meter {
  bool on = false;
  std::size_t live = 0;
  std::size_t peak = 0;
};
Meter meter;
constexpr std::size_t kPrefix = alignof(std::max_align_t);

void* counted_new(std::size_t bytes) noexcept {
  auto* block = static_cast<char*>(std::malloc(bytes + kPrefix));
  if (block == nullptr) std::abort();
  const std::size_t counted = meter.on ? bytes : 0;
  *reinterpret_cast<std::size_t*>(block) = counted;
  meter.live += counted;
  meter.peak = std::max(meter.peak, meter.live);
  return block + kPrefix;
}
void counted_delete(void* memory) noexcept {
  if (memory == nullptr) return;
  char* const block = static_cast<char*>(memory) - kPrefix;
  meter.live -= *reinterpret_cast<std::size_t*>(block);
  std::free(block);
}

}  // namespace

// All forms: a sanitizer's own would not go through the two above.
void* operator new(std::size_t bytes) {
  return counted_new(bytes);
}
void* operator new[](std::size_t bytes) {
  return counted_new(bytes);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_new(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_new(bytes);
}
void operator delete(void* memory) noexcept {
  counted_delete(memory);
}
void operator delete[](void* memory) noexcept {
  counted_delete(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  counted_delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  counted_delete(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  counted_delete(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  counted_delete(memory);
}

namespace wattring::cluster {
namespace {

constexpr std::size_t kBytesForAByte = 24;
constexpr std::size_t kBytesForAFrame = 2048;  ///< the text of a refusal

/// Most memory that decoding the frame held at a time.
std::size_t decoding_takes(const std::string& frame) {
  meter.live = meter.peak = 0;
  meter.on = true;
  {
    const auto message = decode(frame);
    meter.on = false;
    if (message && !within_limits(*message)) return ~std::size_t{0};
  }
  return meter.peak;
}

std::string page_frame(const std::function<void(PackWriter&)>& body) {
  std::string frame = encode({{}, SyncPage{}}).substr(0, kHeaderBytes);
  PackWriter out(frame);
  body(out);
  out.flush();
  return frame;
}

TEST(CodecMemory, IsBoundedByTheBytesThatCame) {
  Prng prng(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string frame = encode(any_message(static_cast<std::size_t>(i) % kKindCount, prng));
    if (i % 2 == 1) mutate(frame, prng);
    ASSERT_LE(decoding_takes(frame), kBytesForAByte * frame.size() + kBytesForAFrame) << "frame " << i;
  }
}

TEST(CodecMemory, IsNotTakenForAClaimedSize) {
  for (const std::uint32_t claimed : {400U, 20'000U, 0xffff'ffffU}) {
    const std::string frame = page_frame([&](PackWriter& out) {
      out.map(2);
      out.uint(0);
      out.uint(0);
      out.uint(3);
      out.array(claimed);
      for (int i = 0; i < 100; ++i) out.uint(0);
    });
    EXPECT_LE(decoding_takes(frame), kBytesForAFrame);
  }
}

TEST(CodecMemory, OfTheDensestPageIsBounded) {
  const std::string frame = page_frame([](PackWriter& out) {
    out.map(2);
    out.uint(0);
    out.uint(0);
    out.uint(3);
    out.array(10'000);
    for (int i = 0; i < 10'000; ++i) {
      out.map(1);
      out.uint(0);
      out.map(6 + kUnknownFieldsMax);
      out.uint(0);
      out.text("0123456789abcdef");
      for (std::uint64_t key = 1; key <= 4; ++key) {
        out.uint(key);
        out.uint(0);
      }
      out.uint(5);
      out.text("n");
      for (std::uint64_t key = 16; key < 16 + kUnknownFieldsMax; ++key) {
        out.uint(key);
        out.text("");
      }
    }
  });
  ASSERT_LE(frame.size(), kSyncPageBytesMax);
  ASSERT_TRUE(decode(frame));
  EXPECT_LE(decoding_takes(frame), kBytesForAByte * frame.size());
}

TEST(CodecMemory, IsNotTouchedByAFrameOverTheLimit) {
  std::string frame = encode({{}, Gossip{}});
  frame.resize(kGossipBytesMax + 1, '\xc0');
  EXPECT_LE(decoding_takes(frame), kBytesForAFrame);
}

}  // namespace
}  // namespace wattring::cluster
