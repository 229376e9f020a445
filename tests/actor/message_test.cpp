// SPDX-License-Identifier: Apache-2.0
#include "node/actor/message.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace wattring::actor {
namespace {

struct Small {
  int value;
};
struct Large {
  std::array<int, 100> values{};
};
struct WithText {
  std::string text;
  [[nodiscard]] std::size_t message_bytes() const { return text.size(); }
};
struct MoveOnly {
  std::unique_ptr<int> value;
};
struct Counted {
  explicit Counted(int& alive_now) : alive(&alive_now) { ++*alive; }
  Counted(const Counted& other) : alive(other.alive) { ++*alive; }
  Counted(Counted&& other) noexcept : alive(other.alive) { ++*alive; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive; }
  int* alive;
};

TEST(Message, GivesBackWhatWasPutInAndNothingElse) {
  const Message message = Small{7};
  ASSERT_NE(message.get_if<Small>(), nullptr);
  EXPECT_EQ(message.get_if<Small>()->value, 7);
  EXPECT_EQ(message.get_if<int>(), nullptr);
  EXPECT_TRUE(message.is<Small>());
  EXPECT_FALSE(message.is<Large>());
}

TEST(Message, TextLiteralsAndStringsKeepTheirContentAcrossMovesAndCopies) {
  Message first = WithText{"a text that is too long for the string's own buffer"};
  const Message copy = first;
  const Message moved = std::move(first);
  EXPECT_EQ(copy.get_if<WithText>()->text, moved.get_if<WithText>()->text);
  EXPECT_NE(copy.get_if<WithText>(), moved.get_if<WithText>());
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): a moved-from message is empty
}

TEST(Message, CopiesOfALargePayloadShareIt) {
  const Message message = Large{};
  const Message copy = message;
  EXPECT_EQ(message.get_if<Large>(), copy.get_if<Large>());
}

TEST(Message, APayloadThatCannotBeCopiedIsSharedToo) {
  const Message message = MoveOnly{std::make_unique<int>(3)};
  const Message copy = message;
  EXPECT_EQ(*copy.get_if<MoveOnly>()->value, 3);
}

TEST(Message, DestroysEachPayloadOnce) {
  int alive = 0;
  {
    Message message = Counted(alive);
    Message copy = message;
    Message moved = std::move(message);
    moved = copy;
    copy = Message(Small{1});
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Message, KnowsItsTypesNameAndItsBytes) {
  const Message message = WithText{std::string(1'000, 'x')};
  EXPECT_NE(message.type_name().find("WithText"), std::string_view::npos);
  EXPECT_EQ(message.bytes(), sizeof(WithText) + 1'000);
  EXPECT_EQ(Message().type_name(), "nothing");
  EXPECT_EQ(Message().bytes(), 0U);
}

}  // namespace
}  // namespace wattring::actor
