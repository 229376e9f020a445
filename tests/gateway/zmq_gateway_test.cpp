// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/zmq_gateway.hpp"

#include <gtest/gtest.h>
#include <zmq.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cluster/zmq_curve.hpp"
#include "node/gateway/native_client.hpp"
#include "node/gateway/zmq.hpp"
#include "tests/gateway/native_frames.hpp"
#include "tests/gateway/zmq_fakes.hpp"

namespace wattring::gateway {
namespace {

using native::decode_error;
using native::decode_reply;
using native::ErrorKind;
using native::FrameType;

constexpr std::int64_t kPatienceMs = 20'000;

Batch small_batch(int readings = 2) {
  Batch batch;
  batch.meter("m1");
  for (int i = 0; i < readings; ++i) batch.add(native::reading(native::kImport, native::kTestNowMs + i, i));
  return batch;
}
std::string batch_frame(std::uint64_t id, int readings = 2) {
  std::string frame;
  EXPECT_TRUE(native::encode_batch(id, small_batch(readings), frame));
  return frame;
}

/// A peer that sends whatever the test wants.
class RawPeer {
 public:
  explicit RawPeer(const std::string& address)
      : socket_(ZmqSocket::connect_dealer({address, 1U << 20U, 1000, 1000}, nullptr).value()) {
    EXPECT_TRUE(eventually([&] { return socket_.wait(10).send; }));
  }
  void send(const std::string& frame) { EXPECT_EQ(socket_.send(frame), ZmqSocket::Sent::yes); }
  /// The next frame; empty when none comes.
  std::string receive(std::int64_t timeout_ms = kPatienceMs) {
    if (!socket_.wait(timeout_ms).receive) return {};
    const auto message = socket_.receive();
    return message ? std::string(message->frame()) : std::string();
  }
  void greet() {
    send(encode(native::Hello{"raw", 1}));
    EXPECT_TRUE(native::decode_welcome(receive()));
  }
  bool cut_off() {
    return eventually([&] { return !socket_.ready().send; });
  }
  ZmqSocket& socket() { return socket_; }

 private:
  ZmqSocket socket_;
};

class ZmqGatewayTest : public testing::Test {
 protected:
  ~ZmqGatewayTest() override { gateway.reset(); }

  std::string start(ZmqGateway::Options options = {}) {
    options.endpoint = "127.0.0.1:0";
    options.node_name = "n1";
    gateway = std::make_unique<ZmqGateway>(options, door, clock, metrics, Log::silent());
    return gateway->start().value();
  }
  std::unique_ptr<NativeClient> client(const std::string& address) {
    return NativeClient::connect({.endpoint = address, .connect_timeout_ms = kPatienceMs}).value();
  }
  std::uint64_t frames(const std::string& result) {
    return metrics.counter("wattring_ingest_frames_total", "", "result=\"" + result + "\"").value();
  }

  FakeDoor door;
  FakeClock clock;
  Metrics metrics;
  std::unique_ptr<ZmqGateway> gateway;
};

TEST_F(ZmqGatewayTest, HandsABatchToTheDoorAndItsReplyToTheClient) {
  door.answer = [](const Batch& batch) {
    IngestReply reply;
    reply.stored = batch.facts().size();
    reply.refusals.add(3, Reason::out_of_range, "-1");
    reply.unknown_total = 4;
    reply.ack = AckClass::held;
    reply.copies = 2;
    reply.token = "abc";
    return reply;
  };
  const auto sender = client(start({.credit_batches = 5}));
  EXPECT_EQ(sender->credit(), 5U);
  const auto id = sender->send(small_batch());
  ASSERT_TRUE(id);
  EXPECT_EQ(sender->credit(), 4U);
  const auto replies = sender->receive(kPatienceMs);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].batch_id, *id);
  EXPECT_EQ(replies[0].reply.stored, 2U);
  EXPECT_EQ(replies[0].reply.refusals.total(), 1U);
  EXPECT_EQ(replies[0].reply.unknown_total, 4U);
  EXPECT_EQ(replies[0].reply.ack, AckClass::held);
  EXPECT_EQ(replies[0].reply.copies, 2);
  EXPECT_EQ(replies[0].reply.token, "abc");
  EXPECT_EQ(sender->credit(), 5U);
  const auto taken = door.take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].facts(), small_batch().facts());
}

