// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "node/app/ingest_pipeline.hpp"
#include "node/app/replication_service.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/memory_journal.hpp"

namespace wattring::app {
namespace {

using gateway::AckClass;

constexpr std::size_t kShards = 64;

NodeId id_of(std::size_t number) {
  NodeId id;
  id.bytes[0] = static_cast<std::uint8_t>(number + 1);
  return id;
}

sharding::Ring ring_of(std::size_t members) {
  sharding::Ring ring = sharding::founding_ring({id_of(0), 100, {}}, 3, 2);
  for (std::size_t i = 1; i < members; ++i) ring.members.push_back({id_of(i), 100, {}});
  return ring;
}

/// A node without its doors to the outside: journal in memory, workers, replication over real sockets.
class TestNode {
 public:
  TestNode(std::size_t number, const sharding::Ring& ring)
      : number_(number),
        writer_(disk_, Lsn{1}, writer_options(), clock_, metrics_, Log::silent()),
        workers_({1, 256U << 20U, 1U << 30U}, key_, disk_, writer_, clock_, metrics_, Log::silent()) {
    ReplicationService::Options options;
    options.self = id_of(number);
    options.cluster = 5;
    options.turns.self = options.self;
    options.turns.generation = number + 1;
    options.turns.shard_count = kShards;
    options.turns.rings = {options.self, kShards, {}, false, 0};
    options.turns.ring_state = founding_state(ring);
    auto transport = open_data_transport("127.0.0.1:0", cluster::ZmqContext::create().value(), nullptr, clock_,
                                         metrics_, Log::silent());
    replication_ =
        ReplicationService::make(options, {writer_, workers_, key_, clock_, metrics_, Log::silent(), [] {}},
                                 std::move(transport.value()), recover_holdings(*disk_.read().value(), kShards).value(),
                                 disk_, Prng(number))
            .value();
    WriterId writer;
    writer.bytes[0] = static_cast<std::uint8_t>(number + 1);
    pipeline_ = std::make_unique<IngestPipeline>(IngestPipeline::Options{1LL << 50, 1LL << 50, 64U << 20U}, key_,
                                                 writer, *replication_, workers_, clock_, metrics_);
    writer_.start();
    workers_.start();
    replication_->start();
  }
  ~TestNode() {
    pipeline_->close();
    workers_.stop(false);
    writer_.stop();
    replication_->stop();
  }

  [[nodiscard]] cluster::MemberView member() const {
    cluster::Record record;
    record.id = id_of(number_);
    record.life = {1, number_ + 1};
    record.name = "n" + std::to_string(number_ + 1);
    record.endpoints.data = replication_->endpoint();
    cluster::MemberView view;
    view.record = std::make_shared<const cluster::Record>(std::move(record));
    return view;
  }
  gateway::IngestReply submit(const std::string& meter, std::int64_t time_ms) {
    gateway::Batch batch;
    batch.meter(meter);
    batch.add({obis(1, 0, 1, 8, 0), time_ms, time_ms, 7, 0, Quality::actual, 0, 0});
    const auto done = std::make_shared<std::promise<gateway::IngestReply>>();
    auto future = done->get_future();
    pipeline_->submit(std::move(batch), [done](gateway::IngestReply&& reply) { done->set_value(std::move(reply)); });
    return future.get();
  }
  ReplicationService& replication() { return *replication_; }
  [[nodiscard]] ShardId shard_of(const std::string& meter) const { return key_.shard_of(meter); }

