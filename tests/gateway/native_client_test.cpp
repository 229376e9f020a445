// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/native_client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "node/gateway/zmq.hpp"
#include "tests/gateway/native_frames.hpp"
#include "tests/gateway/zmq_fakes.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kPatienceMs = 20'000;

Batch small_batch() {
  Batch batch;
  batch.meter("m1");
  batch.add(native::reading(native::kImport, native::kTestNowMs, 1));
  return batch;
}

/// A node that answers each frame as the test says; runs until it is destroyed.
class FakeNode {
 public:
  using Answer = std::function<std::string(std::string_view frame)>;
  explicit FakeNode(Answer answer)
      : socket_(ZmqSocket::bind_router({"127.0.0.1:0", 1U << 20U, 100, 100}, nullptr).value()),
        address_(socket_.bound_address()),
        thread_([this, answer = std::move(answer)] { run(answer); }) {}
  ~FakeNode() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  void run(const Answer& answer) {
    while (!stop_) {
      socket_.wait(10);
      while (const auto message = socket_.receive()) {
        const std::string reply = answer(message->frame());
        if (!reply.empty()) socket_.send_to(message->identity(), reply);
      }
    }
    socket_.close(0);
  }
  ZmqSocket socket_;
  const std::string address_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string welcome(std::uint64_t batch_bytes_max = 1'000'000) {
  return encode(native::Welcome{1, "fake", 2, batch_bytes_max, 100'000, {0, 1}});
}
bool is(std::string_view frame, native::FrameType type) {
  const auto found = native::frame_type(frame);
  return found && *found == type;
}

TEST(NativeClient, SaysThatNobodyListens) {
  std::string address;
  {
    const FakeNode gone([](std::string_view) { return std::string(); });
    address = gone.address();
  }
  const auto client = NativeClient::connect({.endpoint = address, .connect_timeout_ms = kPatienceMs});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::io);
  EXPECT_NE(client.error().message.find(address), std::string::npos);
  EXPECT_NE(client.error().message.find("refused"), std::string::npos) << client.error().text();
  EXPECT_FALSE(client.error().hint.empty());
  EXPECT_EQ(NativeClient::connect({.endpoint = "nonsense"}).error().code, ErrorCode::invalid_argument);
}

TEST(NativeClient, GivesUpOnAPeerThatSendsNoWelcome) {
  const FakeNode mute([](std::string_view) { return std::string(); });
  const auto client = NativeClient::connect({.endpoint = mute.address(), .connect_timeout_ms = 200});
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message.find("200 ms"), std::string::npos) << client.error().text();
}

TEST(NativeClient, SaysWhyANodeDidNotLetItIn) {
  const FakeNode full([](std::string_view) {
    return encode(native::ErrorFrame{native::ErrorKind::too_many_connections, "come back later"});
  });
  const auto client = NativeClient::connect({.endpoint = full.address(), .connect_timeout_ms = kPatienceMs});
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message.find("come back later"), std::string::npos) << client.error().text();
}

TEST(NativeClient, FindsTheNodeByName) {
  const FakeNode node([](std::string_view) { return welcome(); });
  const std::string port = node.address().substr(node.address().rfind(':'));
  const auto client = NativeClient::connect({.endpoint = "localhost" + port, .connect_timeout_ms = kPatienceMs});
  EXPECT_TRUE(client) << client.error().text();
}

TEST(NativeClient, DoesNotSendMoreThanItsCreditNorMoreThanTheNodeTakes) {
  const FakeNode node(
      [](std::string_view frame) { return is(frame, native::FrameType::hello) ? welcome(100) : std::string(); });
  const auto client = NativeClient::connect({.endpoint = node.address(), .connect_timeout_ms = kPatienceMs}).value();
  EXPECT_EQ(client->credit(), 2U);
  Batch large;
  large.meter("m1");
  for (int i = 0; i < 50; ++i) large.add(native::reading(native::kImport, i, 1));
  EXPECT_EQ(client->send(large).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(client->send(small_batch()));
  EXPECT_TRUE(client->send(small_batch()));
  EXPECT_EQ(client->credit(), 0U);
  EXPECT_EQ(client->send(small_batch()).error().code, ErrorCode::busy);
}

TEST(NativeClient, NoticesANodeThatIsConnectedButSilent) {
  std::atomic<int> pings{0};
  const FakeNode stuck([&](std::string_view frame) {
    if (is(frame, native::FrameType::ping)) ++pings;
    return is(frame, native::FrameType::hello) ? welcome() : std::string();
  });
  const auto client = NativeClient::connect({.endpoint = stuck.address(), .connect_timeout_ms = kPatienceMs}).value();
  const auto id = client->send(small_batch());
  const auto replies = client->receive(kPatienceMs);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].batch_id, *id);
  EXPECT_EQ(replies[0].reply.unknown_total, 1U);
  EXPECT_EQ(pings, 1);
  EXPECT_NE(client->send(small_batch()).error().message.find("silent"), std::string::npos);
}

TEST(NativeClient, IsLostWhenTheNodeHasForgottenIt) {
  const FakeNode restarted([](std::string_view frame) {
    return is(frame, native::FrameType::hello) ? welcome()
                                               : encode(native::ErrorFrame{native::ErrorKind::no_hello, "who are you"});
  });
  const auto client =
      NativeClient::connect({.endpoint = restarted.address(), .connect_timeout_ms = kPatienceMs}).value();
  ASSERT_TRUE(client->send(small_batch()));
  const auto replies = client->receive(kPatienceMs);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].reply.unknown_total, 1U);
  EXPECT_NE(client->send(small_batch()).error().message.find("NO_HELLO"), std::string::npos);
}

TEST(NativeClient, AnswersThePingsOfTheNode) {
  std::atomic<bool> ponged{false};
  const FakeNode node([&](std::string_view frame) {
    if (is(frame, native::FrameType::pong) && native::decode_ping(frame).value() == 99) ponged = true;
    if (is(frame, native::FrameType::hello)) return welcome();
    return is(frame, native::FrameType::batch) ? native::encode_ping(native::FrameType::ping, 99) : std::string();
  });
  const auto client = NativeClient::connect({.endpoint = node.address(), .connect_timeout_ms = kPatienceMs}).value();
  ASSERT_TRUE(client->send(small_batch()));
  EXPECT_TRUE(eventually([&] {
    (void)client->receive(10);
    return ponged.load();
  }));
}

TEST(NativeClient, GivesNoReplyTwiceAndNoneToABatchItDidNotSend) {
  const FakeNode node([](std::string_view frame) {
    if (is(frame, native::FrameType::hello)) return welcome();
    native::Reply reply;
    reply.batch_id = is(frame, native::FrameType::batch) ? native::peek_batch_id(frame).value() : 999;
    return encode(reply);
  });
  const auto client = NativeClient::connect({.endpoint = node.address(), .connect_timeout_ms = kPatienceMs}).value();
  const auto id = client->send(small_batch());
  const auto replies = client->receive(kPatienceMs);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].batch_id, *id);
  EXPECT_TRUE(client->receive(50).empty());
}

}  // namespace
}  // namespace wattring::gateway
