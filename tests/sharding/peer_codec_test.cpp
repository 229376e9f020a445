// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sharding/peer_bodies.hpp"
#include "tests/sharding/any_peer_frame.hpp"

namespace wattring::sharding::test {
namespace {

PeerHeader sample_header() {
  PeerHeader header;
  header.cluster = 0x0101010101010101;
  header.source.bytes.fill(0xaa);
  header.source_nonce = 2;
  header.destination_nonce = 3;
  return header;
}

std::string frame_of(const message::Body& body) {
  return encode_frame(sample_header(), PeerMessage{{4, 5}, 6, body});
}

std::string reading(std::string frame) {
  const auto decoded = decode_frame(std::move(frame));
  return decoded ? "read" : std::string(to_string(decoded.error()));
}

std::string with_body(const message::Body& kind, const std::string& body) {
  return frame_of(kind).substr(0, kPeerHeaderBytes) + body;
}

TEST(PeerCodec, SaysWhoSpeaksUnderWhichRing) {
  const auto decoded = decode_frame(frame_of(message::Amnesia{9}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->header, sample_header());
  const auto& message = std::get<PeerMessage>(decoded->payload);
  EXPECT_EQ(message.ring, (RingRef{4, 5}));
  EXPECT_EQ(message.generation, 6U);
  EXPECT_EQ(std::get<message::Amnesia>(message.body).generation, 9U);
}

TEST(PeerCodec, HandsAPackOnInTheMemoryItCameIn) {
  std::string frame = frame_of(message::Append{1, std::make_shared<const std::string>(100'000, 'p')});
  const char* const memory = frame.data();
  const auto decoded = decode_frame(std::move(frame));
  ASSERT_TRUE(decoded);
  const auto& append = std::get<message::Append>(std::get<PeerMessage>(decoded->payload).body);
  EXPECT_EQ(*append.pack, std::string(100'000, 'p'));
  EXPECT_EQ(append.pack->data(), memory);
}

TEST(PeerCodec, RefusesWhatIsNotItsOwn) {
  EXPECT_EQ(reading(""), "truncated");
  EXPECT_EQ(reading("WM"), "not_ours");
  EXPECT_EQ(reading(frame_of(message::Amnesia{}).substr(0, kPeerHeaderBytes - 1)), "truncated");
  std::string newer = frame_of(message::Amnesia{});
  newer[2] = '\x02';
  EXPECT_EQ(reading(newer), "version");
  std::string later = frame_of(message::Amnesia{});
  later[4] = '\x40';
  EXPECT_EQ(reading(later), "unknown_kind");
  later[4] = '\0';
  EXPECT_EQ(reading(later), "unknown_kind");
}

TEST(PeerCodec, PassesOverWhatANewerReleaseAdds) {
  EXPECT_EQ(reading(with_body(message::Amnesia{}, "\x93\x07\xa2hi\x81\x01\x02")), "read");
  EXPECT_EQ(reading(with_body(message::Amnesia{}, "\x93\x07\xa2hi")), "malformed");
}

TEST(PeerCodec, RefusesWhatIsOutOfBounds) {
  const std::string shard_4096("\x92\x01\xc4\x02\x10\x00", 6);
  EXPECT_EQ(reading(with_body(message::CoverageAsk{}, shard_4096)), "malformed");
  EXPECT_EQ(reading(with_body(message::CoverageAsk{}, std::string("\x92\x01\xc4\x01\x00", 5))), "malformed");
  EXPECT_EQ(reading(with_body(message::Digest{}, std::string("\x91\xc4\x03\x00\x00\x00", 6))), "malformed");
  EXPECT_EQ(reading(with_body(message::Receipt{}, std::string("\x93\x01\x01\x04", 4))), "malformed");
  EXPECT_EQ(reading(with_body(message::Append{1, std::make_shared<const std::string>("p")},
                              std::string("\x92\x01\xc4\x00", 4))),
            "malformed");
  EXPECT_EQ(reading(with_body(message::Pull{}, "\x93\x01\x01\xdd\xff\xff\xff\xff")), "malformed");
  EXPECT_EQ(reading(with_body(message::CoverageTell{}, std::string("\x92\x01\x91\x94\x01\xc4\x01\x09\x00\x00", 10))),
            "malformed");
}

TEST(PeerCodec, RefusesFramesOverTheLimitOfTheirKind) {
  PeerCargo talk{Cargo::ring, std::string(kPeerTalkBytesMax, 'x')};
  EXPECT_EQ(reading(encode_frame(sample_header(), talk)), "too_large");
  talk.kind = Cargo::transfer;
  EXPECT_EQ(reading(encode_frame(sample_header(), talk)), "read");
  talk.bytes.resize(kPeerFrameBytesMax, 'x');
  EXPECT_EQ(reading(encode_frame(sample_header(), talk)), "too_large");
}

}  // namespace
}  // namespace wattring::sharding::test
