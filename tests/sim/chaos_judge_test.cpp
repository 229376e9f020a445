// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/sim/chaos_copies.hpp"
#include "node/sim/chaos_report.hpp"

namespace wattring::sim {
namespace {

constexpr Register kReg = obis(1, 0, 1, 8, 0);

// A run in which all went well; the tests spoil it.
ChaosReport good() {
  ChaosReport report;
  report.plan.nodes = 3;
  report.plan.duration_ms = 10'000;
  report.plan.load.rate = 1000;
  report.plan.faults.resize(1);
  FaultRecord fault;
  fault.kind = "kill";
  fault.node = "n2";
  fault.took_hold = true;
  fault.proof = "ended by signal 9";
  fault.sent = 5000;
  fault.longest_ms = 300;
  fault.home_ms = 2500;
  report.faults.push_back(fault);
  report.load.sent = report.load.acked = 10'000;
  for (const char* name : {"n1", "n2", "n3"}) {
    NodeReading reading;
    reading.node = name;
    reading.counts.meters = 10;
    reading.counts.acked = 10'000;
    report.readings.push_back(reading);
  }
  report.copies.registers = 30;
  report.copies.expected = 3;
  return report;
}

template <class Spoil>
ChaosReport judged(Spoil spoil) {
  ChaosReport report = good();
  spoil(report);
  judge_chaos(report);
  return report;
}

TEST(ChaosJudge, ARunInWhichAllHeldPasses) {
  const ChaosReport report = judged([](ChaosReport&) {});
  EXPECT_EQ(report.verdict, Verdict::pass) << report.reason;
  EXPECT_EQ(report.exit_code, 0);
}

TEST(ChaosJudge, WrongDataFailsHoweverFewNodesShowIt) {
  const auto fails = [](auto spoil, std::string_view word) {
    const ChaosReport report = judged(spoil);
    EXPECT_EQ(report.verdict, Verdict::fail);
    EXPECT_EQ(report.exit_code, 21);
    EXPECT_NE(report.reason.find(word), std::string::npos) << report.reason;
  };
  fails([](ChaosReport& report) { report.readings[2].counts.lost = 1; }, "1 acknowledged but missing");
  fails([](ChaosReport& report) { report.readings[0].counts.changed = 2; }, "2 changed");
  fails([](ChaosReport& report) { report.readings[1].counts.doubled = 1; }, "1 stored twice");
  fails([](ChaosReport& report) { report.readings[1].counts.phantom = 1; }, "1 never sent");
  fails([](ChaosReport& report) { report.readings[1].counts.intervals_wrong = 1; }, "1 intervals wrong");
  fails([](ChaosReport& report) { report.copies.differing = 1; }, "different copies");
}

TEST(ChaosJudge, WithoutProofThereIsNoVerdict) {
  const auto undecided = [](auto spoil, std::string_view word) {
    const ChaosReport report = judged(spoil);
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_EQ(report.exit_code, 22);
    EXPECT_NE(report.reason.find(word), std::string::npos) << report.reason;
  };
  undecided([](ChaosReport& report) { report.faults[0].took_hold = false; }, "did not take hold");
  undecided([](ChaosReport& report) { report.faults.clear(); }, "no fault was done");
  undecided([](ChaosReport& report) { report.faults[0].sent = 0; }, "no reading was due");
  undecided([](ChaosReport& report) { report.load.acked = 4'000; }, "too little load");
  undecided([](ChaosReport& report) { report.readings.pop_back(); }, "through 2 of 3");
  undecided([](ChaosReport& report) { report.readings[1].counts.unread = 1; }, "n2 did not give");
  undecided([](ChaosReport& report) { report.copies.unread = 1; }, "not read");
  undecided([](ChaosReport& report) { report.trouble = "n1 did not start"; }, "n1 did not start");
}

TEST(ChaosJudge, AMissedLimitFailsByItself) {
  const auto misses = [](auto spoil, std::string_view word) {
    const ChaosReport report = judged(spoil);
    EXPECT_EQ(report.verdict, Verdict::fail);
    EXPECT_EQ(report.exit_code, 20);
    EXPECT_NE(report.reason.find(word), std::string::npos) << report.reason;
  };
  misses([](ChaosReport& report) { report.faults[0].longest_ms = 2001; }, "RTO 2001 ms");
  misses([](ChaosReport& report) { report.faults[0].never_acked = 1; }, "never taken");
  misses([](ChaosReport& report) { report.faults[0].home_ms = 5001; }, "after 5001 ms");
  misses(
      [](ChaosReport& report) {
        report.faults[0].home_ms = -1;
        report.faults[0].home_note = "never, of 4 meters";
      },
      "complete answers never");
  misses([](ChaosReport& report) { report.not_quiet = "n2 fills 3 shards"; }, "n2 fills 3 shards");
  misses([](ChaosReport& report) { report.crashed = "n1"; }, "ended badly");
  misses([](ChaosReport& report) { report.copies.too_few = 1; }, "fewer than 3 nodes");
}

TEST(ChaosJudge, WrongDataBeatsWhatIsInconclusiveAndThatALimit) {
  EXPECT_EQ(judged([](ChaosReport& report) {
              report.readings[0].counts.lost = 1;
              report.faults[0].took_hold = false;
            }).exit_code,
            21);
  EXPECT_EQ(judged([](ChaosReport& report) {
              report.faults[0].longest_ms = 9000;
              report.faults[0].took_hold = false;
            }).exit_code,
            22);
}

TEST(ChaosCopies, OwnersThatGiveTheSameAgree) {
  CopiesBook book;
  for (const char* node : {"n1", "n2", "n3"}) book.add("M-1", kReg, node, {{1000, 5}, {2000, 6}});
  std::vector<std::string> evidence;
  const CopiesFound found = book.compare(3, evidence);
  EXPECT_EQ(found.registers, 1U);
  EXPECT_EQ(found.differing, 0U);
  EXPECT_EQ(found.too_few, 0U);
  EXPECT_TRUE(evidence.empty());
}

TEST(ChaosCopies, ALostAChangedAndADoubledCopyAreFound) {
  CopiesBook book;
  book.add("M-1", kReg, "n1", {{1000, 5}, {2000, 6}});
  book.add("M-1", kReg, "n2", {{1000, 5}});
  book.add("M-2", kReg, "n1", {{1000, 5}});
  book.add("M-2", kReg, "n2", {{1000, 7}});
  book.add("M-3", kReg, "n1", {{1000, 5}, {1000, 5}});
  book.add("M-3", kReg, "n2", {{1000, 5}});
  std::vector<std::string> evidence;
  EXPECT_EQ(book.compare(2, evidence).differing, 3U);
  ASSERT_EQ(evidence.size(), 3U);
  EXPECT_NE(evidence[0].find("n1 has 6 (2 readings) n2 has nothing (1 readings)"), std::string::npos) << evidence[0];
  EXPECT_NE(evidence[1].find("n1 has 5 (1 readings) n2 has 7"), std::string::npos) << evidence[1];
}

TEST(ChaosCopies, TooFewOwnersAreFoundAndSoIsWhatCouldNotBeRead) {
  CopiesBook book;
  book.add("M-1", kReg, "n1", {{1000, 5}});
  book.unread("M-1", kReg);
  std::vector<std::string> evidence;
  const CopiesFound found = book.compare(2, evidence);
  EXPECT_EQ(found.too_few, 1U);
  EXPECT_EQ(found.unread, 1U);
}

}  // namespace
}  // namespace wattring::sim
