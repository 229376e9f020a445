// SPDX-License-Identifier: Apache-2.0
#include "node/sim/encode.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace wattring::sim {
namespace {

const std::vector<Reading> kReadings = {{1000, 5, 0, kImportT1},
                                        {1000, 6, 0, kImportT2},
                                        {2000, 7, 0, kImportT1},
                                        {2000, 7, 1, kImport},
                                        {2000, 7, 1, kImport}};

Body encode(SendAs as) {
  MeterNames names("M-", 2);
  Body body;
  encode_body(as, kReadings, names, body);
  return body;
}

TEST(EncodeBody, WritesALineForEachMeterAndTime) {
  const Body body = encode(SendAs::line);
  EXPECT_EQ(body.bytes,
            "energy,meter=M-000000 1-0:1.8.1=5i,1-0:1.8.2=6i 1000\n"
            "energy,meter=M-000000 1-0:1.8.1=7i 2000\n"
            "energy,meter=M-000001 1-0:1.8.0=7i 2000\n"
            "energy,meter=M-000001 1-0:1.8.0=7i 2000\n");
  EXPECT_EQ(body.item_starts, (std::vector<std::uint32_t>{0, 2, 3, 4}));
}

TEST(EncodeBody, WritesAnObjectForEachReading) {
  const Body body = encode(SendAs::json);
  EXPECT_TRUE(body.bytes.starts_with(R"({"meter":"M-000000","register":"1-0:1.8.1","time":1000,"value":5})"
                                     "\n"));
  EXPECT_EQ(std::count(body.bytes.begin(), body.bytes.end(), '\n'), 5);
  EXPECT_EQ(body.item_starts.size(), 5U);
}

TEST(EncodeBody, WritesATelegramForEachMeterAndTime) {
  const Body body = encode(SendAs::p1);
  EXPECT_EQ(std::count(body.bytes.begin(), body.bytes.end(), '/'), 4);
  EXPECT_EQ(std::count(body.bytes.begin(), body.bytes.end(), '!'), 4);
  EXPECT_EQ(body.item_starts, (std::vector<std::uint32_t>{0, 2, 3, 4}));
}

TEST(Body, TellsWhichReadingsALineHolds) {
  const Body body = encode(SendAs::line);
  EXPECT_EQ(body.range_of(1, 5).first, 0U);
  EXPECT_EQ(body.range_of(1, 5).count, 2U);
  EXPECT_EQ(body.range_of(4, 5).first, 4U);
  EXPECT_EQ(body.range_of(4, 5).count, 1U);
  EXPECT_EQ(body.range_of(0, 5).count, 0U);
  EXPECT_EQ(body.range_of(5, 5).count, 0U);
}

}  // namespace
}  // namespace wattring::sim
