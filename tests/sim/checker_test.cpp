// SPDX-License-Identifier: Apache-2.0
#include "node/sim/checker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/time.hpp"
#include "node/sim/check_report.hpp"
#include "node/sim/interval_oracle.hpp"

namespace wattring::sim {
namespace {

constexpr Register kReg = obis(1, 0, 1, 8, 0);
constexpr Register kGauge = obis(1, 0, 1, 7, 0);
constexpr std::int64_t kBegin = 1'700'000'100'000;  // on the grid of quarters

// A cluster in memory, whose answers the tests spoil.
class FakeCluster final : public ReadBack {
 public:
  std::map<Register, std::vector<StoredReading>> stored;
  std::vector<StoredInterval> quarters;
  int incomplete_answers = 0;
  int failing_answers = 0;
  int patience = 0;

  Result<Answer<StoredReading>> readings(std::string_view, Register reg, std::int64_t from_ms,
                                         std::int64_t to_ms) override {
    if (failing_answers-- > 0) return fail(ErrorCode::io, "connection refused");
    Answer<StoredReading> answer;
    answer.complete = incomplete_answers-- <= 0;
    for (const StoredReading& row : stored[reg]) {
      if (row.time_ms >= from_ms && row.time_ms < to_ms) answer.rows.push_back(row);
    }
    return answer;
  }
  Result<Answer<StoredInterval>> intervals(std::string_view, Register, std::int64_t from_ms,
                                           std::int64_t to_ms) override {
    Answer<StoredInterval> answer;
    answer.complete = true;
    for (const StoredInterval& row : quarters) {
      if (row.start_ms >= from_ms && row.end_ms <= to_ms) answer.rows.push_back(row);
    }
    return answer;
  }
  bool wait_again() override { return patience-- > 0; }
};

// Ten acknowledged readings a quarter apart, and a cluster that has them.
class CheckMeter : public ::testing::Test {
 protected:
  CheckMeter() {
    for (std::int64_t i = 0; i < 10; ++i) {
      const std::int64_t time = kBegin + i * kQuarterMs;
      sent.push_back({time, 1000 + 5 * i, kReg, SentStatus::acked});
      cluster.stored[kReg].push_back({time, 1000 + 5 * i});
      if (i < 9) cluster.quarters.push_back({time, time + kQuarterMs, 5});
    }
    scope.from_ms = kBegin;
    scope.to_ms = kBegin + 10 * kQuarterMs;
  }
  MeterCheck run() { return check_meter("M-000731", sent, scope, cluster); }
  std::vector<StoredReading>& rows() { return cluster.stored[kReg]; }
  static void expect_fail(const MeterCheck& check, std::string_view evidence) {
    EXPECT_EQ(judge(check.counts, 0.1).verdict, Verdict::fail);
    ASSERT_EQ(check.evidence.size(), 1U);
    EXPECT_EQ(check.evidence[0].text, evidence);
  }

  std::vector<SentReading> sent;
  FakeCluster cluster;
  CheckScope scope;
};

TEST_F(CheckMeter, PassesAFaithfulCluster) {
  const MeterCheck check = run();
  EXPECT_EQ(judge(check.counts, 0.1).verdict, Verdict::pass);
  EXPECT_EQ(check.counts.acked, 10U);
  EXPECT_EQ(check.counts.intervals_right, 9U);
  EXPECT_TRUE(check.evidence.empty());
}

TEST_F(CheckMeter, FailsOnALostReading) {
  scope.intervals = false;
  rows().erase(rows().begin() + 3);
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.lost, 1U);
  expect_fail(check, "M-000731 1-0:1.8.0 2023-11-14T23:00:00Z acked 1015, not stored");
}

TEST_F(CheckMeter, FailsOnADoubledReading) {
  rows().insert(rows().begin() + 3, rows()[3]);
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.doubled, 1U);
  expect_fail(check, "M-000731 1-0:1.8.0 2023-11-14T23:00:00Z stored again with 1015");
}

TEST_F(CheckMeter, FailsOnAChangedValue) {
  scope.intervals = false;
  rows()[3].value = 1016;
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.changed, 1U);
  expect_fail(check, "M-000731 1-0:1.8.0 2023-11-14T23:00:00Z acked 1015, stored 1016");
}

TEST_F(CheckMeter, FailsOnAValueThatBecameMissing) {
  scope.intervals = false;
  rows()[3].value = std::nullopt;
  expect_fail(run(), "M-000731 1-0:1.8.0 2023-11-14T23:00:00Z acked 1015, stored no value");
}

TEST_F(CheckMeter, FailsOnAPhantom) {
  scope.intervals = false;
  rows().insert(rows().begin() + 1, StoredReading{kBegin + 60'000, 1001});
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.phantom, 1U);
  expect_fail(check, "M-000731 1-0:1.8.0 2023-11-14T22:16:00Z stored 1001, never sent");
}

TEST_F(CheckMeter, FailsOnAWrongInterval) {
  cluster.quarters[2].value = 4;
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.intervals_wrong, 1U);
  expect_fail(check, "M-000731 1-0:1.8.0 2023-11-14T22:45:00Z interval must be 5, is 4");
}

TEST_F(CheckMeter, FailsOnAnIntervalThatIsNotGivenOrHasNoValue) {
  cluster.quarters[2].value = std::nullopt;
  cluster.quarters.erase(cluster.quarters.begin() + 5);
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.intervals_wrong, 2U);
  EXPECT_EQ(judge(check.counts, 0.1).verdict, Verdict::fail);
}

TEST_F(CheckMeter, FailsWhenARefusedReadingIsStored) {
  sent[3].status = SentStatus::refused;
  expect_fail(run(), "M-000731 1-0:1.8.0 2023-11-14T23:00:00Z refused 1015, but stored");
}

