// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/alert/rule.hpp"
#include "node/ctl/rule_texts.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"

namespace wattring::ctl {
namespace {

const std::string kList = "/api/v1/alerts?limit=1000";

std::string alerts(const std::string& rows, int total) {
  return R"({"schema":"wattring.alerts/1","at":"2026-02-11T13:07:30Z","alerts":[)" + rows + R"(],"total":)" +
         std::to_string(total) + "}";
}

const std::string kBoth = alerts(replies::kFiring + "," + replies::kAcked, 2);

Ctl ctl_of_kim() {
  Ctl ctl;
  ctl.environment["USER"] = "kim";
  return ctl;
}

/// The body of the last request.
Json sent(const Ctl& ctl) {
  return *parse_json(ctl.nodes.seen.back().request.body);
}

TEST(Alerts, ListWhatIsOpen) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"alerts"}, {"alerts", "list"}}) {
    Ctl ctl;
    ctl.nodes.answer(kList, 200, kBoth);
    const Ran ran = ctl.run(arguments);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(matches_golden("alerts.txt", ran.out));
  }
}

TEST(Alerts, HaveASchemaRowsAndAColumnForEachField) {
  Ctl ctl;
  ctl.nodes.answer(kList, 200, kBoth);
  EXPECT_TRUE(matches_golden("alerts.schema", shape_of(ctl.run({"alerts", "-o", "json"}).out)));
  EXPECT_TRUE(matches_golden("alerts.csv", ctl.run({"alerts", "-o", "csv"}).out));
  const Ran lines = ctl.run({"alerts", "list", "-o", "jsonl"});
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 2);
  EXPECT_EQ(lines.out.find(R"({"schema":"wattring.alerts/1","id":"5f2a91c0d3e4b718")"), 0U) << lines.out;
}

TEST(Alerts, NoneIsSaidToo) {
  Ctl ctl;
  ctl.nodes.answer(kList, 200, alerts("", 0));
  EXPECT_EQ(ctl.run({"alerts"}).out, "No alert is open.\n");
}

TEST(Alerts, SayWhenTheListWasCut) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/alerts?limit=1", 200, alerts(replies::kFiring, 1200));
  const Ran ran = ctl.run({"alerts", "list", "--limit", "1"});
  EXPECT_NE(ran.out.find("1 firing; 1 of 1,200 shown.  More:"), std::string::npos) << ran.out;
}

TEST(Alerts, AreFilteredByTheNode) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/alerts?limit=1000&state=acked&rule=over%2A&meter=EM-%3F", 200, kBoth);
  EXPECT_EQ(ctl.run({"alerts", "list", "--state", "acked", "--rule", "over*", "--meter", "EM-?"}).code, 0);
  EXPECT_EQ(ctl.run({"alerts", "list", "--state", "resolved"}).code, 2) << "that is history";
}

TEST(Alerts, AreWatchedLikeEverythingThatOnlyLooks) {
  Ctl ctl;
  ctl.nodes.answer(kList, 200, alerts("", 0));
  ctl.nodes.answer(kList, 200, alerts("", 0));
  ctl.nodes.answer(kList, 200, kBoth);
  ctl.sleeps_until_stop = 3;
  const Ran ran = ctl.run({"alerts", "--watch", "-o", "jsonl"});
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2) << "two rows, told once";
}

TEST(AlertHistory, ShowsWhenEachEnded) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/alerts?limit=1000&history=true&from=1770728850000", 200,
                   alerts(replies::kFiring + "," + replies::kResolved, 2));
  const Ran ran = ctl.run({"alerts", "history", "--from=-24h"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("alerts_history.txt", ran.out));
}

