// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "node/sim/chaos_copies.hpp"
#include "node/sim/chaos_timeline.hpp"
#include "node/sim/chaos_waits.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kMs = 1'000'000;

ClientTrace batch(std::uint32_t client, std::int64_t due_ms, std::int64_t acked_ms, std::uint64_t stored = 10) {
  ClientTrace trace;
  trace.client = client;
  trace.batch.readings = 10;
  trace.batch.stored = stored;
  trace.batch.due_ns = due_ms * kMs;
  trace.batch.booked_ns = acked_ms * kMs;
  trace.batch.promise.ack_class = "DURABLE";
  return trace;
}

FaultRecord fault_at(std::int64_t at_ms) {
  FaultRecord fault;
  fault.kind = "kill";
  fault.node = "n2";
  fault.at_ms = at_ms;
  fault.took_hold = true;
  fault.proof = "ended by signal <9>";
  return fault;
}

ChaosReport report_of(const std::vector<ClientTrace>& traces) {
  ChaosReport report;
  report.plan.name = "kill-one";
  report.plan.duration_ms = 10'000;
  report.seed = 7;
  report.folder = "/out";
  report.replay = "wattringsim chaos run kill-one.toml --seed 7";
  report.load = figures_of(traces, 0, 10'000 * kMs);
  report.faults = {fault_at(2000)};
  report.faults[0].healed_ms = 5000;
  measure_waits(traces, 0, 10'000 * kMs, report.faults);
  NodeReading reading;
  reading.node = "n1";
  reading.counts.acked = 40;
  reading.counts.lost = 1;
  report.readings = {reading};
  report.evidence = {"lost M-1 <script>"};
  report.timeline = timeline_of(report);
  judge_chaos(report);
  return report;
}

const std::vector<ClientTrace> kTraces = {batch(0, 1000, 1005), batch(0, 1900, 2600), batch(1, 2100, 3400),
                                          batch(0, 4000, 4002), batch(1, 9000, 9001)};

TEST(ChaosWaits, TheLongestWaitAfterAFaultCountsFromTheDueTime) {
  std::vector<FaultRecord> faults = {fault_at(2000)};
  measure_waits(kTraces, 0, 10'000 * kMs, faults);
  EXPECT_EQ(faults[0].longest_ms, 1300);
  // What waited when the fault came is part of it, what was acknowledged before is not.
  EXPECT_EQ(faults[0].sent, 40U);
  EXPECT_EQ(faults[0].waited, 20U);
  EXPECT_EQ(faults[0].normal_ms, 1400);
  EXPECT_EQ(faults[0].first_ack_ms, 1400);
  EXPECT_EQ(faults[0].never_acked, 0U);
}

TEST(ChaosWaits, EachFaultHasItsOwnTimeAndWhatWasNeverTakenIsCounted) {
  std::vector<ClientTrace> traces = kTraces;
  traces.push_back(batch(1, 4500, 6000, 0));
  std::vector<FaultRecord> faults = {fault_at(2000), fault_at(3500)};
  measure_waits(traces, 0, 10'000 * kMs, faults);
  EXPECT_EQ(faults[0].longest_ms, 1300);
  EXPECT_EQ(faults[1].longest_ms, 2);
  EXPECT_EQ(faults[1].never_acked, 10U);
}

TEST(ChaosWaits, SilenceIsMeasuredForAllAndForEachClientUpToTheEnd) {
  const LoadFigures load = figures_of(kTraces, 0, 10'000 * kMs);
  EXPECT_EQ(load.sent, 50U);
  EXPECT_EQ(load.durable, 50U);
  EXPECT_EQ(load.longest_silence_ms, 4999);
  EXPECT_EQ(load.longest_client_silence_ms, 5998);
  EXPECT_EQ(load.longest_wait_ms, 1300);
  EXPECT_DOUBLE_EQ(load.within_second, 0.8);
  ASSERT_EQ(load.seconds.size(), 10U);
  EXPECT_EQ(load.seconds[2].due, 10U);
  EXPECT_EQ(load.seconds[2].longest_ms, 1300);
  EXPECT_EQ(load.seconds[3].acked, 10U);
}

TEST(ChaosReport, WhatIsWrittenIsReadAgain) {
  const ChaosReport report = report_of(kTraces);
  const auto again = parse_chaos_json(render_chaos_json(report));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(render_chaos_json(*again), render_chaos_json(report));
  EXPECT_EQ(render_chaos_text(*again), render_chaos_text(report));
  EXPECT_EQ(again->verdict, Verdict::fail);
  EXPECT_EQ(again->exit_code, 21);
}

TEST(ChaosReport, TheMachineReadableReportKeepsItsShape) {
  const auto json = nlohmann::json::parse(render_chaos_json(report_of(kTraces)));
  EXPECT_EQ(json.at("schema"), "wattring.chaos/1");
  EXPECT_EQ(json.at("verdict"), "FAIL");
  for (const char* key :
       {"seed", "version", "started", "replay", "folder", "plan", "exit_code", "reason", "trouble", "ring_ms",
        "quiet_ms", "not_quiet", "crashed", "faults", "timeline", "ledger", "readings", "copies", "evidence"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const char* key :
       {"kind", "node", "at_ms", "healed_ms", "took_hold", "proof", "longest_ms", "first_ack_ms", "normal_ms",
        "suspected_ms", "agreed_ms", "home_ms", "home_note", "sent", "waited", "never_acked"}) {
    EXPECT_TRUE(json.at("faults").at(0).contains(key)) << key;
  }
  for (const char* key : {"sent", "acked", "refused", "unknown", "durable", "held", "single", "seconds"}) {
    EXPECT_TRUE(json.at("ledger").contains(key)) << key;
  }
  for (const char* key : {"node", "acked", "lost", "doubled", "changed", "phantom", "unread"}) {
    EXPECT_TRUE(json.at("readings").at(0).contains(key)) << key;
  }
}

TEST(ChaosReport, WhatIsNoReportIsRefused) {
  EXPECT_FALSE(parse_chaos_json(""));
  EXPECT_FALSE(parse_chaos_json("{}"));
  EXPECT_FALSE(parse_chaos_json(R"({"schema":"wattring.check/1"})"));
  EXPECT_FALSE(parse_chaos_json(R"({"schema":"wattring.chaos/1","seed":"x"})"));
}

TEST(ChaosReport, ThePageNeedsNothingElseAndTrustsNoText) {
  const std::string page = render_chaos_html(report_of(kTraces));
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_NE(page.find("FAIL"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find(" src="), std::string::npos);
  EXPECT_EQ(page.find(" href="), std::string::npos);
}

TEST(ChaosReport, TheTerminalTellsTimelineEvidenceAndHowToDoItAgain) {
  const std::string text = render_chaos_text(report_of(kTraces));
  EXPECT_NE(text.find("+2.0   KILL -9 n2"), std::string::npos) << text;
  EXPECT_NE(text.find("+5.0   START n2"), std::string::npos) << text;
  EXPECT_NE(text.find("lost M-1"), std::string::npos) << text;
  EXPECT_NE(text.find("VERDICT  FAIL  data wrong: 1 acknowledged but missing"), std::string::npos) << text;
  EXPECT_NE(text.find("replay:  wattringsim chaos run kill-one.toml --seed 7"), std::string::npos) << text;
}

TEST(ChaosReport, JunitNamesWhatFailedAndIsXml) {
  ChaosReport report = report_of(kTraces);
  report.faults[0].took_hold = false;
  const std::string xml = render_chaos_junit(report);
  EXPECT_NE(xml.find("<testsuite name=\"chaos kill-one\" tests=\"5\" failures=\"3\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("name=\"1 kill of n2 took hold\"><failure message=\"ended by signal &lt;9&gt;\">"),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("name=\"no node ended badly\"/>"), std::string::npos) << xml;
  EXPECT_NE(xml.find("1 readings or intervals are wrong"), std::string::npos) << xml;
}

constexpr Register kAny{};

CopiesFound copies_of(const std::vector<StoredReading>& rotten, const std::vector<StoredReading>& whole) {
  CopiesBook book;
  book.rotten("n1");
  book.add("M-1", kAny, "n1", rotten);
  book.add("M-1", kAny, "n2", whole);
  book.add("M-1", kAny, "n3", whole);
  std::vector<std::string> evidence;
  return book.compare(3, evidence);
}

TEST(ChaosCopies, ADamagedDiskMayLackSomethingAndMustNotHaveAnythingElse) {
  const std::vector<StoredReading> whole = {{1, 10}, {2, 20}, {3, 30}};
  EXPECT_EQ(copies_of(whole, whole).left_out, 0U);
  EXPECT_EQ(copies_of({{1, 10}, {3, 30}}, whole).left_out, 1U);
  EXPECT_EQ(copies_of({{1, 10}, {3, 30}}, whole).differing, 0U);
  EXPECT_EQ(copies_of({{1, 10}, {2, 21}, {3, 30}}, whole).differing, 1U);
  EXPECT_EQ(copies_of({{1, 10}, {4, 40}}, whole).differing, 1U);
}

}  // namespace
}  // namespace wattring::sim
