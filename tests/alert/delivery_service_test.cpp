// SPDX-License-Identifier: Apache-2.0
#include "node/alert/delivery_service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "node/alert/http_post.hpp"
#include "tests/alert/delivery_fakes.hpp"
#include "tests/alert/delivery_receiver.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kLong = 10 * kMsPerMinute;  // longer than the test may take

std::string header(const Receiver::Request& request, const std::string& name) {
  const std::size_t at = request.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return request.head.substr(begin, request.head.find("\r\n", begin) - begin);
}

std::string alert_id(const Receiver::Request& request) {
  return nlohmann::json::parse(request.body)["alert"]["id"];
}

/// An outbox that fails as code does that has run out of memory.
class ThrowingOutbox final : public OutboxDoor {
 public:
  explicit ThrowingOutbox(FakeOutbox& behind) : behind_(behind) {}
  Result<std::vector<OutboxRow>> pending(std::uint64_t from, std::size_t limit) override {
    if (throws > 0 && throws-- > 0) throw std::bad_alloc();
    return behind_.pending(from, limit);
  }
  Result<void> delivered(const std::vector<std::uint64_t>& rows) override { return behind_.delivered(rows); }
  Result<void> dead(const std::vector<std::uint64_t>& rows) override { return behind_.dead(rows); }
  std::vector<Alert> open_alerts() override { return behind_.open_alerts(); }

  std::atomic<int> throws{0};

 private:
  FakeOutbox& behind_;
};

class DeliveryServiceTest : public testing::Test {
 protected:
  ~DeliveryServiceTest() override { stop(); }

  SinkOptions hook(const Receiver& receiver, std::int64_t timeout_ms, const std::string& name = "hook") {
    SinkOptions sink;
    sink.name = name;
    sink.kind = SinkKind::webhook;
    sink.url = parse_http_url(receiver.url()).value();
    sink.timeout_ms = timeout_ms;
    return sink;
  }
  void start(std::vector<SinkOptions> sinks) {
    DeliveryService::Options options;
    options.sinks = std::move(sinks);
    options.context = {"9.9", "", {}, Log::silent()};
    options.queue.backoff_min_ms = 20;
    options.queue.backoff_max_ms = 100;
    options.queue.per_second = 100'000;
    service_.emplace(options, DeliveryDoors{throwing_, clock_, metrics_, Log::silent()});
    service_->start();
  }
  void stop() {
    if (service_) service_->stop();
    service_.reset();
  }
  void put(const std::string& id, std::uint64_t count, const std::string& sink = "hook") {
    Notification row = notification(id, Event::firing, sink, clock_.wall_ms());
    row.alert.count = count;
    row.alert.revision = std::to_string(count) + ".00000000";
    outbox_.put(std::move(row));
    if (service_) service_->wake();
  }

  SystemClock clock_;
  Metrics metrics_;
  FakeOutbox outbox_;
  ThrowingOutbox throwing_{outbox_};
  Receiver receiver_;
  std::optional<DeliveryService> service_;
};

/// Every key was accepted, and those of an alert for the first time in the order of its transitions.
void expect_all(const std::vector<Receiver::Request>& requests, std::size_t alerts, std::uint64_t transitions) {
  std::map<std::string, std::vector<std::uint64_t>> firsts;
  std::set<std::string> keys;
  std::map<std::string, std::string> payloads;
  for (const Receiver::Request& request : requests) {
    const std::string key = header(request, "Idempotency-Key");
    auto body = nlohmann::json::parse(request.body);
    body.erase("sent");
    EXPECT_EQ(payloads.emplace(key, body.dump()).first->second, body.dump()) << key;
    if (request.accepted && keys.insert(key).second) firsts[alert_id(request)].push_back(body["alert"]["count"]);
  }
  EXPECT_EQ(firsts.size(), alerts);
  for (const auto& [id, counts] : firsts) {
    std::vector<std::uint64_t> expected(transitions);
    for (std::uint64_t i = 0; i < transitions; ++i) expected[i] = i + 1;
    EXPECT_EQ(counts, expected) << id;
  }
}

