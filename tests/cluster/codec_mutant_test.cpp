// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cluster/codec.hpp"
#include "tests/cluster/any_message.hpp"
#include "tests/cluster/sample_messages.hpp"

namespace wattring::cluster {
namespace {

TEST(CodecMutant, KeepsTheGoodRecordsBeforeABadOne) {
  Record bad = sample_record();
  bad.name.clear();
  const std::string frame = encode({sample_header(), Gossip{{sample_news(), {shared(bad), {}, 0}, sample_news()}}});
  EXPECT_FALSE(decode(frame));
  const auto in_part = decode(frame, {.apply_in_part = true});
  ASSERT_TRUE(in_part);
  const auto& news = std::get<Gossip>(in_part->body).news;
  ASSERT_EQ(news.size(), 1U);
  EXPECT_TRUE(same(news.front(), sample_news()));
}

TEST(CodecMutant, RefusesWhatIsBrokenElsewhere) {
  std::string frame = encode({sample_header(), PingReq{1, sample_id(2), 1, "n2:1", {sample_news()}}});
  EXPECT_FALSE(decode(frame, {.apply_in_part = true}));
}

}  // namespace
}  // namespace wattring::cluster