 private:
  static persistence::JournalWriter::Options writer_options() {
    persistence::JournalWriter::Options options;
    options.reserve_bytes = 0;
    return options;
  }
  const std::size_t number_;
  SystemClock clock_;
  Metrics metrics_;
  const sharding::ShardKey key_{{}, kShards};
  persistence::MemoryJournal disk_;
  persistence::JournalWriter writer_;
  ShardWorkers workers_;
  std::unique_ptr<ReplicationService> replication_;
  std::unique_ptr<IngestPipeline> pipeline_;
};

using Nodes = std::vector<std::unique_ptr<TestNode>>;

Nodes make(std::size_t count, const sharding::Ring& ring) {
  Nodes nodes;
  for (std::size_t i = 0; i < count; ++i) nodes.push_back(std::make_unique<TestNode>(i, ring));
  return nodes;
}

/// Each of them sees these, and no others.
void meet(const Nodes& nodes, const std::vector<std::size_t>& live) {
  for (const std::size_t self : live) {
    cluster::View view;
    view.self = id_of(self);
    for (const std::size_t other : live) view.members.push_back(nodes[other]->member());
    nodes[self]->replication().set_view(std::make_shared<const cluster::View>(std::move(view)));
  }
}

/// Polls; the test's own time limit is what ends it when it never comes.
template <class Condition>
void wait_for(const Condition& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

bool holds(TestNode& node, const gateway::IngestReply& reply, const std::string& meter) {
  return node.replication().holds(gateway::parse_write_token(reply.token).value(), node.shard_of(meter));
}

void wait_writable(TestNode& node) {
  wait_for([&] { return node.replication().admission().can_write; });
}

TEST(ReplicationService, ABatchIsOnTwoDisksBeforeItIsAcknowledgedAndOnAllOfThemSoonAfter) {
  const Nodes nodes = make(3, ring_of(3));
  meet(nodes, {0, 1, 2});
  for (const auto& gateway : nodes) {
    wait_writable(*gateway);
    const gateway::IngestReply reply = gateway->submit("M1", 1'000);
    EXPECT_EQ(reply.stored, 1U);
    EXPECT_EQ(reply.ack, AckClass::durable);
    EXPECT_GE(reply.copies, 2);
    std::size_t copies = 0;
    for (const auto& node : nodes) copies += holds(*node, reply, "M1") ? 1U : 0U;
    EXPECT_GE(copies, 2U);
    for (const auto& node : nodes) wait_for([&] { return holds(*node, reply, "M1"); });
  }
}

TEST(ReplicationService, ANodeThatWasAwayGetsWhatItMissed) {
  const Nodes nodes = make(3, ring_of(3));
  meet(nodes, {0, 1});
  for (const std::size_t gateway : {0U, 1U}) wait_writable(*nodes[gateway]);
  std::vector<gateway::IngestReply> replies;
  for (int i = 0; i < 20; ++i) {
    replies.push_back(nodes[static_cast<std::size_t>(i) % 2]->submit("M" + std::to_string(i), 1'000 + i));
    EXPECT_EQ(replies.back().ack, AckClass::durable);
  }
  meet(nodes, {0, 1, 2});
  for (int i = 0; i < 20; ++i)
    wait_for([&] { return holds(*nodes[2], replies[static_cast<std::size_t>(i)], "M" + std::to_string(i)); });
}

TEST(ReplicationService, NothingIsTakenWhileTooFewNodesCanBeReached) {
  const Nodes nodes = make(1, ring_of(3));
  meet(nodes, {0});
  wait_for([&] { return nodes[0]->replication().admission().reachable == 1; });
  const gateway::IngestReply reply = nodes[0]->submit("M1", 1'000);
  EXPECT_EQ(reply.turned_away, gateway::Reason::busy);
  EXPECT_NE(reply.why.find("1 of 3 nodes can be reached, and each reading must be on 2"), std::string::npos);
}

TEST(ReplicationService, TwoNodesAnswerEachOthersQuestions) {
  const Nodes nodes = make(2, ring_of(2));
  meet(nodes, {0, 1});
  // Nobody answers there: the question comes to its end by its time limit.
  const auto answer = nodes[0]->replication().call(id_of(1), "anybody", 50'000'000);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::busy);
  EXPECT_EQ(nodes[0]->replication().call(id_of(7), "anybody", 20'000'000'000).error().code, ErrorCode::busy);
}

TEST(ReplicationService, ANodeThatLeavesIsNoLongerCountedOn) {
  const Nodes nodes = make(3, ring_of(3));
  meet(nodes, {0, 1, 2});
  wait_writable(*nodes[0]);
  nodes[2]->replication().leave(5'000);
  meet(nodes, {0, 1});
  const gateway::IngestReply reply = nodes[0]->submit("M1", 1'000);
  EXPECT_EQ(reply.ack, AckClass::durable);
  EXPECT_EQ(reply.copies, 2);
}

}  // namespace
}  // namespace wattring::app
