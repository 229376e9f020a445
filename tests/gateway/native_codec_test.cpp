// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/native_codec.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/gateway/native_frames.hpp"

namespace wattring::gateway::native {
namespace {

Reply example_reply() {
  Reply reply;
  reply.batch_id = 7;
  reply.reply.stored = 2;
  reply.reply.unknown_total = 1;
  reply.reply.ack = AckClass::durable;
  reply.reply.copies = 2;
  reply.reply.token = std::string("t\0k", 3);
  reply.reply.refusals.add(3, Reason::ts_too_old, "2001-01-01T00:00:00Z", "2013-11-16T22:13:20Z");
  return reply;
}

/// The bytes of the example that stands in the protocol's documentation under that name.
std::string documented(const std::string& name) {
  std::ifstream page(WATTRING_INGEST_PAGE);
  std::string line;
  std::string bytes;
  bool found = false;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line == "<!-- example " + name + " -->") found = true;
    if (found && line == "```") break;
    if (inside) {
      std::istringstream words(line.substr(0, line.find(';')));
      for (std::string word; words >> word;) bytes.push_back(static_cast<char>(std::stoi(word, nullptr, 16)));
    }
    if (found && line == "```text") inside = true;
  }
  EXPECT_FALSE(bytes.empty()) << "no example " << name << " in " << WATTRING_INGEST_PAGE;
  return bytes;
}

std::string hex(const std::string& bytes) {
  std::string out;
  constexpr const char* digits = "0123456789abcdef";
  for (const char c : bytes) {
    out.push_back(digits[static_cast<std::uint8_t>(c) >> 4U]);
    out.push_back(digits[static_cast<std::uint8_t>(c) & 15U]);
    out.push_back(' ');
  }
  return out;
}