TEST_F(CheckMeter, AllowsUnknownReadingsToBeThereOrNot) {
  scope.intervals = false;
  sent[3].status = SentStatus::unknown;
  sent[4].status = SentStatus::unknown;
  rows().erase(rows().begin() + 3);
  const MeterCheck check = run();
  EXPECT_EQ(judge(check.counts, 0.1).verdict, Verdict::pass);
  EXPECT_EQ(check.counts.unknown_stored, 1U);
  EXPECT_EQ(check.counts.unknown_not_stored, 1U);
}

TEST_F(CheckMeter, AnUnknownReadingMustStillHaveItsValue) {
  scope.intervals = false;
  sent[3].status = SentStatus::unknown;
  rows()[3].value = 3;
  expect_fail(run(), "M-000731 1-0:1.8.0 2023-11-14T23:00:00Z sent 1015, stored 3");
}

TEST_F(CheckMeter, ARepeatThatWasAckedOnceMustBeThere) {
  scope.intervals = false;
  sent.push_back(sent[3]);
  sent.back().status = SentStatus::unknown;
  EXPECT_EQ(run().counts.acked, 10U);
  rows().erase(rows().begin() + 3);
  EXPECT_EQ(run().counts.lost, 1U);
}

TEST_F(CheckMeter, TakesEitherOfTwoValuesThatWereSentForOneKey) {
  scope.intervals = false;
  sent.push_back({sent[3].time_ms, 99, kReg, SentStatus::acked});
  EXPECT_EQ(judge(run().counts, 0.1).verdict, Verdict::pass);
  rows()[3].value = 99;
  EXPECT_EQ(judge(run().counts, 0.1).verdict, Verdict::pass);
  rows()[3].value = 98;
  EXPECT_EQ(run().counts.changed, 1U);
}

TEST_F(CheckMeter, ChecksEveryRegisterAndNoIntervalsOfGauges) {
  sent.push_back({kBegin, 230, kGauge, SentStatus::acked});
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.lost, 1U);
  EXPECT_EQ(check.evidence[0].text, "M-000731 1-0:1.7.0 2023-11-14T22:15:00Z acked 230, not stored");
}

TEST_F(CheckMeter, WaitsForACompleteAnswer) {
  cluster.incomplete_answers = 3;
  cluster.failing_answers = 2;
  cluster.patience = 5;
  EXPECT_EQ(judge(run().counts, 0.1).verdict, Verdict::pass);
}

TEST_F(CheckMeter, IsInconclusiveWhenTheAnswerStaysIncomplete) {
  cluster.incomplete_answers = 1000;
  cluster.patience = 5;
  const MeterCheck check = run();
  EXPECT_EQ(judge(check.counts, 0.1).verdict, Verdict::inconclusive);
  EXPECT_EQ(check.counts.unread, 1U);
  EXPECT_EQ(check.unread_reason, "M-000731 1-0:1.8.0: the node says its answer is not complete");
}

TEST_F(CheckMeter, IsInconclusiveWhenNothingCanBeRead) {
  cluster.failing_answers = 1000;
  EXPECT_EQ(judge(run().counts, 0.1).verdict, Verdict::inconclusive);
}

TEST_F(CheckMeter, IsInconclusiveWhenTooLittleWasAcked) {
  for (std::size_t i = 1; i < sent.size(); ++i) sent[i].status = SentStatus::unknown;
  EXPECT_EQ(judge(run().counts, 0.5).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(run().counts, 0.1).verdict, Verdict::pass);
  sent[0].status = SentStatus::unknown;
  EXPECT_EQ(judge(run().counts, 0).verdict, Verdict::inconclusive);
}

TEST_F(CheckMeter, KeepsTheFirstTwentyLinesOfEvidenceAndCountsTheRest) {
  sent.clear();
  for (std::int64_t i = 0; i < 50; ++i) sent.push_back({kBegin + i, i, kReg, SentStatus::acked});
  rows().clear();
  const MeterCheck check = run();
  EXPECT_EQ(check.counts.lost, 50U);
  EXPECT_EQ(check.evidence.size(), kEvidenceMax);
}

TEST(Judge, DataThatIsWrongBeatsDataThatCouldNotBeRead) {
  CheckCounts counts;
  counts.acked = 5;
  counts.lost = 1;
  counts.unread = 3;
  EXPECT_EQ(judge(counts, 0.1).verdict, Verdict::fail);
  EXPECT_EQ(judge(counts, 0.1).reason, "1 lost");
}

TEST(CheckReport, StatesTheSampleTheCountsAndTheVerdict) {
  CheckReport report;
  report.ledger = "ledger-7.bin";
  report.ending = "killed";
  report.meters_in_ledger = 10'000;
  report.sample_seed = 3;
  report.counts.meters = 2000;
  report.counts.acked = 1'234'567;
  report.counts.lost = 25;
  report.evidence.push_back({Finding::lost, "M-000731 1-0:1.8.0 2026-02-11T13:00:00Z acked 123, not stored"});
  report.judgement = judge(report.counts, 0.1);
  const std::string text = render_check(report);
  EXPECT_NE(text.find("checked     2,000 of 10,000 meters, drawn with seed 3"), std::string::npos) << text;
  EXPECT_NE(text.find("acked 1,234,567"), std::string::npos) << text;
  EXPECT_NE(text.find("lost      M-000731 1-0:1.8.0 2026-02-11T13:00:00Z acked 123, not stored"), std::string::npos);
  EXPECT_NE(text.find("and 24 more"), std::string::npos) << text;
  EXPECT_NE(text.find("VERDICT  FAIL  25 lost"), std::string::npos) << text;
}

}  // namespace
}  // namespace wattring::sim
