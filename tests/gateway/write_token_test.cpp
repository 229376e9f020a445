// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/write_token.hpp"

#include <gtest/gtest.h>

namespace wattring::gateway {
namespace {

WriteToken token_of(std::size_t shards) {
  WriteToken token;
  token.writer.bytes.fill(0xfe);
  token.durable = true;
  for (std::size_t i = 0; i < shards; ++i)
    token.entries.push_back({ShardId{static_cast<std::uint16_t>(i * 3)}, Sequence{i * 1'000 + 1}});
  return token;
}

TEST(WriteToken, NamesTheSequencesOfASmallBatch) {
  for (const std::size_t shards : {0U, 1U, 40U}) {
    const std::string text = encode(token_of(shards));
    EXPECT_LE(text.size(), 256U);
    const auto back = parse_write_token(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, token_of(shards));
  }
}

TEST(WriteToken, OfABatchOfManyShardsNamesTheWriterAlone) {
  const auto back = parse_write_token(encode(token_of(1'000)));
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->all);
  EXPECT_TRUE(back->durable);
  EXPECT_TRUE(back->entries.empty());
  EXPECT_EQ(back->writer, token_of(0).writer);
}

TEST(WriteToken, OfTwoBatchesNamesWhatBothWrote) {
  WriteToken second = token_of(2);
  second.durable = false;
  for (WriteToken::Entry& entry : second.entries) ++entry.sequence.value;
  const auto both = parse_write_token(merge_write_tokens(encode(token_of(3)), encode(second)));
  ASSERT_TRUE(both);
  EXPECT_FALSE(both->durable);
  EXPECT_FALSE(both->all);
  const std::vector<WriteToken::Entry> all{{ShardId{0}, Sequence{1}},
                                           {ShardId{0}, Sequence{2}},
                                           {ShardId{3}, Sequence{1'001}},
                                           {ShardId{3}, Sequence{1'002}},
                                           {ShardId{6}, Sequence{2'001}}};
  EXPECT_EQ(both->entries, all);
}

TEST(WriteToken, OfTwoBatchesOfWhichOneIsTooLargeNamesNoShard) {
  const auto both = parse_write_token(merge_write_tokens(encode(token_of(1'000)), encode(token_of(2))));
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->all);
  EXPECT_TRUE(both->durable);
}

TEST(WriteToken, OfOneBatchAloneStaysAsItIs) {
  const std::string good = encode(token_of(2));
  EXPECT_EQ(merge_write_tokens("", good), good);
  EXPECT_EQ(merge_write_tokens(good, ""), good);
}

TEST(WriteToken, IsRefusedWhenItIsNotOneOfOurs) {
  const std::string good = encode(token_of(2));
  EXPECT_FALSE(parse_write_token(""));
  EXPECT_FALSE(parse_write_token("1.0123456789abcdef.7"));
  EXPECT_FALSE(parse_write_token(good.substr(0, 10)));
  EXPECT_FALSE(parse_write_token(good + std::string(300, 'A')));
  EXPECT_FALSE(parse_write_token("Z" + good.substr(1)));
}

}  // namespace
}  // namespace wattring::gateway
