// SPDX-License-Identifier: Apache-2.0
#include "cluster/endpoint.hpp"

#include <gtest/gtest.h>

#include <string>

namespace wattring::cluster {
namespace {

TEST(NumericEndpoint, IsAnAddressAndAPort) {
  for (const char* text :
       {"127.0.0.1:7412", "0.0.0.0:1", "255.255.255.255:65535", "[::]:1", "[::1]:7412", "[2001:db8::7]:7412",
        "[1:2:3:4:5:6:7:8]:9", "[fe80::a:b]:1", "[::ffff:10.0.0.1]:7412", "[1:2:3:4:5:6:1.2.3.4]:9", "[1::]:9"})
    EXPECT_TRUE(is_numeric_endpoint(text)) << text;
}

TEST(NumericEndpoint, IsNothingThatWouldHaveToBeLookedUpOrGuessed) {
  for (const char* text : {"",
                           ":",
                           "localhost:1",
                           "n1:7412",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:0",
                           "127.0.0.1:65536",
                           "127.0.0.1:07412",
                           "127.0.0.1:+1",
                           "127.0.0.1: 1",
                           "127.0.0:1",
                           "127.0.0.256:1",
                           "127.0.0.01:1",
                           "127.0.0.1.1:1",
                           "1e1.0.0.1:1",
                           "0x7f.0.0.1:1",
                           "2130706433:1",
                           "::1:7412",
                           "[]:1",
                           "[:]:1",
                           "[:::]:1",
                           "[1::2::3]:1",
                           "[1:2:3:4:5:6:7]:1",
                           "[1:2:3:4:5:6:7:8:9]:1",
                           "[1:2:3:4:5:6:7:8::]:1",
                           "[12345::]:1",
                           "[g::]:1",
                           "[fe80::1%eth0]:1",
                           "[1.2.3.4]:1",
                           "[1.2.3.4::]:1",
                           "[::1.2.3]:1",
                           "[::1]",
                           "[::1]7412",
                           "::1]:7412",
                           "[127.0.0.1]:7412",
                           "tcp://127.0.0.1:7412"})
    EXPECT_FALSE(is_numeric_endpoint(text)) << text;
  EXPECT_FALSE(is_numeric_endpoint("[" + std::string(80, '0') + "::]:1"));
}

}  // namespace
}  // namespace wattring::cluster
