// SPDX-License-Identifier: Apache-2.0
#include "node/actor/remote_codec.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/actor/remote_messages.hpp"

namespace wattring::actor {
namespace {

using Kind = RemoteEnvelope::Kind;

NodeId node(std::uint8_t id) {
  NodeId made;
  made.bytes[0] = id;
  return made;
}

class RemoteCodec : public ::testing::Test {
 protected:
  std::string frame_of(const std::vector<RemoteEnvelope>& envelopes) const {
    FrameBuilder builder;
    for (const RemoteEnvelope& envelope : envelopes) {
      std::string encoded;
      write_envelope(encoded, envelope, source, codecs->of(envelope.message));
      builder.add(encoded);
    }
    return builder.seal(header);
  }
  auto read(std::string_view frame) const { return read_envelopes(frame, source, self, *codecs); }

  const NodeId source = node(1);
  const NodeId self = node(2);
  const std::shared_ptr<const MessageCodecs> codecs = test_codecs();
  RemoteHeader header{.wants_answer = true,
                      .cluster = 0x0102030405060708,
                      .source = source,
                      .source_life = {3, 4},
                      .destination_nonce = 5,
                      .sequence = 6,
                      .session = 7};
};

TEST_F(RemoteCodec, BringsEveryKindAcross) {
  const std::string frame = frame_of({{Kind::message, {source, "/a"}, {self, "/b"}, Text{"hello"}},
                                      {Kind::message, {}, {self, "/b"}, Count{-5}},
                                      {Kind::message, {node(3), "/temp/1"}, {self, "/b"}, GetCount{}},
                                      {Kind::watch, {source, "/a"}, {self, "/b"}, {}, {}, 8, 70'000},
                                      {Kind::unwatch, {source, "/a"}, {self, "/b"}},
                                      {Kind::terminated, {source, "/a"}, {self, "/b"}, {}, {}, 9},
                                      {Kind::refused, {source, "/a"}, {self, "/b"}, {}, Delivery::full},
                                      {Kind::watch_known, {source, "/a"}, {self, "/b"}}});
  EXPECT_EQ(read_header(frame).value(), header);
  const auto read_back = read(frame).value();
  ASSERT_EQ(read_back.size(), 8U);
  EXPECT_EQ(read_back[0].from, (ActorAddress{source, "/a"}));
  EXPECT_EQ(read_back[0].to, (ActorAddress{self, "/b"}));
  EXPECT_EQ(read_back[0].message.get_if<Text>()->value, "hello");
  EXPECT_TRUE(read_back[1].from.path.empty());
  EXPECT_EQ(read_back[1].message.get_if<Count>()->value, -5);
  EXPECT_EQ(read_back[2].from.node, node(3));
  EXPECT_TRUE(read_back[2].message.is<GetCount>());
  EXPECT_EQ(read_back[3].kind, Kind::watch);
  EXPECT_EQ(read_back[3].watch, 8U);
  EXPECT_EQ(read_back[3].known_in, 70'000U);
  EXPECT_EQ(read_back[5].kind, Kind::terminated);
  EXPECT_EQ(read_back[5].watch, 9U);
  EXPECT_EQ(read_back[6].refusal, Delivery::full);
  EXPECT_EQ(read_back[7].kind, Kind::watch_known);
}

TEST_F(RemoteCodec, TheBytesOfAFrameStayAsTheyAre) {
  const std::string frame = frame_of({{Kind::message, {source, "/a"}, {self, "/b"}, Ping{9}}});
  const std::string expected =
      std::string("WTRA\x01\x00\x00\x01", 8) + std::string("\1\2\3\4\5\6\7\x08", 8) + std::string("\1", 1) +
      std::string(15, '\0') + std::string("\0\0\0\0\0\0\0\3", 8) + std::string("\0\0\0\0\0\0\0\4", 8) +
      std::string("\0\0\0\0\0\0\0\5", 8) + std::string("\0\0\0\0\0\0\0\6", 8) + std::string("\0\0\0\7", 4) +
      std::string("\xdd\0\0\0\1", 5) + std::string("\x96\0\xc0\xa2/a\xa2/b\x01\xc4\x01\x09", 13);
  EXPECT_EQ(frame, expected);
}

TEST_F(RemoteCodec, AnEmptyFrameIsAFrame) {
  const std::string frame = frame_of({});
  EXPECT_EQ(frame.size(), kRemoteBodyAt);
  EXPECT_TRUE(read(frame).value().empty());
}

TEST_F(RemoteCodec, RefusesEveryPrefix) {
  const std::string frame = frame_of({{Kind::message, {source, "/a"}, {self, "/b"}, Text{"hello"}},
                                      {Kind::refused, {source, "/a"}, {self, "/b"}, {}, Delivery::dead}});
  for (std::size_t bytes = 0; bytes < frame.size(); ++bytes) {
    const std::string_view prefix(frame.data(), bytes);
    EXPECT_FALSE(read_header(prefix).has_value() && read(prefix).has_value()) << bytes;
  }
}

TEST_F(RemoteCodec, NamesWhatIsWrongWithAHeader) {
  const std::string frame = frame_of({});
  EXPECT_EQ(read_header("HTTP/1.1 200 OK").error(), FrameError::not_ours);
  EXPECT_EQ(read_header("").error(), FrameError::truncated);
  EXPECT_EQ(read_header("WTR").error(), FrameError::truncated);
  std::string other_major = frame;
  other_major[4] = 2;
  EXPECT_EQ(read_header(other_major).error(), FrameError::version);
  EXPECT_EQ(read_header(std::string(kRemoteFrameBytesMax + 1, 'W')).error(), FrameError::too_large);
}

TEST_F(RemoteCodec, AMinorVersionAndFlagsOfALaterReleaseAreTaken) {
  std::string frame = frame_of({});
  frame[5] = 9;
  frame[6] = 0x40;
  EXPECT_EQ(read_header(frame).value().minor, 9);
}

TEST_F(RemoteCodec, ATypeThatIsUnknownHereComesWithoutItsMessageAndHarmsNoOther) {
  std::string frame = frame_of(
      {{Kind::message, {source, "/a"}, {self, "/b"}, Ping{9}}, {Kind::message, {}, {self, "/b"}, Text{"fine"}}});
  const std::size_t type = kRemoteBodyAt + 9;
  ASSERT_EQ(frame[type], 1);
  frame[type] = 0x7f;
  const auto read_back = read(frame).value();
  EXPECT_TRUE(read_back[0].message.empty());
  EXPECT_EQ(read_back[0].from.path, "/a");
  EXPECT_EQ(read_back[1].message.get_if<Text>()->value, "fine");
}

TEST_F(RemoteCodec, APayloadThatItsCodecRefusesOrThatGoesOnIsNoMessage) {
  std::string refused = frame_of({{Kind::message, {source, "/a"}, {self, "/b"}, Ping{9}}});
  refused.back() = '\xc0';
  EXPECT_TRUE(read(refused).value()[0].message.empty());
  std::string goes_on = frame_of({{Kind::message, {source, "/a"}, {self, "/b"}, Ping{9}}});
  goes_on[goes_on.size() - 2] = 2;
  goes_on += '\0';
  EXPECT_TRUE(read(goes_on).value()[0].message.empty());
}

TEST_F(RemoteCodec, RefusesPathsThatAreNone) {
  const std::string too_long = "/" + std::string(kPathBytesMax, 'x');
  EXPECT_FALSE(read(frame_of({{Kind::watch, {source, "/a"}, {self, too_long}}})).has_value());
  EXPECT_FALSE(read(frame_of({{Kind::watch, {source, ""}, {self, "/b"}}})).has_value());
  EXPECT_FALSE(read(frame_of({{Kind::message, {}, {self, ""}, Ping{1}}})).has_value());
  EXPECT_FALSE(read(frame_of({{Kind::message, {}, {self, "b"}, Ping{1}}})).has_value());
}

TEST_F(RemoteCodec, RefusesMoreEnvelopesThanAFrameMayHold) {
  std::vector<RemoteEnvelope> many(kRemoteEnvelopesMax, {Kind::watch, {source, "/a"}, {self, "/b"}});
  EXPECT_TRUE(read(frame_of(many)).has_value());
  many.push_back(many.front());
  EXPECT_EQ(read(frame_of(many)).error(), FrameError::malformed);
}

}  // namespace
}  // namespace wattring::actor
