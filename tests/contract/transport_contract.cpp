// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/transport_contract.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "base/units.hpp"

namespace wattring::cluster::test {
namespace {

constexpr std::int64_t kStepNs = 2 * kNsPerMs;
constexpr std::int64_t kPatienceNs = 20'000 * kNsPerMs;
/// Long enough for what must not happen to happen.
constexpr std::int64_t kQuietNs = 700 * kNsPerMs;

std::string numbered(int number) {
  return "message " + std::to_string(number);
}

}  // namespace

std::vector<input::Received> Peer::received() const {
  std::vector<input::Received> found;
  for (const Input& one : inputs)
    if (const auto* received = std::get_if<input::Received>(&one)) found.push_back(*received);
  return found;
}

std::vector<std::string> Peer::frames() const {
  std::vector<std::string> found;
  for (auto& one : received()) found.push_back(std::move(one.bytes));
  return found;
}

std::vector<LinkChange> Peer::links(const std::string& endpoint) const {
  std::vector<LinkChange> found;
  for (const Input& one : inputs) {
    const auto* changed = std::get_if<input::LinkChanged>(&one);
    if (changed != nullptr && changed->endpoint == endpoint) found.push_back(changed->change);
  }
  return found;
}

std::vector<ConnectOutcome> Peer::connects(const std::string& endpoint) const {
  std::vector<ConnectOutcome> found;
  for (const Input& one : inputs) {
    const auto* checked = std::get_if<input::ConnectChecked>(&one);
    if (checked != nullptr && checked->endpoint == endpoint) found.push_back(checked->outcome);
  }
  return found;
}

Peer& TransportContract::open(const std::string& endpoint) {
  peers_.push_back(std::make_unique<Peer>(Peer{network_->open(endpoint), {}}));
  return *peers_.back();
}

void TransportContract::kill(Peer& peer) {
  std::erase_if(peers_, [&](const auto& one) { return one.get() == &peer; });
}

void TransportContract::step(const Peer* still) {
  network_->advance(kStepNs);
  const auto running = static_cast<std::int64_t>(std::max<std::size_t>(peers_.size(), 1));
  for (const auto& peer : peers_)
    if (peer.get() != still) peer->transport->receive(kStepNs / running, peer->inputs);
}

bool TransportContract::until(const std::function<bool()>& condition, const Peer* still) {
  for (std::int64_t time_ns = 0; time_ns < kPatienceNs; time_ns += kStepNs) {
    if (condition()) return true;
    step(still);
  }
  return condition();
}

void TransportContract::run_for(std::int64_t time_ns, const Peer* still) {
  for (; time_ns > 0; time_ns -= kStepNs) step(still);
}

void TransportContract::connect(Peer& from, Peer& to) {
  const std::size_t had = to.received().size();
  EXPECT_EQ(from.transport->send(Route::to(to.endpoint()), "hello"), SendOutcome::sent);
  EXPECT_TRUE(until([&] { return to.received().size() > had && !from.links(to.endpoint()).empty(); }));
}

TEST_P(TransportContract, TheFirstMessageOpensTheLinkAndArrives) {
  Peer& a = open();
  Peer& b = open();
  EXPECT_NE(a.endpoint(), b.endpoint());
  connect(a, b);
  EXPECT_EQ(b.frames(), std::vector<std::string>{"hello"});
  EXPECT_EQ(a.links(b.endpoint()), std::vector{LinkChange::up});
}

TEST_P(TransportContract, AMessageArrivesWholeAndOnce) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  std::string large(network_->frame_bytes_max(), 'x');
  large.front() = '\0';
  large.back() = '\xFF';
  ASSERT_EQ(a.transport->send(Route::to(b.endpoint()), large), SendOutcome::sent);
  ASSERT_TRUE(until([&] { return b.received().size() == 2; }));
  EXPECT_EQ(b.frames().back(), large);
  run_for(kQuietNs);
  EXPECT_EQ(b.received().size(), 2U);
}