TEST_F(ZmqGatewayTest, TakesRepliesFromOtherThreads) {
  door.hold = true;
  const auto sender = client(start());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(sender->send(small_batch()));
  std::size_t answered = 0;
  std::thread other([&] {
    for (std::size_t released = 0; released < 20;) {
      released += door.release();
      std::this_thread::yield();
    }
  });
  while (answered < 20) {
    const auto replies = sender->receive(kPatienceMs);
    if (replies.empty()) break;
    answered += replies.size();
  }
  other.join();
  EXPECT_EQ(answered, 20U);
}

TEST_F(ZmqGatewayTest, AnswersABatchBeyondTheCreditBusyAndKeepsTheOthers) {
  door.hold = true;
  RawPeer peer(start({.credit_batches = 3}));
  peer.greet();
  for (std::uint64_t id = 1; id <= 4; ++id) peer.send(batch_frame(id));
  const auto busy = decode_reply(peer.receive());
  ASSERT_TRUE(busy);
  EXPECT_EQ(busy->batch_id, 4U);
  EXPECT_EQ(busy->reply.turned_away, Reason::busy);
  EXPECT_GT(busy->reply.retry_after_ms, 0U);
  ASSERT_TRUE(eventually([&] { return door.held() == 3; }));
  door.release();
  for (std::uint64_t id = 1; id <= 3; ++id) {
    const auto reply = decode_reply(peer.receive());
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->batch_id, id);
    EXPECT_EQ(reply->reply.stored, 2U);
  }
  door.hold = false;
  peer.send(batch_frame(5));
  EXPECT_EQ(decode_reply(peer.receive())->reply.stored, 2U);
  EXPECT_TRUE(eventually([&] { return frames("over_credit") == 1 && frames("taken") == 4; }));
}

TEST_F(ZmqGatewayTest, PassesOnThatTheDoorTurnedABatchAway) {
  door.answer = [](const Batch&) {
    IngestReply reply;
    reply.turned_away = Reason::disk_reserve;
    reply.retry_after_ms = 777;
    return reply;
  };
  const auto sender = client(start());
  ASSERT_TRUE(sender->send(small_batch()));
  const auto replies = sender->receive(kPatienceMs);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].reply.turned_away, Reason::disk_reserve);
  EXPECT_EQ(replies[0].reply.retry_after_ms, 777U);
}

TEST_F(ZmqGatewayTest, TellsAGarbageSenderOnceASecondAndCountsAllOfIt) {
  RawPeer peer(start());
  for (int i = 0; i < 50; ++i) peer.send("garbage");
  EXPECT_EQ(decode_error(peer.receive())->kind, ErrorKind::malformed);
  ASSERT_TRUE(eventually([&] { return frames("malformed") == 50; }));
  EXPECT_EQ(peer.receive(100), "");
  clock.advance_ms(1000);
  peer.send("garbage");
  EXPECT_EQ(decode_error(peer.receive())->kind, ErrorKind::malformed);
  peer.greet();  // and it may still mend its ways
}

TEST_F(ZmqGatewayTest, AnswersADamagedBatchByItsNumberAndSubmitsNothing) {
  RawPeer peer(start());
  peer.greet();
  const std::string whole = batch_frame(77);
  peer.send(whole.substr(0, whole.size() - 1));
  const auto reply = decode_reply(peer.receive());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->batch_id, 77U);
  EXPECT_EQ(reply->reply.stored, 0U);
  ASSERT_EQ(reply->reply.refusals.total(), 1U);
  EXPECT_EQ(reply->reply.refusals.listed()[0].line, 0U);
  EXPECT_EQ(reply->reply.refusals.listed()[0].reason, Reason::bad_frame);
  EXPECT_EQ(door.taken(), 0U);
}

TEST_F(ZmqGatewayTest, TellsAnotherVersionAndAMissingHello) {
  const std::string address = start();
  RawPeer future(address);
  std::string hello = encode(native::Hello{"c", 2});
  hello[1] = 2;
  future.send(hello);
  EXPECT_EQ(decode_error(future.receive())->kind, ErrorKind::version);
  RawPeer ancient(address);
  ancient.send(encode(native::Hello{"c", 0}));
  EXPECT_EQ(decode_error(ancient.receive())->kind, ErrorKind::version);
  RawPeer rude(address);
  rude.send(batch_frame(1));
  EXPECT_EQ(decode_error(rude.receive())->kind, ErrorKind::no_hello);
  EXPECT_EQ(door.taken(), 0U);
}

TEST_F(ZmqGatewayTest, RefusesFramesThatOnlyANodeSends) {
  RawPeer peer(start());
  peer.greet();
  peer.send(encode(native::Reply{}));
  EXPECT_EQ(decode_error(peer.receive())->kind, ErrorKind::malformed);
  EXPECT_TRUE(eventually([&] { return frames("malformed") == 1; }));
}

