// SPDX-License-Identifier: Apache-2.0
#include "node/app/remote_system.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/zmq_curve.hpp"
#include "node/actor/ping.hpp"

namespace wattring::app {
namespace {

using cluster::CurveKeys;
using cluster::CurvePair;

/// Nodes of one cluster that hear of each other from the test.
class RemoteSystems : public ::testing::Test {
 protected:
  struct Seat {
    std::unique_ptr<Metrics> metrics = std::make_unique<Metrics>();
    std::unique_ptr<RemoteSystem> system;
  };

  RemoteSystem& start(const std::optional<CurveKeys>& keys = {}) {
    Seat& seat = seats_.emplace_back();
    auto context = cluster::ZmqContext::create().value();
    std::shared_ptr<cluster::ZmqSecurity> security;
    if (keys) security = cluster::ZmqSecurity::start(context, "test", *keys, *seat.metrics, Log::silent()).value();
    const RemoteSystem::Options options{NodeId{{static_cast<std::uint8_t>(seats_.size())}}, 7, "127.0.0.1:0", 1};
    seat.system =
        RemoteSystem::start(options, {context, security, clock_, *seat.metrics, Log::silent(), nullptr}).value();
    return *seat.system;
  }
  void introduce_all() {
    auto view = std::make_shared<cluster::View>();
    for (const Seat& seat : seats_) {
      auto record = std::make_shared<cluster::Record>();
      record->id = seat.system->system().node();
      record->life = {1, record->id.bytes[0]};
      record->endpoints.peers = seat.system->endpoint();
      view->members.emplace_back().record = std::move(record);
    }
    for (const Seat& seat : seats_) seat.system->set_view(view);
  }
  static CurveKeys keys_of(const CurvePair& cluster, const std::vector<CurvePair>& members, std::size_t own) {
    CurveKeys keys{{cluster.public_key}, cluster.secret_key, members.at(own), {}};
    for (const CurvePair& member : members) keys.allowed.push_back({member.public_key, "n"});
    return keys;
  }

  SystemClock clock_;
  std::vector<Seat> seats_;
};

TEST_F(RemoteSystems, APingGoesThereAndBack) {
  RemoteSystem& a = start();
  RemoteSystem& b = start();
  introduce_all();
  for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a), std::pair(&a, &a)}) {
    const auto took_ns = from->ping(to->system().node(), 20'000);
    ASSERT_TRUE(took_ns) << took_ns.error().text();
    EXPECT_GT(*took_ns, 0);
  }
}

TEST_F(RemoteSystems, WhatOthersAskForIsThereWhenItHasStarted) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(start().system().find(actor::kPingPath)) << "system " << i;
}

TEST_F(RemoteSystems, ANodeThatIsNotInTheViewIsNotFound) {
  RemoteSystem& a = start();
  RemoteSystem& b = start();
  EXPECT_EQ(a.ping(b.system().node(), 20'000).error().code, ErrorCode::not_found);
}

TEST_F(RemoteSystems, StopCanBeCalledTwiceAndThenThereIsNoWay) {
  RemoteSystem& a = start();
  RemoteSystem& b = start();
  introduce_all();
  ASSERT_TRUE(a.ping(b.system().node(), 20'000));
  a.stop();
  a.stop();
  EXPECT_EQ(b.ping(a.system().node(), 50).error().code, ErrorCode::unknown_outcome);
}

TEST_F(RemoteSystems, WithKeysTheWayIsOpenToThoseOnTheListAlone) {
  const CurvePair cluster = cluster::new_curve_pair();
  const std::vector<CurvePair> members{cluster::new_curve_pair(), cluster::new_curve_pair()};
  RemoteSystem& a = start(keys_of(cluster, members, 0));
  RemoteSystem& b = start(keys_of(cluster, members, 1));
  RemoteSystem& stranger = start(keys_of(cluster, {cluster::new_curve_pair()}, 0));
  introduce_all();
  EXPECT_TRUE(a.ping(b.system().node(), 20'000));
  EXPECT_EQ(stranger.ping(a.system().node(), 200).error().code, ErrorCode::unknown_outcome);
  EXPECT_EQ(a.ping(stranger.system().node(), 200).error().code, ErrorCode::unknown_outcome);
}

TEST_F(RemoteSystems, AClientsKeyReachesNoActor) {
  const CurvePair cluster = cluster::new_curve_pair();
  const std::vector<CurvePair> pairs{cluster::new_curve_pair(), cluster::new_curve_pair()};
  CurveKeys keys = keys_of(cluster, pairs, 0);
  keys.allowed.back().role = cluster::KeyRole::client;
  RemoteSystem& node = start(keys);
  RemoteSystem& client = start(keys_of(cluster, pairs, 1));
  introduce_all();
  const Counter& refused =
      seats_.front().metrics->counter("wattring_transport_keys_checked_total", "", R"(allowed="no")");
  for (int i = 0; i < 100 && refused.value() == 0; ++i)
    EXPECT_EQ(client.ping(node.system().node(), 200).error().code, ErrorCode::unknown_outcome);
  EXPECT_GE(refused.value(), 1U);
}

}  // namespace
}  // namespace wattring::app
