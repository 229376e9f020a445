// SPDX-License-Identifier: Apache-2.0
#include "node/app/data_links.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace wattring::app {
namespace {

using cluster::SendOutcome;
using sharding::Cargo;
using sharding::PeerCargo;
using sharding::PeerHeader;

constexpr std::uint64_t kCluster = 77;

NodeId node(std::uint8_t number) {
  NodeId id;
  id.bytes[0] = number;
  return id;
}

class ScriptedTransport final : public cluster::Transport {
 public:
  SendOutcome send(const cluster::Route& to, std::string_view frame) override {
    sent.emplace_back(to.endpoint, frame);
    return outcome;
  }
  void check_connect(const std::string& /*endpoint*/) override {}
  void receive(std::int64_t /*wait_ns*/, std::vector<cluster::Input>& inputs) override { inputs.swap(arriving); }
  [[nodiscard]] std::string endpoint() const override { return "10.0.0.1:1"; }

  SendOutcome outcome = SendOutcome::sent;
  std::vector<std::pair<std::string, std::string>> sent;
  std::vector<cluster::Input> arriving;
};

class DataLinksTest : public testing::Test {
 protected:
  DataLinksTest() {
    auto transport = std::make_unique<ScriptedTransport>();
    transport_ = transport.get();
    links_ = std::make_unique<DataLinks>(DataLinks::Options{node(1), kCluster}, std::move(transport), metrics_);
    see({{1, 10}, {2, 20}});
    transport_->sent.clear();
  }
  /// (node, nonce) of those who live.
  void see(const std::vector<std::pair<std::uint8_t, std::uint64_t>>& lives) {
    cluster::View view;
    for (const auto& [number, nonce] : lives) {
      cluster::Record record;
      record.id = node(number);
      record.life = {1, nonce};
      record.endpoints.data = "10.0.0." + std::to_string(number) + ":7415";
      cluster::MemberView member;
      member.record = std::make_shared<const cluster::Record>(record);
      view.members.push_back(std::move(member));
    }
    links_->set_view(view, 0);
  }
  std::size_t taken(const PeerHeader& header) {
    transport_->arriving.emplace_back(
        cluster::input::Received{cluster::Route::back(1), encode_frame(header, PeerCargo{Cargo::ring, "news"})});
    std::vector<DataLinks::Received> received;
    links_->receive(0, received);
    return received.size();
  }
  [[nodiscard]] std::uint64_t dropped(const std::string& reason) {
    return metrics_.counter("wattring_replication_dropped_total", "", "reason=\"" + reason + "\"").value();
  }

  Metrics metrics_;
  ScriptedTransport* transport_ = nullptr;
  std::unique_ptr<DataLinks> links_;
};

TEST_F(DataLinksTest, TakeWhatALiveMembersPresentLifeSaysToOurs) {
  EXPECT_EQ(taken({sharding::kPeerMinor, kCluster, node(2), 20, 10}), 1U);
}

TEST_F(DataLinksTest, DropWhatStrangersFormerLivesAndOtherClustersSay) {
  EXPECT_EQ(taken({sharding::kPeerMinor, kCluster, node(3), 30, 10}), 0U);
  EXPECT_EQ(dropped("stranger"), 1U);
  EXPECT_EQ(taken({sharding::kPeerMinor, kCluster, node(2), 19, 10}), 0U);
  EXPECT_EQ(taken({sharding::kPeerMinor, kCluster, node(2), 20, 9}), 0U);
  EXPECT_EQ(dropped("other_life"), 2U);
  EXPECT_EQ(taken({sharding::kPeerMinor, kCluster + 1, node(2), 20, 10}), 0U);
  EXPECT_EQ(dropped("cluster"), 1U);
  transport_->arriving.emplace_back(cluster::input::Received{cluster::Route::back(1), "WDxx"});
  std::vector<DataLinks::Received> received;
  links_->receive(0, received);
  EXPECT_TRUE(received.empty());
  EXPECT_EQ(dropped("truncated"), 1U);
}

TEST_F(DataLinksTest, SendToTheLifeThatIsMeantAndToNobodyElse) {
  EXPECT_TRUE(links_->send(node(2), PeerCargo{Cargo::ring, "news"}));
  ASSERT_EQ(transport_->sent.size(), 1U);
  EXPECT_EQ(transport_->sent[0].first, "10.0.0.2:7415");
  const auto header = sharding::read_peer_header(transport_->sent[0].second);
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, (PeerHeader{sharding::kPeerMinor, kCluster, node(1), 10, 20}));
  EXPECT_FALSE(links_->send(node(3), PeerCargo{Cargo::ring, "news"}));
  see({{1, 10}});
  EXPECT_FALSE(links_->send(node(2), PeerCargo{Cargo::ring, "news"}));
  EXPECT_EQ(transport_->sent.size(), 1U);
}

TEST_F(DataLinksTest, SayHelloUntilTheLinkIsUpAndAnewWhenItBroke) {
  see({{1, 10}, {2, 20}});
  EXPECT_EQ(transport_->sent.size(), 1U);
  std::vector<DataLinks::Received> received;
  transport_->arriving.emplace_back(cluster::input::LinkChanged{"10.0.0.2:7415", cluster::LinkChange::up});
  links_->receive(0, received);
  links_->tick(1'000'000'000);
  EXPECT_EQ(transport_->sent.size(), 1U);
  EXPECT_EQ(links_->next_deadline(), INT64_MAX);
  transport_->arriving.emplace_back(cluster::input::LinkChanged{"10.0.0.2:7415", cluster::LinkChange::down});
  links_->receive(0, received);
  EXPECT_LE(links_->next_deadline(), 1'000'000'000);
  links_->tick(1'000'000'000);
  EXPECT_EQ(transport_->sent.size(), 2U);
}

TEST_F(DataLinksTest, SayWhenThereIsNoRoom) {
  transport_->outcome = SendOutcome::full;
  EXPECT_FALSE(links_->send(node(2), PeerCargo{Cargo::ring, "news"}));
  EXPECT_EQ(metrics_.counter("wattring_replication_not_sent_total", "").value(), 1U);
}

}  // namespace
}  // namespace wattring::app
