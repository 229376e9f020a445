// SPDX-License-Identifier: Apache-2.0
// What may come in on an open port: none of it may be taken for a message, hold up others or go uncounted.
#include <gtest/gtest.h>
#include <zmq.hpp>

#include "base/units.hpp"
#include "cluster/zmq_curve.hpp"
#include "tests/cluster/zmq_network.hpp"

namespace wattring::cluster::test {
namespace {

/// A peer that speaks libzmq and nothing else.
struct Stranger {
  zmq::context_t context;
  zmq::socket_t socket{context, zmq::socket_type::dealer};
  explicit Stranger(const std::string& id = {}) {
    socket.set(zmq::sockopt::linger, 0);
    if (!id.empty()) socket.set(zmq::sockopt::routing_id, id);
  }
  void connect(const std::string& endpoint) { socket.connect("tcp://" + endpoint); }
  void send(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      socket.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
};

class ZmqHostile : public testing::Test {
 protected:
  Transport& open() {
    transports_.push_back(network_.open({}));
    return *transports_.back();
  }
  bool until(Transport& one, const std::function<bool()>& condition) {
    for (int i = 0; i < 10'000 && !condition(); ++i) {
      for (const auto& other : transports_)
        if (other.get() != &one) other->receive(0, ignored_);
      one.receive(2 * kNsPerMs, inputs_);
    }
    return condition();
  }
  std::size_t received() const {
    std::size_t count = 0;
    for (const Input& input : inputs_) count += std::holds_alternative<input::Received>(input) ? 1 : 0;
    return count;
  }
  /// A peer of ours still gets through.
  void expect_in_service(Transport& victim) {
    const std::size_t had = received();
    Transport& friendly = open();
    EXPECT_EQ(friendly.send(Route::to(victim.endpoint()), "still there?"), SendOutcome::sent);
    EXPECT_TRUE(until(victim, [&] { return received() > had; }));
  }
  CurveKeys keys_of(const std::string& name) {
    const CurvePair own = new_curve_pair();
    allowed_.push_back({own.public_key, name});
    return {{cluster_.public_key}, cluster_.secret_key, own, allowed_};
  }