TEST_P(TransportContract, MessagesOfOneLinkKeepTheirOrder) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  std::vector<std::string> sent{"hello"};
  for (int i = 0; i < 500; ++i) {
    if (a.transport->send(Route::to(b.endpoint()), numbered(i)) == SendOutcome::sent) sent.push_back(numbered(i));
    if (i % 20 == 0) run_for(kStepNs);
  }
  ASSERT_TRUE(until([&] { return b.received().size() >= sent.size(); }));
  EXPECT_EQ(b.frames(), sent);
}

TEST_P(TransportContract, AnAnswerGoesBackOnTheConnectionTheQuestionCameInOn) {
  Peer& a = open();
  Peer& b = open();
  Peer& c = open();
  connect(a, c);
  connect(b, c);
  const auto questions = c.received();
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_FALSE(questions[0].from == questions[1].from);
  EXPECT_EQ(c.transport->send(questions[0].from, "for a"), SendOutcome::sent);
  EXPECT_EQ(c.transport->send(questions[1].from, "for b"), SendOutcome::sent);
  ASSERT_TRUE(until([&] { return a.received().size() == 1 && b.received().size() == 1; }));
  EXPECT_EQ(a.frames(), std::vector<std::string>{"for a"});
  EXPECT_EQ(b.frames(), std::vector<std::string>{"for b"});
  // And an answer to the answer.
  EXPECT_EQ(a.transport->send(a.received()[0].from, "thanks"), SendOutcome::sent);
  EXPECT_TRUE(until([&] { return c.received().size() == 3; }));
}

TEST_P(TransportContract, AConnectionOfADeadPeerLeadsToNobody) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  const Route back = b.received()[0].from;
  const std::string address = a.endpoint();
  kill(a);
  ASSERT_TRUE(until([&] { return b.transport->send(back, "too late") == SendOutcome::no_route; }));
  Peer& successor = open(address);
  connect(successor, b);
  EXPECT_EQ(b.transport->send(back, "too late"), SendOutcome::no_route);
  EXPECT_FALSE(b.received().back().from == back);
  run_for(kQuietNs);
  EXPECT_TRUE(successor.received().empty());
}

TEST_P(TransportContract, NothingForADeadPeerReachesItsSuccessorAtTheAddress) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  const std::string address = b.endpoint();
  kill(b);
  for (int i = 0; i < 20; ++i) a.transport->send(Route::to(address), numbered(i));
  ASSERT_TRUE(until([&] { return a.links(address).back() == LinkChange::down; }));
  for (int i = 20; i < 40; ++i) a.transport->send(Route::to(address), numbered(i));
  run_for(kQuietNs);
  Peer& successor = open(address);
  run_for(kQuietNs);
  EXPECT_TRUE(successor.received().empty()) << successor.frames().front();
  connect(a, successor);
  EXPECT_EQ(successor.frames(), std::vector<std::string>{"hello"});
}

TEST_P(TransportContract, NothingFromBeforeReachesWhoeverStartsAtTheAddressLater) {
  Peer& a = open();
  const std::string address = network_->closed_endpoint();
  a.transport->send(Route::to(address), "is anybody there");
  run_for(kQuietNs);
  Peer& later = open(address);
  run_for(kQuietNs);
  EXPECT_TRUE(later.received().empty());
  EXPECT_TRUE(a.links(address).empty());
  EXPECT_TRUE(until([&] {
    a.transport->send(Route::to(address), "and now");
    run_for(50 * kNsPerMs);
    return !later.received().empty();
  }));
  EXPECT_EQ(later.frames().front(), "and now");
}

TEST_P(TransportContract, TellsThatALinkBroke) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  const std::string address = b.endpoint();
  kill(b);
  EXPECT_TRUE(until([&] { return a.links(address) == std::vector{LinkChange::up, LinkChange::down}; }));
  run_for(kQuietNs);
  EXPECT_EQ(a.links(address).size(), 2U);
}

