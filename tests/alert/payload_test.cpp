// SPDX-License-Identifier: Apache-2.0
#include "node/alert/payload.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/alert/delivery_fakes.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kNow = 1'700'000'200'000;

Notification firing() {
  Notification row = notification("00ff00ff00ff00ff", Event::firing);
  row.alert.phase = "L1";
  row.alert.revision = "7.deadbeef";
  return row;
}

std::string to_alertmanager(const Notification& row, std::int64_t now_ms = kNow) {
  const Told told{&row.alert, row.summary};
  return alertmanager_body(std::span(&told, 1), now_ms, kMsPerMinute, "http://node:7414/api/v1/alerts/");
}

TEST(Payload, OfAWebhookIsAsDocumented) {
  EXPECT_EQ(
      webhook_body(firing(), kNow),
      R"({"schema":"wattring.notification/1","event":"firing","alert":{"id":"00ff00ff00ff00ff",)"
      R"("revision":"7.deadbeef","rule":"over-power","meter":"M-000731","phase":"L1","state":"firing",)"
      R"("severity":"critical","since":"2023-11-14T22:13:20Z","fired":"2023-11-14T22:14:20Z",)"
      R"("last":"2023-11-14T22:14:30Z","resolved":null,"value":9400,"count":7,"flapping":false,"told":true,)"
      R"("acked_by":null,"acked_at":null,"note":null},"summary":"too much power","sent":"2023-11-14T22:16:40Z"})");
}

TEST(Payload, OnlyTheTimeOfSendingDiffersBetweenRepeats) {
  auto first = nlohmann::json::parse(webhook_body(firing(), kNow));
  auto second = nlohmann::json::parse(webhook_body(firing(), kNow + 5000));
  EXPECT_NE(first, second);
  first.erase("sent");
  second.erase("sent");
  EXPECT_EQ(first, second);
}

TEST(Payload, AcknowledgementsHaveKeysOfTheirOwn) {
  Notification row = firing();
  EXPECT_EQ(idempotency_key(row), "00ff00ff00ff00ff:7.deadbeef");
  row.event = Event::acked;
  row.alert.acked_ms = kNow;
  EXPECT_EQ(idempotency_key(row), "00ff00ff00ff00ff:7.deadbeef:acked:1700000200000");
}

TEST(Payload, AFiringAlertEndsAtTheAlertmanagerUnlessItIsRepeated) {
  EXPECT_EQ(to_alertmanager(firing()),
            R"([{"labels":{"alertname":"over-power","meter":"M-000731","phase":"L1","severity":"critical",)"
            R"("wattring_id":"00ff00ff00ff00ff"},"annotations":{"summary":"too much power","state":"firing",)"
            R"("peak":"9400","count":"7","since":"2023-11-14T22:13:20Z","revision":"7.deadbeef"},)"
            R"("startsAt":"2023-11-14T22:13:20Z","endsAt":"2023-11-14T22:20:40Z",)"
            R"("generatorURL":"http://node:7414/api/v1/alerts/00ff00ff00ff00ff"}])");
}

TEST(Payload, EveryStateOfAnAlertHasTheSameLabels) {
  const auto labels = [](const Notification& row) { return nlohmann::json::parse(to_alertmanager(row))[0]["labels"]; };
  const auto expected = labels(notification("a", Event::firing));
  EXPECT_EQ(labels(notification("a", Event::resolved)), expected);
  EXPECT_EQ(labels(notification("a", Event::retracted)), expected);
  EXPECT_FALSE(expected.contains("phase"));
}

TEST(Payload, AResolvedAlertEndsWhenItDid) {
  const auto alert = nlohmann::json::parse(to_alertmanager(notification("a", Event::resolved)))[0];
  EXPECT_EQ(alert["endsAt"], "2023-11-14T22:15:00Z");
  EXPECT_FALSE(alert["annotations"].contains("retracted"));
}

TEST(Payload, ARetractedAlertIsAResolvedOneThatSaysSo) {
  const auto alert = nlohmann::json::parse(to_alertmanager(notification("a", Event::retracted)))[0];
  EXPECT_EQ(alert["endsAt"], "2023-11-14T22:15:00Z");
  EXPECT_EQ(alert["annotations"]["state"], "retracted");
  EXPECT_TRUE(alert["annotations"].contains("retracted"));
}

TEST(Payload, ForAnAlertmanagerNothingIsInTheFutureButTheEndOfWhatFires) {
  const std::int64_t early = 1'700'000'000'000 - kMsPerMinute;
  const auto fires = nlohmann::json::parse(to_alertmanager(firing(), early))[0];
  EXPECT_EQ(fires["startsAt"], "2023-11-14T22:12:20Z");
  const auto over = nlohmann::json::parse(to_alertmanager(notification("a", Event::resolved), early))[0];
  EXPECT_EQ(over["startsAt"], over["endsAt"]);
}

TEST(Payload, ASummaryIsMadeWhenTheRuleHasNone) {
  Notification row = firing();
  row.summary.clear();
  EXPECT_EQ(nlohmann::json::parse(to_alertmanager(row))[0]["annotations"]["summary"], "over-power at M-000731");
}

TEST(Payload, ALineForTheLogStaysALine) {
  Notification row = firing();
  row.summary = "two\nlines \"quoted\"";
  EXPECT_EQ(log_line(row), R"(event="firing" severity="critical" rule="over-power" meter="M-000731" phase="L1" )"
                           R"(since="2023-11-14T22:13:20Z" value=9400 count=7 key="00ff00ff00ff00ff:7.deadbeef" )"
                           R"(summary="two\nlines \"quoted\"")");
}

}  // namespace
}  // namespace wattring::alert