TEST(NativeCodec, WritesAndReadsTheFramesOfTheDocumentationByteForByte) {
  EXPECT_EQ(hex(encode(Hello{"demo", 1})), hex(documented("hello")));
  EXPECT_EQ(hex(encode(Welcome{1, "n1", 16, 8'388'608, 100'000, {1'384'640'000'000, 1'700'000'300'000}})),
            hex(documented("welcome")));
  Batch batch;
  batch.meter("m1");
  batch.add(reading(kImport, kTestNowMs, 3'432'827));
  batch.add(reading(kPower, kTestNowMs, 431));
  batch.meter("m2");
  Fact estimated = reading(kImport, kTestNowMs - 900'000, 120);
  estimated.quality = Quality::estimated;
  batch.add(estimated);
  std::string frame;
  ASSERT_TRUE(encode_batch(7, batch, frame));
  EXPECT_EQ(hex(frame), hex(documented("batch")));
  EXPECT_EQ(decoded(documented("batch")).facts(), batch.facts());
  Reply reply = example_reply();
  reply.reply.unknown_total = 0;
  EXPECT_EQ(hex(encode(reply)), hex(documented("reply")));
  Reply busy{7, {}};
  busy.reply.turned_away = Reason::busy;
  busy.reply.retry_after_ms = 250;
  EXPECT_EQ(hex(encode(busy)), hex(documented("busy")));
  EXPECT_EQ(hex(encode(ErrorFrame{ErrorKind::no_hello, "HELLO first"})), hex(documented("error")));
}

TEST(NativeCodec, ControlFramesComeBackAsTheyWere) {
  const auto hello = decode_hello(encode(Hello{"simulator", 3}));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->client, "simulator");
  EXPECT_EQ(hello->newest_version, 3U);

  const auto welcome = decode_welcome(encode(Welcome{1, "n1", 16, 8'388'608, 100'000, {-5, 1'700'000'000'000}}));
  ASSERT_TRUE(welcome);
  EXPECT_EQ(welcome->node, "n1");
  EXPECT_EQ(welcome->credit, 16U);
  EXPECT_EQ(welcome->batch_bytes_max, 8'388'608U);
  EXPECT_EQ(welcome->readings_max, 100'000U);
  EXPECT_EQ(welcome->window.oldest_ms, -5);
  EXPECT_EQ(welcome->window.newest_ms, 1'700'000'000'000);

  const auto error = decode_error(encode(ErrorFrame{ErrorKind::version, "text"}));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::version);
  EXPECT_EQ(error->text, "text");

  EXPECT_EQ(decode_ping(encode_ping(FrameType::ping, 1ULL << 63U)).value(), 1ULL << 63U);
  EXPECT_EQ(frame_type(encode_ping(FrameType::pong, 5)).value(), FrameType::pong);
}

TEST(NativeCodec, RepliesComeBackWithTheirRefusals) {
  const auto reply = decode_reply(encode(example_reply()));
  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->batch_id, 7U);
  EXPECT_EQ(reply->reply.stored, 2U);
  EXPECT_EQ(reply->reply.unknown_total, 1U);
  EXPECT_EQ(reply->reply.ack, AckClass::durable);
  EXPECT_EQ(reply->reply.copies, 2);
  EXPECT_EQ(reply->reply.token, example_reply().reply.token);
  EXPECT_FALSE(reply->reply.turned_away);
  ASSERT_EQ(reply->reply.refusals.listed().size(), 1U);
  EXPECT_EQ(reply->reply.refusals.listed()[0].line, 3U);
  EXPECT_EQ(reply->reply.refusals.listed()[0].reason, Reason::ts_too_old);
  EXPECT_EQ(reply->reply.refusals.listed()[0].got, "2001-01-01T00:00:00Z");
  EXPECT_EQ(reply->reply.refusals.listed()[0].limit, "2013-11-16T22:13:20Z");
}

TEST(NativeCodec, CountsRefusalsByReasonBeyondTheListedOnes) {
  Reply reply;
  for (std::uint32_t i = 1; i <= 150; ++i) reply.reply.refusals.add(i, Reason::ts_too_old, "x");
  for (std::uint32_t i = 1; i <= 7; ++i) reply.reply.refusals.add(i, Reason::out_of_range, "x");
  const auto back = decode_reply(encode(reply));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->reply.refusals.total(), 157U);
  EXPECT_EQ(back->reply.refusals.count(Reason::ts_too_old), 150U);
  EXPECT_EQ(back->reply.refusals.count(Reason::out_of_range), 7U);
  EXPECT_EQ(back->reply.refusals.listed().size(), Refusals::kListedMax);
}

TEST(NativeCodec, BusyComesBackAsAReplyThatWasTurnedAway) {
  Reply busy{11, {}};
  busy.reply.turned_away = Reason::disk_reserve;
  busy.reply.retry_after_ms = 1234;
  EXPECT_EQ(frame_type(encode(busy)).value(), FrameType::busy);
  const auto back = decode_reply(encode(busy));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->batch_id, 11U);
  EXPECT_EQ(back->reply.turned_away, Reason::disk_reserve);
  EXPECT_EQ(back->reply.retry_after_ms, 1234U);
}

TEST(NativeCodec, TellsAnotherVersionFromGarbage) {
  std::string frame = encode(Hello{"c", 1});
  frame[1] = 2;
  EXPECT_EQ(frame_type(frame).error().code, ErrorCode::newer_format);
  EXPECT_EQ(frame_type("GET / HTTP/1.1").error().code, ErrorCode::corrupt);
  EXPECT_EQ(frame_type("").error().code, ErrorCode::corrupt);
  EXPECT_EQ(frame_type(std::string("W\x01\x09\x90", 4)).error().code, ErrorCode::corrupt);
  EXPECT_EQ(frame_type(std::string("W\x01\x00\x90", 4)).error().code, ErrorCode::corrupt);
}

TEST(NativeCodec, RefusesControlFramesThatAreCutShort) {
  const auto cut_everywhere = [](const std::string& frame, auto decode) {
    ASSERT_TRUE(decode(frame));
    for (std::size_t size = 0; size < frame.size(); ++size)
      EXPECT_FALSE(decode(frame.substr(0, size))) << size << " of " << frame.size();
  };
  cut_everywhere(encode(Hello{"client", 1}), decode_hello);
  cut_everywhere(encode(Welcome{1, "n1", 16, 1, 1, {0, 1}}), decode_welcome);
  cut_everywhere(encode(example_reply()), decode_reply);
  cut_everywhere(encode(ErrorFrame{ErrorKind::malformed, "why"}), decode_error);
  cut_everywhere(encode_ping(FrameType::ping, 300), decode_ping);
}

TEST(NativeCodec, PassesOverItemsThatALaterReleaseAddsAtTheEnd) {
  const std::string longer = frame_of(
      FrameType::busy, packed([](Packer& packer) { packer.pack_array(4).pack(7).pack(14).pack(250).pack_map(0); }));
  ASSERT_TRUE(decode_reply(longer));
  EXPECT_EQ(decode_reply(longer)->reply.retry_after_ms, 250U);
}

TEST(NativeCodec, RefusesRepliesWhoseNumbersDisagree) {
  const auto reply = [](std::uint64_t refused, std::uint64_t count, int reason, int ack) {
    return frame_of(FrameType::reply, packed([&](Packer& packer) {
                      packer.pack_array(9).pack(7).pack(0).pack(refused).pack(0).pack(ack).pack(1).pack("");
                      packer.pack_array(0).pack_array(1).pack_array(2).pack(reason).pack(count);
                    }));
  };
  ASSERT_TRUE(decode_reply(reply(4, 4, 3, 1)));
  EXPECT_FALSE(decode_reply(reply(5, 4, 3, 1)));
  EXPECT_FALSE(decode_reply(reply(4, 4, 17, 1)));
  EXPECT_FALSE(decode_reply(reply(4, 4, 0, 1)));
  EXPECT_FALSE(decode_reply(reply(4, 4, 3, 4)));
  EXPECT_FALSE(decode_reply(reply(1ULL << 40U, 1ULL << 40U, 3, 1)));
}

TEST(NativeCodec, CutsLongNamesAndTextsBeforeItSendsThem) {
  EXPECT_EQ(decode_hello(encode(Hello{std::string(500, 'c'), 1}))->client.size(), kNameBytesMax);
  EXPECT_EQ(decode_error(encode(ErrorFrame{ErrorKind::malformed, std::string(5000, 't')}))->text.size(),
            kErrorTextBytesMax);
}

}  // namespace
}  // namespace wattring::gateway::native
