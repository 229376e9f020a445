// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>

#include "node/alert/delivery_service.hpp"
#include "tests/alert/alertmanager_process.hpp"
#include "tests/alert/delivery_fakes.hpp"

namespace wattring::alert {
namespace {

/// Against a real Alertmanager.
class AlertmanagerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (Alertmanager::program().empty()) GTEST_SKIP() << "no Alertmanager here: scripts/setup --check installs it";
    alertmanager_.emplace();
  }
  void TearDown() override { stop(); }

  void start() {
    SinkOptions sink;
    sink.name = "am";
    sink.kind = SinkKind::alertmanager;
    sink.url = parse_http_url(alertmanager_->url()).value();
    sink.resend_ms = kMsPerSecond;
    DeliveryService::Options options;
    options.sinks = {sink};
    options.context = {"9.9", "http://127.0.0.1:7414/api/v1/alerts/",
                       [](const Alert& alert) { return alert.rule + "!"; }, Log::silent()};
    options.queue.backoff_min_ms = 50;
    options.queue.backoff_max_ms = 500;
    service_.emplace(options, DeliveryDoors{outbox_, clock_, metrics_, Log::silent()});
    service_->start();
  }
  void stop() {
    if (service_) service_->stop();
    service_.reset();
  }
  void put(const std::string& id, Event event) {
    Notification row = notification(id, event, "am", clock_.wall_ms());
    row.alert.meter = "M-" + id;
    row.alert.onset_ms = clock_.wall_ms() - kMsPerMinute;
    if (row.alert.resolved_ms != 0) row.alert.resolved_ms = clock_.wall_ms();
    row.summary = row.alert.rule + "!";
    outbox_.put(std::move(row));
    if (service_) service_->wake();
  }

  SystemClock clock_;
  Metrics metrics_;
  FakeOutbox outbox_;
  std::optional<Alertmanager> alertmanager_;
  std::optional<DeliveryService> service_;
};

using Alerts = Alertmanager::Alerts;

TEST_F(AlertmanagerTest, ShowsWhatFiresAndForgetsWhatIsResolvedOrRetracted) {
  start();
  put("a", Event::firing);
  put("b", Event::firing);
  put("c", Event::firing);
  EXPECT_EQ(alertmanager_->wait_for("state", {{"a", "firing"}, {"b", "firing"}, {"c", "firing"}}).size(), 3U);
  put("a", Event::resolved);
  put("b", Event::retracted);
  const Alerts expected{{"c", "over-power!"}};
  EXPECT_EQ(alertmanager_->wait_for("summary", expected), expected);
  EXPECT_TRUE(outbox_.wait_for_size(0));
  EXPECT_EQ(outbox_.dead_rows().size(), 0U);
}

TEST_F(AlertmanagerTest, OneThatWasKilledAndLostItsDiskLearnsAgainWhatFires) {
  start();
  put("a", Event::firing);
  put("b", Event::firing);
  ASSERT_EQ(alertmanager_->wait_for("state", {{"a", "firing"}, {"b", "firing"}}).size(), 2U);
  ASSERT_TRUE(outbox_.wait_for_size(0));
  alertmanager_->kill();
  put("b", Event::resolved);
  put("c", Event::firing);
  alertmanager_->start();
  const Alerts expected{{"a", "over-power!"}, {"c", "over-power!"}};
  EXPECT_EQ(alertmanager_->wait_for("summary", expected), expected);
  EXPECT_TRUE(outbox_.wait_for_size(0));
  EXPECT_EQ(outbox_.dead_rows().size(), 0U);
}

TEST_F(AlertmanagerTest, ANodeThatComesBackTellsAgainWhatFires) {
  start();
  put("a", Event::firing);
  ASSERT_TRUE(outbox_.wait_for_size(0));
  stop();
  alertmanager_->kill();
  alertmanager_->start();
  start();
  const Alerts expected{{"a", "firing"}};
  EXPECT_EQ(alertmanager_->wait_for("state", expected), expected);
}

TEST_F(AlertmanagerTest, WhatANodeThatIsGoneCannotRepeatEndsByItself) {
  start();
  put("a", Event::firing);
  ASSERT_EQ(alertmanager_->wait_for("state", {{"a", "firing"}}).size(), 1U);
  stop();
  EXPECT_EQ(alertmanager_->wait_for("state", {}), Alerts{});
}

}  // namespace
}  // namespace wattring::alert