TEST_P(TransportContract, TellsThatABrokenLinkIsUpAgain) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  const std::string address = b.endpoint();
  kill(b);
  ASSERT_TRUE(until([&] { return a.links(address).size() == 2; }));
  Peer& again = open(address);
  ASSERT_TRUE(until([&] {
    a.transport->send(Route::to(address), "hello again");
    run_for(50 * kNsPerMs);
    return !again.received().empty();
  }));
  EXPECT_EQ(a.links(address), (std::vector{LinkChange::up, LinkChange::down, LinkChange::up}));
}

TEST_P(TransportContract, TellsARefusedConnectFromAnAcceptedAndASilentOne) {
  Peer& a = open();
  Peer& b = open();
  const std::string closed = network_->closed_endpoint();
  const std::string silent = network_->unreachable_endpoint();
  const std::string listening = b.endpoint();
  for (const auto& endpoint : {closed, silent, listening}) a.transport->check_connect(endpoint);
  // A process that stands still accepts: its kernel does.
  EXPECT_TRUE(until([&] { return a.inputs.size() == 3; }, &b));
  EXPECT_EQ(a.connects(closed), std::vector{ConnectOutcome::refused});
  EXPECT_EQ(a.connects(silent), std::vector{ConnectOutcome::unreachable});
  EXPECT_EQ(a.connects(listening), std::vector{ConnectOutcome::accepted});
  run_for(kQuietNs);
  EXPECT_TRUE(b.inputs.empty());
}

TEST_P(TransportContract, AKilledProcessRefusesAtOnce) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  const std::string address = b.endpoint();
  kill(b);
  a.transport->check_connect(address);
  ASSERT_TRUE(until([&] { return !a.connects(address).empty(); }));
  EXPECT_EQ(a.connects(address), std::vector{ConnectOutcome::refused});
}

TEST_P(TransportContract, AFrameTooLargeIsDroppedAndCountedAndTheNextOneArrives) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  a.transport->send(Route::to(b.endpoint()), std::string(network_->frame_bytes_max() + 1, 'x'));
  a.transport->send(Route::to(b.endpoint()), "small");
  ASSERT_TRUE(until([&] { return b.received().size() == 2; }));
  EXPECT_EQ(b.frames().back(), "small");
  EXPECT_EQ(network_->oversized(*b.transport), 1U);
}

TEST_P(TransportContract, ASenderIsNotHeldUpByAPeerThatStandsStill) {
  Peer& a = open();
  Peer& b = open();
  connect(a, b);
  // That this ends is the point. What is sent is sent in order, and nothing is sent twice.
  std::set<std::string> sent;
  for (int i = 0; i < 20'000; ++i)
    if (a.transport->send(Route::to(b.endpoint()), numbered(i) + std::string(2'000, ' ')) == SendOutcome::sent)
      sent.insert(numbered(i));
  Peer& c = open();
  ASSERT_EQ(a.transport->send(Route::to(c.endpoint()), "others go on"), SendOutcome::sent);
  ASSERT_TRUE(until([&] { return !c.received().empty(); }, &b));
  run_for(kQuietNs);
  int last = -1;
  for (const std::string& frame : b.frames()) {
    if (frame == "hello") continue;
    const std::string text = frame.substr(0, frame.find_last_not_of(' ') + 1);
    EXPECT_TRUE(sent.contains(text)) << text;
    const int number = std::stoi(text.substr(text.find(' ') + 1));
    EXPECT_GT(number, last);
    last = number;
  }
}

TEST_P(TransportContract, WhatCannotBeAnEndpointHasNoRouteAndIsUnreachable) {
  Peer& a = open();
  for (const std::string endpoint : {"", "localhost:7412", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "[::1"}) {
    EXPECT_EQ(a.transport->send(Route{endpoint, 0}, "x"), SendOutcome::no_route) << endpoint;
    a.transport->check_connect(endpoint);
    run_for(kStepNs);
    ASSERT_EQ(a.connects(endpoint), std::vector{ConnectOutcome::unreachable}) << endpoint;
  }
  EXPECT_EQ(a.transport->send(Route::back(4711), "x"), SendOutcome::no_route);
}

}  // namespace wattring::cluster::test
