// SPDX-License-Identifier: Apache-2.0
#include "node/meter/shard_limits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "base/prng.hpp"

namespace wattring::meter {
namespace {

std::vector<Limit> random_limits(Prng& prng) {
  std::vector<Limit> limits;
  for (std::uint64_t i = 1 + prng.below(12); i > 0; --i) {
    const auto day = static_cast<std::int32_t>(prng.below(100)) - 20;
    if (prng.chance(0.5)) {
      limits.emplace_back(RetentionDays{day, prng.chance(0.5) ? RetentionDays::kKeep : day - 3});
    } else {
      limits.emplace_back(Erasure{"M" + std::to_string(prng.below(3)), day * 1000});
    }
  }
  return limits;
}

bool join(ShardLimits& into, const Limit& limit) {
  return std::visit([&](const auto& one) { return into.join(one); }, limit);
}

TEST(ShardLimits, AreWrittenAndReadAgain) {
  EXPECT_TRUE(rc::check("round trip", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    const auto limits = random_limits(prng);
    const auto again = decode_limits(encode_limits(limits));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == limits);
  }));
}

TEST(ShardLimits, JoinToTheSameInAnyOrder) {
  EXPECT_TRUE(rc::check("a maximum", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    auto limits = random_limits(prng);
    ShardLimits one;
    for (const Limit& limit : limits) (void)join(one, limit);
    for (const Limit& limit : limits) RC_ASSERT(!join(one, limit));
    for (std::size_t i = limits.size(); i > 1; --i) std::swap(limits[i - 1], limits[prng.below(i)]);
    ShardLimits other;
    for (const Limit& limit : limits) (void)join(other, limit);
    RC_ASSERT(one.days() == other.days());
    for (const std::string meter : {"M0", "M1", "M2", "M3"})
      RC_ASSERT(one.erased_before(meter) == other.erased_before(meter));
  }));
}

TEST(ShardLimits, MangledBytesAreRefusedAndANewerVersionSaysSo) {
  const std::string bytes = encode_limits(std::vector<Limit>{RetentionDays{3, 2}, Erasure{"M1", 77}});
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto some = decode_limits(bytes.substr(0, cut));
    EXPECT_TRUE(!some || some->size() == 1U) << "a whole limit is one";
  }
  EXPECT_EQ(decode_limits(bytes + "x").error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_limits("").error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_limits("\x01").error().code, ErrorCode::corrupt);
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_EQ(decode_limits(newer).error().code, ErrorCode::newer_format);
  EXPECT_EQ(decode_limits(std::string("\x01\x02\x00\x04", 4)).error().code, ErrorCode::corrupt) << "no meter";
  EXPECT_EQ(decode_limits(std::string("\x01\x02\x02"
                                      "a\0\x04",
                                      6))
                .error()
                .code,
            ErrorCode::corrupt)
      << "no id";
}

TEST(ShardLimits, APurgeThatSomethingCameBetweenIsNotDone) {
  ShardLimits limits;
  (void)limits.join(Erasure{"M1", 5});
  EXPECT_EQ(limits.unpurged(), 1U);
  limits.begin_purge("M1");
  limits.unpurge("M1");
  limits.end_purge("M1", true);
  EXPECT_EQ(limits.unpurged(), 1U);
  limits.begin_purge("M1");
  (void)limits.join(Erasure{"M1", 6});
  limits.end_purge("M1", true);
  EXPECT_EQ(limits.unpurged(), 1U);
  limits.begin_purge("M1");
  limits.end_purge("M1", false);
  EXPECT_EQ(limits.unpurged(), 1U);
  limits.begin_purge("M1");
  limits.end_purge("M1", true);
  EXPECT_EQ(limits.unpurged(), 0U);
}

TEST(ShardLimits, RowsAreReadAgainAndMangledOnesRefused) {
  const RetentionDays days{-4, RetentionDays::kKeep};
  EXPECT_EQ(*decode_days_row(encode_days_row(days)), days);
  const auto row = decode_erasure_row(encode_erasure_row({-9, true, false}));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->before_ms, -9);
  EXPECT_TRUE(row->purged);
  EXPECT_FALSE(decode_days_row("\x01"));
  EXPECT_FALSE(decode_erasure_row(encode_erasure_row({1, false, false}) + "x"));
}

}  // namespace
}  // namespace wattring::meter
