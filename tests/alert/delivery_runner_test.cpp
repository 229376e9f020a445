// SPDX-License-Identifier: Apache-2.0
#include "node/alert/delivery_runner.hpp"

#include <gtest/gtest.h>

#include "tests/alert/delivery_fakes.hpp"

namespace wattring::alert {
namespace {

/// Answers what it is told to, and keeps what it was told.
class ScriptedSink final : public Sink {
 public:
  Answer tell(const Notification& row, std::int64_t) override {
    told.push_back(row.alert.id);
    return answer;
  }
  std::int64_t remind_every_ms() const override { return every_ms; }
  Answer remind(std::span<const Alert> firing, std::int64_t) override {
    reminded.push_back(firing.size());
    return remind_answer;
  }

  Answer answer;
  Answer remind_answer;
  std::int64_t every_ms = 0;
  std::vector<std::string> told;
  std::vector<std::size_t> reminded;
};

class SinkRunnerTest : public testing::Test {
 protected:
  SinkRunner runner() { return {doors_, sink_, board_, {}, Prng(3)}; }
  void until(SinkRunner& runner, std::int64_t span_ms) {
    const std::int64_t end = clock_.wall_ms() + span_ms;
    while (clock_.wall_ms() < end) clock_.advance(std::max<std::int64_t>(1, runner.step()));
  }
  void put(const std::string& id, const std::string& sink = "hook") {
    outbox_.put(notification(id, Event::firing, sink, clock_.wall_ms()));
  }
  std::string metrics() const { return metrics_.prometheus_text(); }

  FakeClock clock_;
  FakeOutbox outbox_;
  Metrics metrics_;
  ScriptedSink sink_;
  SinkBoard board_{{.name = "hook", .min_severity = Severity::warn}, metrics_};
  DeliveryDoors doors_{outbox_, clock_, metrics_, Log::silent()};
};

TEST_F(SinkRunnerTest, TakesItsOwnRowsAndLeavesTheOthers) {
  put("a", "other");
  put("b");
  SinkRunner runner = this->runner();
  EXPECT_EQ(runner.step(), 0);
  EXPECT_EQ(sink_.told, std::vector<std::string>{"b"});
  EXPECT_EQ(outbox_.size(), 1U);
  EXPECT_GT(runner.step(), 0);
}

TEST_F(SinkRunnerTest, ReadsAnOutboxOfManyPages) {
  for (int i = 0; i < 1000; ++i) put("a" + std::to_string(i));
  SinkRunner runner = this->runner();
  until(runner, kMsPerMinute);
  EXPECT_EQ(sink_.told.size(), 1000U);
  EXPECT_EQ(outbox_.size(), 0U);
}

TEST_F(SinkRunnerTest, AWokenSinkLooksAtOnceAndOneThatIsNotWokenLooksSoon) {
  SinkRunner runner = this->runner();
  EXPECT_EQ(runner.step(), 5000);
  put("a");
  EXPECT_EQ(runner.step(), 5000);
  EXPECT_TRUE(sink_.told.empty());
  board_.woken = true;
  (void)runner.step();
  EXPECT_EQ(sink_.told.size(), 1U);
  put("b");
  until(runner, 6000);
  EXPECT_EQ(sink_.told.size(), 2U);
}

TEST_F(SinkRunnerTest, WhatWasTakenIsNotSentAgainWhileTheDiskRefuses) {
  put("a");
  SinkRunner runner = this->runner();
  (void)runner.step();
  put("b");
  board_.woken = true;
  sink_.answer = {Answer::Kind::row_failed, 0, "500"};
  (void)runner.step();
  sink_.answer = {};
  outbox_.refuse(true);
  until(runner, kMsPerHour);
  EXPECT_EQ(sink_.told, (std::vector<std::string>{"a", "b", "b"}));
  EXPECT_EQ(outbox_.size(), 1U);
  outbox_.refuse(false);
  until(runner, 10 * kMsPerSecond);
  EXPECT_EQ(outbox_.size(), 0U);
  EXPECT_EQ(sink_.told.size(), 3U);
}

TEST_F(SinkRunnerTest, AFailingSinkShowsSinceWhenAndWhy) {
  put("a");
  sink_.answer = {Answer::Kind::sink_failed, 0, "no connection"};
  SinkRunner runner = this->runner();
  const std::int64_t since = clock_.wall_ms();
  until(runner, 10 * kMsPerMinute);
  EXPECT_EQ(board_.state(), (SinkState{"hook", since, "no connection", 1, 0}));
  sink_.answer = {};
  until(runner, 10 * kMsPerMinute);
  EXPECT_EQ(board_.state(), (SinkState{"hook", 0, "no connection", 0, 0}));
  EXPECT_NE(metrics().find("wattring_alert_notifications_total{sink=\"hook\",result=\"delivered\"} 1\n"),
            std::string::npos)
      << metrics();
  EXPECT_NE(metrics().find("wattring_alert_outbox_pending{sink=\"hook\"} 0\n"), std::string::npos) << metrics();
}

TEST_F(SinkRunnerTest, ARefusedNotificationIsADeadLetterAndCounted) {
  put("a");
  sink_.answer = {Answer::Kind::refused, 0, "400 what is this"};
  SinkRunner runner = this->runner();
  (void)runner.step();
  EXPECT_EQ(outbox_.dead_rows().size(), 1U);
  EXPECT_EQ(board_.state().dead, 1U);
  EXPECT_EQ(board_.state().last_error, "400 what is this");
}

TEST_F(SinkRunnerTest, RemindsOfWhatFiresAsOftenAsTheSinkWants) {
  sink_.every_ms = kMsPerMinute;
  put("a");
  Notification minor = notification("b", Event::firing, "nobody");
  minor.alert.severity = Severity::info;
  outbox_.put(minor);
  SinkRunner runner = this->runner();
  until(runner, 10 * kMsPerMinute);
  EXPECT_EQ(sink_.reminded, std::vector<std::size_t>(10, 1));
}

TEST_F(SinkRunnerTest, RemindersThatFailDoNotHoldUpNotifications) {
  sink_.every_ms = kMsPerMinute;
  sink_.remind_answer = {Answer::Kind::row_failed, 0, "500"};
  for (int i = 0; i < 5; ++i) put("a" + std::to_string(i));
  SinkRunner runner = this->runner();
  until(runner, 10 * kMsPerMinute);
  EXPECT_EQ(sink_.told.size(), 5U);
  EXPECT_GT(sink_.reminded.size(), 5U);
}

}  // namespace
}  // namespace wattring::alert