TEST_F(ZmqGatewayTest, RefusesMessagesOfSeveralFrames) {
  const std::string address = "tcp://" + start();
  void* const context = zmq_ctx_new();
  void* const socket = zmq_socket(context, ZMQ_DEALER);
  const int linger = 0;
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  ASSERT_EQ(zmq_connect(socket, address.c_str()), 0);
  const std::string hello = encode(native::Hello{"c", 1});
  zmq_send(socket, hello.data(), hello.size(), ZMQ_SNDMORE);
  zmq_send(socket, hello.data(), hello.size(), 0);
  EXPECT_TRUE(eventually([&] { return frames("malformed") == 1; }));
  zmq_send(socket, hello.data(), hello.size(), 0);
  EXPECT_TRUE(eventually([&] { return frames("control") == 1; }));
  zmq_close(socket);
  zmq_ctx_term(context);
}

TEST_F(ZmqGatewayTest, RefusesAnOversizedBatchAndCutsOffAHugeOne) {
  RawPeer peer(start({.frame_bytes_max = 4096}));
  peer.greet();
  std::string large = batch_frame(5, 300);
  ASSERT_LT(large.size(), 8192U);
  large.resize(5000);
  peer.send(large);
  const auto reply = decode_reply(peer.receive());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->batch_id, 5U);
  EXPECT_EQ(reply->reply.refusals.listed().at(0).reason, Reason::too_large);
  large.resize(10'000);
  peer.send(large);
  EXPECT_TRUE(peer.cut_off());
}

TEST_F(ZmqGatewayTest, AnswersAPing) {
  RawPeer peer(start());
  peer.greet();
  peer.send(native::encode_ping(FrameType::ping, 42));
  const std::string pong = peer.receive();
  EXPECT_EQ(native::frame_type(pong).value(), FrameType::pong);
  EXPECT_EQ(native::decode_ping(pong).value(), 42U);
}

TEST_F(ZmqGatewayTest, TurnsAwayConnectionsBeyondTheLimitUntilOneGoes) {
  const std::string address = start({.connections_max = 2});
  auto first = std::make_unique<RawPeer>(address);
  first->greet();
  RawPeer second(address);
  second.greet();
  {
    RawPeer third(address);
    third.send(encode(native::Hello{"c", 1}));
    // The node asks the others whether they are still there before it turns anybody away.
    EXPECT_EQ(decode_error(third.receive())->kind, ErrorKind::too_many_connections);
  }
  first.reset();
  const bool let_in = eventually([&] {
    clock.advance_ms(1000);
    RawPeer fourth(address);
    fourth.send(encode(native::Hello{"c", 1}));
    return native::decode_welcome(fourth.receive()).has_value();
  });
  EXPECT_TRUE(let_in);
}

TEST_F(ZmqGatewayTest, IsNotHeldUpByAPeerThatDoesNotReadItsReplies) {
  door.answer = [](const Batch&) {
    IngestReply reply;
    for (std::uint32_t i = 1; i <= 100; ++i)
      reply.refusals.add(i, Reason::syntax, std::string(80, 'x'), std::string(80, 'y'));
    return reply;
  };
  const std::string address = start({.credit_batches = 4});
  ZmqSocket deaf = ZmqSocket::connect_dealer({address, 1U << 20U, 1000, 1}, nullptr).value();
  ASSERT_TRUE(eventually([&] { return deaf.wait(10).send; }));
  deaf.send(encode(native::Hello{"deaf", 1}));
  const Counter& dropped = metrics.counter("wattring_ingest_replies_dropped_total", "", "reason=\"slow\"");
  // Within its credit all the time: each batch was taken before the next one goes.
  std::uint64_t sent = 0;
  while (dropped.value() == 0 && sent < 10'000) {
    deaf.send(batch_frame(++sent, 1));
    ASSERT_TRUE(eventually([&] { return frames("taken") == sent; }));
  }
  EXPECT_GT(dropped.value(), 0U);
  const auto other = client(address);
  ASSERT_TRUE(other->send(small_batch()));
  EXPECT_EQ(other->receive(kPatienceMs).size(), 1U);
}