TEST(AlertHistory, ATimeThatIsNoneIsRefusedBeforeANodeIsAsked) {
  Ctl ctl;
  EXPECT_EQ(ctl.run({"alerts", "history", "--from", "noon"}).code, 2);
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST(AlertAck, SendsWhoAndWhat) {
  Ctl ctl = ctl_of_kim();
  ctl.nodes.answer("POST /api/v1/alerts/5f2a/ack", 200,
                   R"({"schema":"wattring.alerts-ack/1","alert":)" + replies::kAcked + "}");
  const Ran ran = ctl.run({"alerts", "ack", "5f2a", "--note", "electrician is on the way"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "Acknowledged 0b71d2aa90ce4412: voltage-low of EM-7 L2, acked\n");
  EXPECT_EQ(ctl.nodes.seen.back().request.content_type, "application/json");
  EXPECT_EQ(sent(ctl)["user"].string(), "kim");
  EXPECT_EQ(sent(ctl)["note"].string(), "electrician is on the way");
  EXPECT_TRUE(matches_golden("alerts_ack.schema", shape_of(ctl.run({"alerts", "ack", "5f2a", "-o", "json"}).out)));
  (void)ctl.run({"alerts", "ack", "5f2a", "--user", "robin"});
  EXPECT_EQ(sent(ctl)["user"].string(), "robin");
}

TEST(AlertAck, NeedsSomebody) {
  Ctl ctl;
  const Ran ran = ctl.run({"alerts", "ack", "5f2a"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("--user NAME"), std::string::npos) << ran.err;
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST(AlertAck, IsNeverWatched) {
  Ctl ctl = ctl_of_kim();
  const Ran ran = ctl.run({"alerts", "ack", "5f2a", "--watch"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST(AlertAck, WhetherItHappenedIsNotKnownWhenNobodyAnswers) {
  Ctl ctl = ctl_of_kim();
  const Ran ran = ctl.run({"alerts", "ack", "5f2a"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("fell silent is not known"), std::string::npos) << ran.err;
}

constexpr const char* kMade =
    R"({"schema":"wattring.alerts-mute/1","silence":{"id":"00c0ffee","rule":"over-power","meter":"EM-3",)"
    R"("from":"2026-02-11T13:07:30Z","until":"2026-02-11T15:07:30Z","active":true,"by":"kim","why":"tests"}})";

TEST(AlertMute, TakesRuleAndMeterOfAnAlert) {
  Ctl ctl = ctl_of_kim();
  ctl.nodes.answer("/api/v1/alerts?limit=10000", 200, kBoth);
  ctl.nodes.answer("POST /api/v1/silences", 200, kMade);
  const Ran ran = ctl.run({"alerts", "mute", "5f2a", "--for", "2h", "--why", "tests"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("alerts_mute.txt", ran.out));
  EXPECT_EQ(sent(ctl).compact(), R"({"rule":"over-power","meter":"EM-3","for":"2h","by":"kim","why":"tests"})");
  EXPECT_TRUE(
      matches_golden("alerts_mute.schema",
                     shape_of(ctl.run({"alerts", "mute", "5f2a", "--for", "2h", "--why", "tests", "-o", "json"}).out)));
}

TEST(AlertMute, TakesPatternsAndAWindowAhead) {
  Ctl ctl = ctl_of_kim();
  ctl.nodes.answer("POST /api/v1/silences", 200, kMade);
  const Ran ran = ctl.run(
      {"alerts", "mute", "--meter", "EM-*", "--from", "+1h", "--until", "2026-02-12", "--why", "x", "--by", "robin"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(sent(ctl).compact(),
            R"({"rule":"*","meter":"EM-*","from":"2026-02-11T14:07:30Z","until":"2026-02-11T23:00:00Z","by":"robin",)"
            R"("why":"x"})");
}

TEST(AlertMute, AWindowAheadIsAsLongAsItSaysHoweverTimePasses) {
  Ctl ctl = ctl_of_kim();
  ctl.clock.look_takes_ms = 1'000;
  ctl.nodes.answer("POST /api/v1/silences", 200, kMade);
  EXPECT_EQ(ctl.run({"alerts", "mute", "--rule", "x", "--from", "+1h", "--until", "+3h", "--why", "x"}).code, 0);
  const Json body = sent(ctl);
  EXPECT_EQ(*parse_rfc3339(body["until"].string()) - *parse_rfc3339(body["from"].string()), 2 * kMsPerHour)
      << body.compact();
}

TEST(AlertMute, RefusesWhatHasNoEndNoReasonOrNoSubject) {
  for (const std::vector<std::string>& rest :
       std::vector<std::vector<std::string>>{{"--rule", "a", "--why", "x"},
                                             {"--rule", "a", "--for", "2h"},
                                             {"--for", "2h", "--why", "x"},
                                             {"5f2a", "--rule", "a", "--for", "2h", "--why", "x"},
                                             {"5f", "--for", "2h", "--why", "x"},
                                             {"--rule", "a", "--for", "2h", "--until", "+2h", "--why", "x"}}) {
    Ctl ctl = ctl_of_kim();
    std::vector<std::string> arguments{"alerts", "mute"};
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    const Ran ran = ctl.run(arguments);
    EXPECT_EQ(ran.code, 2) << rest.back();
    EXPECT_NE(ran.err, "");
    EXPECT_TRUE(ctl.nodes.seen.empty());
  }
}

TEST(AlertMute, AnIdThatFitsNoneOrSeveralSilencesNothing) {
  Ctl ctl = ctl_of_kim();
  ctl.nodes.answer("/api/v1/alerts?limit=10000", 200, alerts(replies::kFiring + "," + replies::kFiring, 2));
  EXPECT_EQ(ctl.run({"alerts", "mute", "ffff", "--for", "2h", "--why", "x"}).code, 4);
  EXPECT_EQ(ctl.run({"alerts", "mute", "5f2a", "--for", "2h", "--why", "x"}).code, 2);
  for (const auto& seen : ctl.nodes.seen) EXPECT_EQ(seen.request.method, "GET");
}

TEST(AlertUnmute, EndsASilence) {
  Ctl ctl;
  ctl.nodes.answer("DELETE /api/v1/silences/00c0ffee", 200,
                   R"({"schema":"wattring.alerts-unmute/1","removed":"00c0ffee"})");
  const Ran ran = ctl.run({"alerts", "unmute", "00c0ffee"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "Silence 00c0ffee has ended. What it covered and still fires is told now.\n");
  EXPECT_TRUE(
      matches_golden("alerts_unmute.schema", shape_of(ctl.run({"alerts", "unmute", "00c0ffee", "-o", "json"}).out)));
}

TEST(AlertSilences, AreATableWithWhoAndWhy) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/silences", 200,
                   R"({"schema":"wattring.silences/1","at":"2026-02-11T13:07:30Z","silences":[)"
                   R"({"id":"00c0ffee","rule":"over-power","meter":"EM-3","from":"2026-02-11T13:00:00Z",)"
                   R"("until":"2026-02-11T15:00:00Z","active":true,"by":"kim","why":"load test"},)"
                   R"({"id":"0badcafe","rule":"*","meter":"EM-*","from":"2026-02-14T06:00:00Z",)"
                   R"("until":"2026-02-14T10:00:00Z","active":false,"by":"robin","why":"new transformer"}]})");
  EXPECT_TRUE(matches_golden("alerts_silences.txt", ctl.run({"alerts", "silences"}).out));
  EXPECT_TRUE(matches_golden("alerts_silences.schema", shape_of(ctl.run({"alerts", "silences", "-o", "json"}).out)));
}

TEST(AlertExplain, HasAWordForEveryKindWithoutAskingANode) {
  EXPECT_EQ(rule_texts().size(), alert::kRuleKindCount);
  for (std::size_t i = 0; i < alert::kRuleKindCount; ++i) {
    const std::string kind(alert::to_string(static_cast<alert::RuleKind>(i)));
    Ctl ctl;
    const Ran ran = ctl.run({"alerts", "explain", kind});
    EXPECT_EQ(ran.code, 0) << kind;
    EXPECT_TRUE(ctl.nodes.seen.empty());
    const RuleText* text = find_rule_text(kind);
    ASSERT_NE(text, nullptr) << kind;
    for (const std::string_view part : {text->meaning, text->formula, text->fires, text->clears, text->not_this,
                                        text->checks[0], text->checks[1], text->checks[2]}) {
      EXPECT_GE(part.size(), 9U) << kind;
      EXPECT_NE(ran.out.find(part), std::string::npos) << kind;
    }
  }
}

TEST(AlertExplain, HasASchemaAndKnowsTheSpellingOfRuleNames) {
  Ctl ctl;
  EXPECT_TRUE(matches_golden("alerts_explain.txt", ctl.run({"alerts", "explain", "over-power"}).out));
  EXPECT_TRUE(
      matches_golden("alerts_explain.schema", shape_of(ctl.run({"alerts", "explain", "no_data", "-o", "json"}).out)));
}

TEST(AlertExplain, AnUnknownKindNamesTheNearest) {
  Ctl ctl;
  const Ran ran = ctl.run({"alerts", "explain", "voltage_sga"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("the nearest is voltage_sag."), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("stuck_register"), std::string::npos);
}

}  // namespace
}  // namespace wattring::ctl
