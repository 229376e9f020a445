// SPDX-License-Identifier: Apache-2.0
// What an erasure of a meter leaves of its alerts.
#include <gtest/gtest.h>

#include "tests/alert/troubled_shard.hpp"

namespace wattring::alert {
namespace {

constexpr std::string_view kHighRule = R"(
[[rule]]
name = "high"
kind = "threshold"
register = "1-0:1.7.0"
above = "5kW"
effective = 2026-01-01T00:00:00Z
)";
constexpr std::int64_t kErasedNowMs = kStart + kMsPerHour;

Alert alert_of(const std::string& meter, std::int64_t onset_ms, State state) {
  Alert alert;
  alert.id = alert_id("high", meter, "", onset_ms);
  alert.rule = "high";
  alert.meter = meter;
  alert.state = state;
  alert.onset_ms = alert.fired_ms = alert.last_ms = onset_ms;
  alert.peak = 6000;
  alert.count = 3;
  alert.told = true;
  alert.revision = revision_of(alert);
  return alert;
}

struct ErasedAlerts : testing::Test {
  ErasedAlerts() {
    for (const Alert& one : {old, firing, later, other}) alerts.load(one);
  }
  const Alert old = alert_of("M1", kStart, State::resolved);
  const Alert firing = alert_of("M1", kStart + 20 * kMsPerMinute, State::firing);
  const Alert later = alert_of("M1", kStart + 40 * kMsPerMinute, State::firing);
  const Alert other = alert_of("M2", kStart, State::firing);
  ShardAlerts alerts{policy(kHighRule)};
};

TEST_F(ErasedAlerts, ThoseThatBeganBeforeLeaveTheRecordAndNoOthers) {
  const auto gone = alerts.erase_before("M1", later.onset_ms, kErasedNowMs);
  EXPECT_EQ(gone.ids.size(), 2U);
  EXPECT_EQ(alerts.book().find(old.id), nullptr);
  EXPECT_EQ(alerts.book().find(firing.id), nullptr);
  EXPECT_NE(alerts.book().find(later.id), nullptr);
  EXPECT_NE(alerts.book().find(other.id), nullptr);
  EXPECT_TRUE(alerts.erase_before("M1", later.onset_ms, kErasedNowMs).ids.empty());
}

TEST_F(ErasedAlerts, TheSinksOfOneThatFiresHearThatItIsRetracted) {
  const auto gone = alerts.erase_before("M1", later.onset_ms, kErasedNowMs);
  ASSERT_EQ(gone.notifications.size(), 1U);
  EXPECT_EQ(gone.notifications.front().event, Event::retracted);
  EXPECT_EQ(gone.notifications.front().alert.id, firing.id);
}

TEST_F(ErasedAlerts, WhoDoesNotSpeakTellsNobody) {
  alerts.set_voice({false, false});
  EXPECT_TRUE(alerts.erase_before("M1", later.onset_ms, kErasedNowMs).notifications.empty());
}

}  // namespace
}  // namespace wattring::alert