TEST_F(ZmqGatewayTest, WithKeysLetsInWhoIsOnTheListAndNobodyElse) {
  const cluster::CurvePair listener = cluster::new_curve_pair();
  const cluster::CurveKeys known{{listener.public_key}, {}, cluster::new_curve_pair(), {}};
  cluster::CurveKeys node{{listener.public_key}, listener.secret_key, cluster::new_curve_pair(), {}};
  const cluster::CurvePair member = cluster::new_curve_pair();
  node.allowed = {{known.own.public_key, "billing", cluster::KeyRole::client}, {member.public_key, "n2"}};
  const auto context = cluster::ZmqContext::create().value();
  const auto security = cluster::ZmqSecurity::start(context, "test", node, metrics, Log::silent()).value();
  const std::string address = start({.context = context, .security = security});

  const auto sender =
      NativeClient::connect({.endpoint = address, .connect_timeout_ms = kPatienceMs, .keys = known}).value();
  ASSERT_TRUE(sender->send(small_batch()));
  EXPECT_EQ(sender->receive(kPatienceMs).size(), 1U);
  auto of_a_node = known;
  of_a_node.own = member;
  EXPECT_TRUE(NativeClient::connect({.endpoint = address, .connect_timeout_ms = kPatienceMs, .keys = of_a_node}));
  auto unknown = known;
  unknown.own = cluster::new_curve_pair();
  EXPECT_FALSE(NativeClient::connect({.endpoint = address, .connect_timeout_ms = kPatienceMs, .keys = unknown}));
  EXPECT_FALSE(NativeClient::connect({.endpoint = address, .connect_timeout_ms = kPatienceMs}));

  // While the cluster's key is being changed a client that names the other one first gets in too.
  auto both = known;
  both.cluster_public.insert(both.cluster_public.begin(), cluster::new_curve_pair().public_key);
  EXPECT_TRUE(NativeClient::connect({.endpoint = address, .connect_timeout_ms = kPatienceMs, .keys = both}));

  // Off the list: its connection stands and is no longer heard.
  node.allowed.clear();
  security->reload(node);
  ASSERT_TRUE(sender->send(small_batch()));
  EXPECT_TRUE(eventually([&] { return frames("revoked") == 1; }));
  EXPECT_EQ(door.taken(), 1U);
  gateway.reset();
}

TEST_F(ZmqGatewayTest, SaysWhenItsAddressIsTaken) {
  const std::string address = start();
  ZmqGateway second({.endpoint = address}, door, clock, metrics, Log::silent());
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::already_exists);
  EXPECT_NE(started.error().message.find(address), std::string::npos);
  ZmqGateway nowhere({.endpoint = "localhost:1"}, door, clock, metrics, Log::silent());
  EXPECT_EQ(nowhere.start().error().code, ErrorCode::invalid_argument);
}

TEST_F(ZmqGatewayTest, StopLetsTheRepliesInFlightOutAndTurnsNewBatchesAway) {
  door.hold = true;
  RawPeer peer(start({.stop_deadline_ms = kPatienceMs}));
  peer.greet();
  peer.send(batch_frame(1));
  ASSERT_TRUE(eventually([&] { return door.held() == 1; }));
  std::thread stopper([&] { gateway->stop(); });
  std::optional<native::Reply> busy;
  for (std::uint64_t id = 2; !busy; ++id) {
    peer.send(batch_frame(id));
    const std::string frame = peer.receive(20);
    if (!frame.empty()) busy = decode_reply(frame).value();
    ASSERT_LT(id, 2000U);
  }
  EXPECT_EQ(busy->reply.turned_away, Reason::busy);
  door.release();
  bool stored = false;
  while (!stored) {
    const auto reply = decode_reply(peer.receive());
    if (!reply) break;
    stored = !reply->reply.turned_away;
  }
  stopper.join();
  EXPECT_TRUE(stored);
  gateway->stop();
}

TEST_F(ZmqGatewayTest, StopDoesNotWaitForeverAndALateReplyDoesNoHarm) {
  door.hold = true;
  const SystemClock real{};
  gateway = std::make_unique<ZmqGateway>(
      ZmqGateway::Options{.endpoint = "127.0.0.1:0", .node_name = "n1", .stop_deadline_ms = 100}, door, real, metrics,
      Log::silent());
  const auto sender = client(gateway->start().value());
  const auto id = sender->send(small_batch(7));
  ASSERT_TRUE(eventually([&] { return door.held() == 1; }));
  gateway.reset();
  EXPECT_EQ(door.release(), 1U);

  // The client is told that nobody knows what became of it, and that the connection is lost.
  const auto replies = sender->receive(kPatienceMs);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].batch_id, *id);
  EXPECT_EQ(replies[0].reply.unknown_total, 7U);
  EXPECT_EQ(replies[0].reply.ack, AckClass::none);
  const auto again = sender->send(small_batch());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace wattring::gateway
