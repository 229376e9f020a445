// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/sockets.hpp"
#include "node/gateway/p1_source_health.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

TEST(ReconnectDelay, DoublesToItsMaximumWithJitterInTheUpperHalf) {
  Prng prng(1);
  ReconnectDelay delay(100, 1000);
  for (const std::int64_t full : {100, 200, 400, 800, 1000, 1000, 1000}) {
    const std::int64_t waits = delay.next_ms(prng);
    EXPECT_LE(waits, full);
    EXPECT_GE(waits, full / 2);
  }
  delay.reset();
  EXPECT_LE(delay.next_ms(prng), 100);
}

TEST(ReconnectDelay, DiffersFromSourceToSource) {
  Prng prng(1);
  Prng other = prng.fork();
  ReconnectDelay a(60'000, 60'000);
  ReconnectDelay b(60'000, 60'000);
  EXPECT_NE(a.next_ms(prng), b.next_ms(other));
}

TEST(BadShare, IsTheShareOfBadTelegramsInTheLastFifteenMinutes) {
  BadShare share;
  EXPECT_EQ(share.share(0), 0.0);
  share.add(0, 3, 1);
  EXPECT_EQ(share.share(kMinute), 0.25);
  share.add(14 * kMinute, 4, 0);
  EXPECT_EQ(share.share(14 * kMinute), 0.125);
  EXPECT_EQ(share.share(15 * kMinute), 0.0);
  share.add(15 * kMinute, 0, 4);
  EXPECT_EQ(share.share(15 * kMinute), 0.5);
  EXPECT_EQ(share.share(60 * kMinute), 0.0);
}

TEST(HostPort, IsReadFromTextAndWrittenBack) {
  for (const char* text : {"127.0.0.1:7413", "[::1]:7413", "meter.local:1", "0.0.0.0:0"}) {
    const auto parsed = parse_host_port(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->text(), text);
  }
  for (const char* text : {"", "host", ":1", "host:", "host:65536", "host:-1", "host:1x", "::1:7413", "[]:1"})
    EXPECT_FALSE(parse_host_port(text)) << text;
}

TEST(HostPort, KnowsAddressesFromNames) {
  EXPECT_TRUE((HostPort{"10.0.0.1", 1}.is_numeric()));
  EXPECT_TRUE((HostPort{"fe80::1", 1}.is_numeric()));
  EXPECT_FALSE((HostPort{"meter", 1}.is_numeric()));
}

}  // namespace
}  // namespace wattring::gateway