  ZmqNetwork network_;
  std::vector<std::unique_ptr<Transport>> transports_;
  std::vector<Input> inputs_;
  std::vector<Input> ignored_;
  const CurvePair cluster_ = new_curve_pair();
  std::vector<AllowedKey> allowed_;
};

TEST_F(ZmqHostile, AThousandConnectsThatComeToNothingAreCountedAndHarmless) {
  Transport& victim = open();
  for (int i = 0; i < 1'000; ++i) {
    const RawSocket scanner = raw_connect(victim.endpoint());
    if (i % 50 == 0) victim.receive(0, inputs_);
  }
  EXPECT_TRUE(until(victim, [&] { return network_.handshakes_failed(victim, "protocol") == 1'000; }))
      << network_.handshakes_failed(victim, "protocol");
  EXPECT_TRUE(inputs_.empty());
  expect_in_service(victim);
}

TEST_F(ZmqHostile, GarbageAndOtherProtocolsAreCutOffAndCounted) {
  Transport& victim = open();
  std::vector<RawSocket> sockets;
  sockets.push_back(raw_connect(victim.endpoint(), "GET / HTTP/1.1\r\nHost: meter\r\n\r\n"));
  sockets.push_back(raw_connect(victim.endpoint(), std::string(4'096, '\0')));
  sockets.push_back(raw_connect(victim.endpoint(), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)));
  // The greeting of ZMTP 3 with a mechanism that there is none of.
  std::string greeting = std::string("\xFF\0\0\0\0\0\0\0\x01\x7F\x03\0", 12) + "NONSENSE";
  greeting.resize(64);
  sockets.push_back(raw_connect(victim.endpoint(), greeting));
  // The zeros pass for the first ZMTP, which had no handshake that could fail: libzmq only closes.
  EXPECT_TRUE(until(victim, [&] { return network_.handshakes_failed(victim, "protocol") == sockets.size() - 1; }));
  EXPECT_EQ(network_.accepted(victim), sockets.size());
  for (const RawSocket& socket : sockets) EXPECT_TRUE(closed_within(socket, 10'000));
  EXPECT_TRUE(inputs_.empty());
  expect_in_service(victim);
}

TEST_F(ZmqHostile, AHalfOpenHandshakeIsCutOffAfterTwoSeconds) {
  Transport& victim = open();
  std::string greeting = std::string("\xFF\0\0\0\0\0\0\0\x01\x7F\x03\0", 12) + "NULL";
  greeting.resize(64);
  std::vector<RawSocket> sockets;
  sockets.push_back(raw_connect(victim.endpoint()));
  sockets.push_back(raw_connect(victim.endpoint(), "\xFF"));
  sockets.push_back(raw_connect(victim.endpoint(), greeting));
  expect_in_service(victim);
  EXPECT_TRUE(until(victim, [&] { return network_.handshakes_failed(victim, "protocol") == 3; }));
  for (const RawSocket& socket : sockets) EXPECT_TRUE(closed_within(socket, 10'000));
}

TEST(ZmqPatience, LinksThatAreGivenUpHoldUpNobodyElse) {
  ZmqTransport::Options options = ZmqNetwork::small();
  options.open_ns = 5 * kNsPerMs;
  options.reopen_after_ns = 0;
  ZmqNetwork impatient(options);
  ZmqNetwork network;
  const auto one = impatient.open({});
  const auto other = network.open({});
  const RawSocket silent = raw_listen(100);
  std::vector<Input> inputs;
  for (const std::string& endpoint : {silent.endpoint, network.unreachable_endpoint()}) {
    for (int i = 0; i < 40; ++i) {
      (void)one->send(Route::to(endpoint), "is anybody there?");
      one->receive(8 * kNsPerMs, inputs);
    }
  }
  for (int i = 0; i < 200 && inputs.empty(); ++i) {
    (void)one->send(Route::to(other->endpoint()), "and you?");
    one->receive(kNsPerMs, inputs);
    inputs.clear();
    other->receive(10 * kNsPerMs, inputs);
    std::erase_if(inputs, [](const Input& input) { return !std::holds_alternative<input::Received>(input); });
  }
  EXPECT_FALSE(inputs.empty());
}

TEST_F(ZmqHostile, AMessageOfSeveralFramesIsDroppedAsAWhole) {
  Transport& victim = open();
  Stranger stranger;
  stranger.connect(victim.endpoint());
  stranger.send({"one", "two"});
  stranger.send({"", "", "three"});
  stranger.send({"alone"});
  ASSERT_TRUE(until(victim, [&] { return received() == 1; }));
  EXPECT_EQ(std::get<input::Received>(inputs_.back()).bytes, "alone");
  EXPECT_EQ(network_.dropped(victim, "extra_frames"), 2U);
}

TEST_F(ZmqHostile, AConnectionThatChoseItsIdIsNotHeard) {
  // Whoever chooses the same id later would get the answers to the first one.
  Transport& victim = open();
  Stranger stranger("node7");
  stranger.connect(victim.endpoint());
  stranger.send({"hello"});
  EXPECT_TRUE(until(victim, [&] { return network_.dropped(victim, "foreign_id") == 1; }));
  EXPECT_EQ(received(), 0U);
}

TEST_F(ZmqHostile, ASenderOfHugeFramesIsCutOff) {
  Transport& victim = open();
  Stranger stranger;
  stranger.connect(victim.endpoint());
  stranger.send({std::string(network_.frame_bytes_max() + 1, 'x')});
  stranger.send({"small"});
  ASSERT_TRUE(until(victim, [&] { return received() == 1; }));
  EXPECT_EQ(network_.oversized(victim), 1U);
  stranger.send({std::string(8U << 20U, 'x')});
  // Cut off, it connects again.
  ASSERT_TRUE(until(victim, [&] {
    stranger.send({"back"});
    return received() > 1;
  }));
  EXPECT_EQ(std::get<input::Received>(inputs_.back()).bytes, "back");
  EXPECT_EQ(network_.oversized(victim), 1U);
}

TEST_F(ZmqHostile, AFloodOfMessagesIsTakenInBoundedTurns) {
  Transport& victim = open();
  Stranger stranger;
  stranger.socket.set(zmq::sockopt::sndhwm, 0);
  stranger.connect(victim.endpoint());
  for (int i = 0; i < 20'000; ++i) stranger.send({"x"});
  std::size_t largest = 0;
  ASSERT_TRUE(until(victim, [&] {
    largest = std::max(largest, inputs_.size());
    const bool done = ignored_.size() + inputs_.size() == 20'000;
    std::move(inputs_.begin(), inputs_.end(), std::back_inserter(ignored_));
    inputs_.clear();
    return done;
  }));
  EXPECT_LE(largest, 1'024U);
}

TEST_F(ZmqHostile, WithoutAKeyOrWithAnotherClustersNobodyIsLetIn) {
  network_.use_keys(keys_of("n1"));
  Transport& victim = open();
  Stranger keyless;
  keyless.connect(victim.endpoint());
  keyless.send({"let me in"});
  ZmqNetwork elsewhere;
  const CurvePair other = new_curve_pair();
  elsewhere.use_keys({{other.public_key}, other.secret_key, new_curve_pair(), {}});
  const auto foreign = elsewhere.open({});
  EXPECT_EQ(foreign->send(Route::to(victim.endpoint()), "let me in"), SendOutcome::sent);
  EXPECT_TRUE(until(victim, [&] { return network_.handshakes_failed(victim, "protocol") >= 2; }));
  foreign->receive(0, ignored_);
  EXPECT_EQ(received(), 0U);
  EXPECT_TRUE(ignored_.empty());
  expect_in_service(victim);
}

TEST_F(ZmqHostile, AKeyThatIsNotOnTheListIsRefusedAndCounted) {
  network_.use_keys(keys_of("n1"));
  Transport& victim = open();
  ZmqNetwork guests;
  // It knows the cluster, the cluster does not know it.
  guests.use_keys({{cluster_.public_key}, cluster_.secret_key, new_curve_pair(), {}});
  const auto guest = guests.open({});
  EXPECT_EQ(guest->send(Route::to(victim.endpoint()), "let me in"), SendOutcome::sent);
  EXPECT_TRUE(until(victim, [&] { return network_.handshakes_failed(victim, "key") == 1; }));
  for (int i = 0; i < 20; ++i) guest->receive(2 * kNsPerMs, ignored_);
  EXPECT_TRUE(ignored_.empty());
  EXPECT_EQ(received(), 0U);
  EXPECT_EQ(network_.metrics(victim).counter("wattring_transport_keys_checked_total", "", R"(allowed="no")").value(),
            1U);
}

TEST_F(ZmqHostile, TheKeyOfAClientIsRefusedWhereNodesSpeak) {
  CurveKeys mine = keys_of("n1");
  const CurvePair client = new_curve_pair();
  mine.allowed.push_back({client.public_key, "billing", KeyRole::client});
  network_.use_keys(mine);
  Transport& victim = open();
  const auto security = network_.security();
  ZmqNetwork guests;
  guests.use_keys({{cluster_.public_key}, cluster_.secret_key, client, {}});
  const auto guest = guests.open({});
  guest->send(Route::to(victim.endpoint()), "I am a node");
  EXPECT_TRUE(until(victim, [&] { return network_.handshakes_failed(victim, "key") == 1; }));
  EXPECT_EQ(received(), 0U);

  // A node's key that becomes a client's while its connection stands is no longer heard.
  mine.allowed.back().role = KeyRole::node;
  security->reload(mine);
  ASSERT_TRUE(until(victim, [&] {
    guest->send(Route::to(victim.endpoint()), "now I am");
    guest->receive(5 * kNsPerMs, ignored_);
    return received() > 0;
  }));
  mine.allowed.back().role = KeyRole::client;
  security->reload(mine);
  const std::size_t heard = received();
  guest->send(Route::to(victim.endpoint()), "and now");
  EXPECT_TRUE(until(victim, [&] { return network_.dropped(victim, "revoked") >= 1; }));
  EXPECT_EQ(received(), heard);
}

TEST_F(ZmqHostile, NobodyListensWithTheKeysOfAClient) {
  const SystemClock clock;
  Metrics metrics;
  const auto context = ZmqContext::create().value();
  const auto client =
      ZmqSecurity::start(context, "test", {{cluster_.public_key}, {}, new_curve_pair(), {}}, metrics, Log::silent());
  ASSERT_TRUE(client);
  const auto opened = ZmqTransport::open({}, context, *client, clock, metrics, Log::silent());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("client's"), std::string::npos);
}

TEST_F(ZmqHostile, AMessageTellsTheNameOfItsSendersKey) {
  network_.use_keys(keys_of("n1"));
  Transport& first = open();
  network_.use_keys(keys_of("n2"));
  Transport& second = open();
  EXPECT_EQ(first.send(Route::to(second.endpoint()), "hello"), SendOutcome::sent);
  ASSERT_TRUE(until(second, [&] { return received() == 1; }));
  EXPECT_EQ(std::get<input::Received>(inputs_.back()).user, "n1");
}

TEST_F(ZmqHostile, ANodesOwnKeyIsChangedWhileItRuns) {
  CurveKeys changing = keys_of("n1");
  CurveKeys others = keys_of("n2");
  network_.use_keys(changing);
  Transport& first = open();
  const auto first_security = network_.security();
  network_.use_keys(others);
  Transport& second = open();
  const auto second_security = network_.security();
  const auto heard_from_first = [&] {
    const std::size_t had = received();
    return until(second, [&] {
      first.send(Route::to(second.endpoint()), "hello");
      return received() > had;
    });
  };
  ASSERT_TRUE(heard_from_first());

  const CurvePair fresh = new_curve_pair();
  others.allowed.push_back({fresh.public_key, "n1 anew"});
  second_security->reload(others);
  changing.own = fresh;
  first_security->reload(changing);
  others.allowed.erase(others.allowed.begin());
  second_security->reload(others);
  ASSERT_TRUE(heard_from_first()) << "the connection under the old key is not used any more";
  EXPECT_EQ(std::get<input::Received>(inputs_.back()).user, "n1 anew");
}

TEST_F(ZmqHostile, ANewListCountsAtOnce) {
  CurveKeys mine = keys_of("n1");
  network_.use_keys(mine);
  Transport& victim = open();
  const auto security = network_.security();
  const CurvePair late = new_curve_pair();
  ZmqNetwork others;
  others.use_keys({{cluster_.public_key}, cluster_.secret_key, late, {}});
  const auto other = others.open({});
  other->send(Route::to(victim.endpoint()), "too early");
  ASSERT_TRUE(until(victim, [&] { return network_.handshakes_failed(victim, "key") == 1; }));

  mine.allowed.push_back({late.public_key, "n2"});
  security->reload(mine);
  ASSERT_TRUE(until(victim, [&] {
    other->send(Route::to(victim.endpoint()), "now");
    other->receive(5 * kNsPerMs, ignored_);
    return received() > 0;
  }));

  // Off the list again: what stands is no longer heard, what is new is refused.
  mine.allowed.pop_back();
  security->reload(mine);
  const std::size_t heard = received();
  other->send(Route::to(victim.endpoint()), "and now");
  EXPECT_TRUE(until(victim, [&] { return network_.dropped(victim, "revoked") >= 1; }));
  EXPECT_EQ(received(), heard);
}

TEST_F(ZmqHostile, WhileTheClustersKeyChangesBothAreTried) {
  const CurvePair next = new_curve_pair();
  const CurveKeys old_keys = keys_of("n1");
  // The listener has the new key already, the dialer still names the old one first.
  network_.use_keys({{next.public_key}, next.secret_key, old_keys.own, old_keys.allowed});
  Transport& changed = open();
  network_.use_keys({{cluster_.public_key, next.public_key}, cluster_.secret_key, old_keys.own, old_keys.allowed});
  Transport& dialer = open();
  EXPECT_TRUE(until(changed, [&] {
    dialer.send(Route::to(changed.endpoint()), "hello");
    return received() > 0;
  }));
}

}  // namespace
}  // namespace wattring::cluster::test