auto accepted(std::size_t keys) {
  return [keys](const std::vector<Receiver::Request>& requests) {
    std::set<std::string> seen;
    for (const auto& request : requests) {
      if (request.accepted) seen.insert(header(request, "Idempotency-Key"));
    }
    return seen.size() >= keys;
  };
}

TEST_F(DeliveryServiceTest, PostsWhatTheReceiverNeedsToKnow) {
  const test::TempDirectory folder;
  const std::string token = (folder.path() / "token").string();
  std::ofstream(token) << "first-secret\n";
  SinkOptions sink = hook(receiver_, kLong);
  sink.token_file = token;
  start({sink});
  put("a", 1);
  ASSERT_TRUE(receiver_.wait(accepted(1)));
  std::ofstream(token) << "second-secret\r\n";
  put("b", 1);
  ASSERT_TRUE(receiver_.wait(accepted(2)));
  const auto requests = receiver_.requests();
  EXPECT_TRUE(requests[0].head.starts_with("POST /hook?from=test HTTP/1.1\r\n")) << requests[0].head;
  EXPECT_EQ(header(requests[0], "Content-Type"), "application/json");
  EXPECT_EQ(header(requests[0], "User-Agent"), "wattring/9.9");
  EXPECT_EQ(header(requests[0], "Idempotency-Key"), "a:1.00000000");
  EXPECT_EQ(header(requests[0], "Authorization"), "Bearer first-secret");
  EXPECT_EQ(header(requests[1], "Authorization"), "Bearer second-secret");
}

TEST_F(DeliveryServiceTest, AReceiverThatIsKilledAndStartedAgainMissesNothing) {
  start({hook(receiver_, kLong)});
  for (std::uint64_t count = 1; count <= 10; ++count) {
    if (count == 4) receiver_.kill();
    if (count == 8) receiver_.start();
    for (int alert = 0; alert < 8; ++alert) put("a" + std::to_string(alert), count);
  }
  ASSERT_TRUE(receiver_.wait(accepted(80)));
  expect_all(receiver_.requests(), 8, 10);
}

TEST_F(DeliveryServiceTest, NothingIsLostOrReorderedWhateverTheReceiverDoes) {
  using Mode = Receiver::Mode;
  start({hook(receiver_, 100)});
  std::uint64_t count = 0;
  for (const Mode mode : {Mode::error, Mode::hang, Mode::cut, Mode::huge, Mode::busy, Mode::drip, Mode::good}) {
    receiver_.become(mode);
    const std::size_t before = receiver_.requests().size();
    ++count;
    for (int alert = 0; alert < 5; ++alert) put("a" + std::to_string(alert), count);
    ASSERT_TRUE(receiver_.wait_for_requests(before + 3));
  }
  ASSERT_TRUE(receiver_.wait(accepted(5 * count)));
  expect_all(receiver_.requests(), 5, count);
  EXPECT_TRUE(outbox_.wait_for_size(0));
  EXPECT_EQ(outbox_.dead_rows().size(), 0U);
}

TEST_F(DeliveryServiceTest, AnAnswerOfTenMegabytesIsAnAnswer) {
  receiver_.become(Receiver::Mode::huge);
  start({hook(receiver_, kLong)});
  put("a", 1);
  put("b", 1);
  EXPECT_TRUE(outbox_.wait_for_size(0));
  stop();
  EXPECT_EQ(receiver_.requests().size(), 2U);
}

TEST_F(DeliveryServiceTest, WhatIsRefusedIsDeadAndARedirectIsNotFollowed) {
  receiver_.become(Receiver::Mode::redirect);
  start({hook(receiver_, kLong)});
  put("a", 1);
  ASSERT_TRUE(receiver_.wait_for_requests(1));
  receiver_.become(Receiver::Mode::bad);
  put("b", 1);
  ASSERT_TRUE(receiver_.wait_for_requests(2));
  receiver_.become(Receiver::Mode::good);
  put("c", 1);
  ASSERT_TRUE(receiver_.wait_for_requests(3));
  ASSERT_TRUE(outbox_.wait_for_size(0));
  const auto states = service_->sink_states();
  stop();
  EXPECT_EQ(receiver_.requests().size(), 3U);
  EXPECT_EQ(outbox_.dead_rows().size(), 2U);
  EXPECT_EQ(states.at(0).dead, 2U);
  EXPECT_EQ(states.at(0).last_error, "400 what is this");
}

