// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_values.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace wattring::app {
namespace {

TEST(ConfigValues, SizesAreReadInBinaryUnits) {
  EXPECT_EQ(*parse_size("512B"), 512U);
  EXPECT_EQ(*parse_size("64KiB"), 65536U);
  EXPECT_EQ(*parse_size("1.5GiB"), 1610612736U);
  EXPECT_EQ(*parse_size("1TiB"), 1099511627776U);
}

TEST(ConfigValues, ASizeWithoutAUnitIsRefusedWithAHint) {
  const auto size = parse_size("192");
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().message, "\"192\" needs a unit");
  EXPECT_EQ(size.error().hint, "for example \"192MiB\"");
}

TEST(ConfigValues, SizesThatMeanSomethingElseAreRefused) {
  for (const char* text : {"", "MiB", "192MB", "192 MiB", "-1MiB", "1e3MiB", "1.MiB", ".5MiB", "0x10MiB", "9999999TiB",
                           "1.5.2MiB", "infMiB", "nanB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(ConfigValues, ASizeIsShownInTheLargestUnitThatDividesIt) {
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1), "1B");
  EXPECT_EQ(format_size(1536), "1536B");
  EXPECT_EQ(format_size(201326592), "192MiB");
  EXPECT_EQ(format_size(1ULL << 40U), "1TiB");
}

TEST(ConfigValues, AReserveIsASizeOrAShare) {
  EXPECT_EQ(parse_disk_reserve("256MiB")->bytes_of(1000), 256ULL << 20U);
  EXPECT_EQ(parse_disk_reserve("5%")->bytes_of(1000), 50U);
  EXPECT_EQ(parse_disk_reserve("0.5%")->bytes_of(1000), 5U);
  for (const char* text : {"0%", "51%", "%", "-5%", "5 %", "5%%", "1e1%", "5"}) {
    EXPECT_FALSE(parse_disk_reserve(text)) << text;
  }
}

TEST(ConfigValues, EndpointsAreHostAndPort) {
  EXPECT_EQ(*parse_endpoint("127.0.0.1:7414"), (Endpoint{"127.0.0.1", 7414}));
  EXPECT_EQ(*parse_endpoint("meter-1.example.org:23"), (Endpoint{"meter-1.example.org", 23}));
  EXPECT_EQ(*parse_endpoint("[::1]:0"), (Endpoint{"::1", 0}));
  EXPECT_EQ(parse_endpoint("[::1]:7414")->text(), "[::1]:7414");
  for (const char* text : {"", ":", "7414", "127.0.0.1", "127.0.0.1:", ":7414", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1:74x", "::1:7414", "a b:1", "http://h:1", "[]:1", "h:+1"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(ConfigValues, OnlyThisMachineIsLoopback) {
  for (const char* host : {"127.0.0.1", "127.3.2.1", "::1", "localhost"}) {
    EXPECT_TRUE((Endpoint{host, 1}.is_loopback())) << host;
  }
  for (const char* host : {"0.0.0.0", "10.0.0.1", "::", "127.example.org", "127.0.0.evil", "localhost.example.org"}) {
    EXPECT_FALSE((Endpoint{host, 1}.is_loopback())) << host;
  }
}

}  // namespace
}  // namespace wattring::app
