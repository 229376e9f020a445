// SPDX-License-Identifier: Apache-2.0
#include "cluster/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <msgpack.hpp>
#include <sstream>

#include "tests/cluster/any_message.hpp"
#include "tests/cluster/sample_messages.hpp"

namespace wattring::cluster {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<std::uint8_t>(c) >> 4U]);
    text.push_back(kDigits[static_cast<std::uint8_t>(c) & 15U]);
  }
  return text;
}

/// "kind hex" a line.
std::map<std::string, std::string> golden_frames() {
  std::map<std::string, std::string> frames;
  std::ifstream file(WATTRING_GOLDEN_FRAMES);
  for (std::string kind, bytes; file >> kind >> bytes;) frames[kind] = bytes;
  return frames;
}

TEST(Codec, WritesEachKindAsItAlwaysDid) {
  const std::vector<Message> messages = sample_messages();
  ASSERT_EQ(messages.size(), kKindCount);
  if (std::getenv("WATTRING_REWRITE_GOLDEN") != nullptr) {
    std::ofstream file(WATTRING_GOLDEN_FRAMES);
    for (const Message& message : messages) file << kind_name(message.body) << " " << hex(encode(message)) << "\n";
  }
  const std::map<std::string, std::string> golden = golden_frames();
  for (std::size_t kind = 0; kind < messages.size(); ++kind) {
    EXPECT_EQ(messages[kind].body.index(), kind);
    const std::string name(kind_name(messages[kind].body));
    ASSERT_TRUE(golden.contains(name));
    EXPECT_EQ(hex(encode(messages[kind])), golden.at(name)) << name;
  }
}

TEST(Codec, ReadsEachKindBack) {
  for (const Message& message : sample_messages()) {
    const auto back = decode(encode(message));
    ASSERT_TRUE(back) << back.error().error().text();
    EXPECT_TRUE(same(*back, message)) << kind_name(message.body);
  }
}

/// Bytes of the example of that name in docs/protocols/membership.md.
std::string documented(const std::string& name) {
  std::ifstream page(WATTRING_MEMBERSHIP_PAGE);
  std::string bytes;
  bool found = false;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "<!-- example " + name + " -->") found = true;
    if (found && line == "```") break;
    if (inside) {
      std::istringstream words(line.substr(0, line.find(';')));
      for (std::string word; words >> word;) bytes += word;
    }
    if (found && line == "```text") inside = true;
  }
  EXPECT_FALSE(bytes.empty()) << "no example " << name;
  return bytes;
}

TEST(Codec, WritesTheExampleOfTheDocumentation) {
  EXPECT_EQ(hex(encode({sample_header(), Ping{7, {sample_news()}}})), documented("ping"));
}

TEST(Codec, KeepsFieldsOfANewerReleaseInTheirOrder) {
  const Message message{sample_header(), Conflict{shared(full_record())}};
  const std::string frame = encode(message);
  const auto back = decode(frame);
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<Conflict>(back->body).self->unknown, full_record().unknown);
  EXPECT_EQ(encode(*back), frame);
}

using Packer = msgpack::packer<msgpack::sbuffer>;

std::string frame_with_body(const Body& kind, const std::function<void(Packer&)>& write) {
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  write(packer);
  return encode({sample_header(), kind}).substr(0, kHeaderBytes) + std::string(buffer.data(), buffer.size());
}

TEST(Codec, PassesOverWhatANewerReleaseAddsToAMessage) {
  const std::string frame = frame_with_body(Ack{}, [](Packer& out) {
    out.pack_map(5).pack(0).pack(7).pack(1).pack_array(0);
    out.pack(40).pack_array(2).pack_map(1).pack("deep").pack_array(1).pack_nil().pack(1.5);
    out.pack(41).pack_ext(300, 5).pack_ext_body(std::string(300, 'x').data(), 300);
    out.pack(42).pack(false);
  });
  const auto message = decode(frame);
  ASSERT_TRUE(message) << message.error().error().text();
  EXPECT_EQ(std::get<Ack>(message->body).sequence, 7U);
}

TEST(Codec, ReadsEveryWidthThatMessagePackAllows) {
  const std::string frame = frame_with_body(MetaPut{}, [](Packer& out) {
    out.pack_map(4);
    out.pack_fix_uint8(0).pack_str(16).pack_str_body("0123456789abcdef", 16);
    out.pack_fix_uint64(1).pack_fix_int8(99);
    out.pack_fix_uint16(2).pack_fix_uint64(4);
    out.pack_fix_uint32(3).pack_str(3).pack_str_body("abc", 3);
  });
  const auto message = decode(frame);
  ASSERT_TRUE(message) << message.error().error().text();
  const auto& put = std::get<MetaPut>(message->body);
  EXPECT_EQ(put.nonce, 99U);
  EXPECT_EQ(put.version, 4U);
  EXPECT_EQ(put.document, "abc");
}

TEST(Codec, WritesWhatAnotherMessagePackReads) {
  for (const Message& message : sample_messages()) {
    const std::string body = encode(message).substr(kHeaderBytes);
    std::size_t end = 0;
    const msgpack::object_handle handle = msgpack::unpack(body.data(), body.size(), end);
    EXPECT_EQ(handle.get().type, msgpack::type::MAP);
    EXPECT_EQ(end, body.size()) << kind_name(message.body);
  }
}

TEST(Codec, TakesAnotherClustersMessage) {
  Message message{sample_header(), Ack{}};
  message.header.cluster = 5;
  ASSERT_TRUE(decode(encode(message)));
  EXPECT_EQ(decode(encode(message))->header.cluster, 5U);
}

TEST(Codec, GivesTheHeaderOfAnotherMajorVersion) {
  Message message{sample_header(), Ping{1, {}}};
  message.header.major = 9;
  const std::string frame = encode(message).substr(0, kHeaderBytes) + "\xc1 whatever comes later";
  const auto refused = decode(frame);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, DecodeError::version);
  EXPECT_FALSE(refused.error().blames_sender());
  ASSERT_TRUE(refused.error().header);
  EXPECT_EQ(refused.error().header->source, sample_id(1));
  EXPECT_EQ(peek_header(frame)->major, 9);
  EXPECT_EQ(refused.error().error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace wattring::cluster