TEST_F(DeliveryServiceTest, ASinkThatHangsDelaysNobodyElseAndNoStop) {
  Receiver deaf;
  deaf.become(Receiver::Mode::hang);
  start({hook(deaf, kLong, "deaf"), hook(receiver_, kLong)});
  put("a", 1, "deaf");
  ASSERT_TRUE(deaf.wait_for_requests(1));
  for (std::uint64_t count = 1; count <= 20; ++count) put("b", count);
  ASSERT_TRUE(receiver_.wait(accepted(20)));
  ASSERT_TRUE(outbox_.wait_for_size(1));
  stop();
  EXPECT_EQ(deaf.requests().size(), 1U);
  EXPECT_EQ(outbox_.size(), 1U);
}

TEST_F(DeliveryServiceTest, WhatWasCutOffByAStopIsToldAfterTheNextStart) {
  receiver_.become(Receiver::Mode::hang);
  start({hook(receiver_, kLong)});
  put("a", 1);
  ASSERT_TRUE(receiver_.wait_for_requests(1));
  stop();
  receiver_.become(Receiver::Mode::good);
  start({hook(receiver_, kLong)});
  ASSERT_TRUE(receiver_.wait(accepted(1)));
  EXPECT_TRUE(outbox_.wait_for_size(0));
  const auto requests = receiver_.requests();
  EXPECT_EQ(header(requests.at(0), "Idempotency-Key"), header(requests.at(1), "Idempotency-Key"));
}

TEST_F(DeliveryServiceTest, ASinkWhoseCodeThrowsIsStartedAnew) {
  throwing_.throws = 3;
  start({hook(receiver_, kLong)});
  put("a", 1);
  ASSERT_TRUE(receiver_.wait(accepted(1)));
  EXPECT_EQ(throwing_.throws, 0);
}

TEST_F(DeliveryServiceTest, ItsActorsCanBeSeen) {
  start({hook(receiver_, kLong), hook(receiver_, kLong, "second")});
  put("a", 1);
  put("a", 1, "second");
  ASSERT_TRUE(outbox_.wait_for_size(0));
  const auto tree = service_->actors("/alerts", 2);
  ASSERT_TRUE(tree) << tree.error().text();
  std::vector<std::string> paths;
  for (const actor::ActorRow& row : tree->rows) paths.push_back(row.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/alerts", "/alerts/outbox", "/alerts/sinks", "/alerts/sinks/hook",
                                             "/alerts/sinks/second"}));
}

TEST_F(DeliveryServiceTest, ATokenThatIsMissingIsAFailingSinkAndNoRequest) {
  SinkOptions sink = hook(receiver_, kLong, "locked");
  sink.token_file = "/nonexistent/token";
  start({sink, hook(receiver_, kLong)});
  put("a", 1, "locked");
  put("b", 1);
  ASSERT_TRUE(outbox_.wait_for_size(1));
  stop();
  EXPECT_EQ(outbox_.size(), 1U);
  EXPECT_EQ(receiver_.requests().size(), 1U);
}

TEST_F(DeliveryServiceTest, AReceiverThatDoesNotSpeakTlsIsNotReached) {
  receiver_.become(Receiver::Mode::good);
  HttpUrl url = parse_http_url(receiver_.url()).value();
  url.tls = true;
  HttpPoster poster({url, "", 300, "test"});
  EXPECT_EQ(poster.post("{}").kind, Answer::Kind::sink_failed);
  EXPECT_TRUE(receiver_.requests().empty());
}

TEST_F(DeliveryServiceTest, NotificationsForASinkThatIsGoneBecomeDeadLettersWhenTheyAreOld) {
  outbox_.put(notification("old", Event::firing, "gone", clock_.wall_ms() - 2 * kMsPerDay));
  outbox_.put(notification("young", Event::firing, "gone", clock_.wall_ms()));
  start({hook(receiver_, kLong)});
  ASSERT_TRUE(outbox_.wait_for_size(1));
  EXPECT_EQ(outbox_.dead_rows().size(), 1U);
}

}  // namespace
}  // namespace wattring::alert
