// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/batch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace wattring::gateway {
namespace {

Fact fact_at(std::int64_t time_ms, std::int64_t value) {
  Fact fact;
  fact.reg = obis(1, 0, 1, 8, 0);
  fact.start_ms = time_ms;
  fact.end_ms = time_ms;
  fact.value = value;
  return fact;
}

TEST(Batch, ReadingsOfOneMeterThatFollowEachOtherShareARun) {
  Batch batch;
  batch.meter("a");
  batch.add(fact_at(1, 10));
  batch.meter("a");
  batch.add(fact_at(2, 11));
  batch.meter("b");
  batch.add(fact_at(1, 20));
  batch.meter("a");
  batch.add(fact_at(3, 12));
  ASSERT_EQ(batch.runs().size(), 3U);
  EXPECT_EQ(batch.id(batch.runs()[0]), "a");
  EXPECT_EQ(batch.runs()[0].fact_count, 2U);
  EXPECT_EQ(batch.id(batch.runs()[1]), "b");
  EXPECT_EQ(batch.runs()[1].first_fact, 2U);
  EXPECT_EQ(batch.id(batch.runs()[2]), "a");
  EXPECT_EQ(batch.facts()[batch.runs()[2].first_fact].value, 12);
}

TEST(Batch, AMeterWithoutReadingsLeavesNoRunBehindWhenAnotherFollows) {
  Batch batch;
  batch.meter("nothing");
  batch.meter("b");
  batch.add(fact_at(1, 1));
  ASSERT_EQ(batch.runs().size(), 1U);
  EXPECT_EQ(batch.id(batch.runs()[0]), "b");
}

TEST(Batch, ATextTravelsBesideItsFact) {
  Batch batch;
  batch.meter("a");
  batch.add_text(obis(0, 0, 96, 1, 1), 5, "E0044");
  batch.add_text(obis(0, 0, 96, 1, 1), 6, "E0044");
  ASSERT_EQ(batch.facts().size(), 2U);
  EXPECT_EQ(batch.facts()[0].value, text_value("E0044"));
  ASSERT_EQ(batch.texts().size(), 1U);
  EXPECT_EQ(batch.texts().at(text_value("E0044")), "E0044");
}

TEST(Batch, ClearForgetsEverythingAndKeepsTheMemory) {
  Batch batch;
  batch.reserve(1000, 10);
  batch.meter("a");
  batch.add(fact_at(1, 1));
  batch.add_text(obis(0, 0, 96, 1, 1), 5, "E0044");
  batch.refusals.add(1, Reason::syntax, "x");
  const std::size_t before = batch.memory_bytes();
  EXPECT_GE(before, 1000 * sizeof(Fact));
  batch.clear();
  EXPECT_TRUE(batch.runs().empty());
  EXPECT_TRUE(batch.facts().empty());
  EXPECT_TRUE(batch.texts().empty());
  EXPECT_EQ(batch.refusals.total(), 0U);
  EXPECT_GE(batch.memory_bytes(), 1000 * sizeof(Fact));
}

TEST(MeterId, IsOneTo64BytesOfPrintableUtf8) {
  EXPECT_TRUE(valid_meter_id("M"));
  EXPECT_TRUE(valid_meter_id("541448820000000001"));
  EXPECT_TRUE(valid_meter_id("keller links"));
  EXPECT_TRUE(valid_meter_id("z\xC3\xA4hler"));
  EXPECT_TRUE(valid_meter_id(std::string(64, 'x')));
  EXPECT_FALSE(valid_meter_id(""));
  EXPECT_FALSE(valid_meter_id(std::string(65, 'x')));
  EXPECT_FALSE(valid_meter_id(" a"));
  EXPECT_FALSE(valid_meter_id("a "));
}

TEST(MeterId, HasNoControlCharacters) {
  for (int c = 0; c < 0x20; ++c) EXPECT_FALSE(valid_meter_id(std::string("a") + static_cast<char>(c) + "b")) << c;
  EXPECT_FALSE(valid_meter_id("a\x7F"));
  EXPECT_FALSE(valid_meter_id("a\xC2\x85z"));  // NEL, a C1 control
  EXPECT_TRUE(valid_meter_id("a\xC2\xA0z"));
}

TEST(MeterId, IsValidUtf8) {
  EXPECT_FALSE(valid_meter_id("a\xFF"));
  EXPECT_FALSE(valid_meter_id("a\xC3"));
  EXPECT_FALSE(valid_meter_id("\xC0\xAF"));          // overlong
  EXPECT_FALSE(valid_meter_id("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(valid_meter_id("\xF4\x90\x80\x80"));  // past U+10FFFF
  EXPECT_TRUE(valid_meter_id("\xF0\x9F\x94\x8C"));
}

}  // namespace
}  // namespace wattring::gateway
