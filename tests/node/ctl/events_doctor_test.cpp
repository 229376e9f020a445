// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"

namespace wattring::ctl {
namespace {

std::string event(int sequence, const std::string& time, const std::string& kind, const std::string& node,
                  const std::string& rest = R"("accusers":[],"detail":"")") {
  return R"({"sequence":)" + std::to_string(sequence) + R"(,"time":"2026-02-11T)" + time + R"(Z","event":")" + kind +
         R"(","node":")" + node + R"(","id":"id-)" + node + R"(","address":")" + node +
         R"(:7411","epoch":5,"incarnation":2,)" + rest + "}";
}

std::string events_of(const std::string& node, const std::string& rows, int next, int lost = 0,
                      const std::string& started = "2026-02-11T09:00:00Z") {
  return R"({"schema":"wattring.events/1","node":")" + node + R"(","at":"2026-02-11T13:07:30Z","started":")" + started +
         R"(","lost":)" + std::to_string(lost) + R"(,"events":[)" + rows + R"(],"next":)" + std::to_string(next) + "}";
}

std::string after(const std::string& node, int sequence) {
  return node + ":1 /api/v1/events?limit=1000&after=" + std::to_string(sequence);
}

struct Two : Ctl {
  Two() {
    environment["WATTRING_NODES"] = "n1:1";
    for (const char* node : {"n1", "n2"})
      nodes.answer(std::string(node) + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up"));
  }
};

TEST(Events, OfAllNodesAreMergedByTime) {
  Two ctl;
  ctl.nodes.answer(after("n1", 0), 200,
                   events_of("n1",
                             event(1, "11:00:00", "joined", "n3") + "," +
                                 event(2, "13:05:00.250", "failed", "n3",
                                       R"("accusers":[{"node":"n2","evidence":"refused"}],"detail":"")"),
                             2));
  ctl.nodes.answer(after("n2", 0), 200,
                   events_of("n2",
                             event(7, "13:05:00", "suspected", "n3") + "," +
                                 event(8, "13:06:00", "own_pause", "n2", R"("accusers":[],"detail":"2.4 s")"),
                             8));
  const Ran ran = ctl.run({"events", "--since", "1h"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("events.txt", ran.out));
  const Ran json = ctl.run({"events", "-o", "json"});
  EXPECT_TRUE(matches_golden("events.schema", shape_of(json.out)));
  EXPECT_EQ(ctl.run({"events", "-o", "csv", "--since=3h"}).out.substr(0, 90),
            "time,seen_by,event,node,detail,epoch,incarnation\n2026-02-11T11:00:00Z,n1,joined,n3,,5,2\n20");
}

TEST(Events, ANodeThatIsSilentIsANote) {
  Two ctl;
  ctl.nodes.answer(after("n1", 0), 200, events_of("n1", "", 0));
  const Ran ran = ctl.run({"events"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "No events in the last 1h.\n");
  EXPECT_EQ(ran.err.substr(0, 19), "n2 did not answer: ");
  EXPECT_EQ(Ctl().run({"events"}).code, 3);
}

TEST(Events, AreFollowedFromTheLastOfEachNodeAndFromTheBeginningAfterItsRestart) {
  Two ctl;
  ctl.nodes.answer(after("n1", 0), 200, events_of("n1", event(1, "13:07:00", "joined", "n2"), 1));
  ctl.nodes.answer(after("n1", 1), 200, events_of("n1", "", 1));
  ctl.nodes.answer(after("n1", 1), 200, events_of("n1", event(5, "13:07:31", "failed", "n2"), 5, 3));
  ctl.nodes.answer(after("n1", 5), 200, events_of("n1", "", 5));
  ctl.nodes.answer(after("n2", 0), 200, events_of("n2", event(9, "13:07:01", "joined", "n1"), 9));
  ctl.nodes.answer(after("n2", 0), 200, events_of("n2", event(1, "13:07:32", "rejoined", "n1"), 1, 0, "later"));
  ctl.nodes.answer(after("n2", 9), 200, events_of("n2", "", 9, 0, "later"));
  ctl.nodes.answer(after("n2", 1), 200, events_of("n2", "", 1, 0, "later"));
  const Ran ran = ctl.run({"events", "-f", "--for", "3s"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("events_follow.txt", ran.out));
  EXPECT_EQ(ran.err, "3 events were dropped before they could be read\n");
}

std::string facts(const std::string& node, const std::string& cluster_id, const std::string& retention) {
  return R"({"schema":"wattring.facts/1","node":")" + node + R"(","cluster_id":")" + cluster_id +
         R"(","data_dir":"/var/lib/wattring","format":3,"open_files":210,"open_files_max":65536,)"
         R"("tokens":"none","keys":"none","config":{"retention.raw":")" +
         retention + R"(","listen.http":"127.0.0.1:7414","log.level":"info"}})";
}

TEST(Doctor, SaysOfEachCheckWhetherItIsWell) {
  Two ctl;
  ctl.nodes.answered_us = FakeClock().now_ms * 1000 + 2000;
  for (const char* node : {"n1", "n2"}) {
    ctl.nodes.answer(std::string(node) + ":1 /api/v1/status", 200, replies::status_of(node, replies::kTwoUp));
    ctl.nodes.answer(std::string(node) + ":1 /api/v1/facts", 200, facts(node, "c1", "keep"));
  }
  const Ran ran = ctl.run({"doctor"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("doctor.txt", ran.out));
  EXPECT_TRUE(matches_golden("doctor.schema", shape_of(ctl.run({"doctor", "-o", "json"}).out)));
}

TEST(Doctor, NamesEveryTroubleWithWhatToDo) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1";
  ctl.nodes.answered_us = FakeClock().now_ms * 1000 + 2000;
  ctl.nodes.closed = {"n2:7411"};
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=up n3=down"));
  ctl.nodes.answer("n2:1 /api/v1/members", 200, replies::view("n2", "n1=up n2=up n3=up"));
  ctl.nodes.silence("n3:1 /api/v1/members", "connection refused");
  ctl.nodes.silence("n3:1 /api/v1/status", "connection refused");
  std::string late = replies::status_of("n2", replies::kTwoUp, replies::kN3Down, "bb", "0.2.0");
  late.replace(late.find("13:07:30"), 8, "13:07:31");
  late.replace(late.find(R"("disk_reserve":false)"), 20, R"("disk_reserve":true )");
  late.replace(late.find(R"("insecure":false)"), 16, R"("insecure":true )");
  ctl.nodes.answer("n1:1 /api/v1/status", 200, replies::status_of("n1", replies::kTwoUp));
  ctl.nodes.answer("n2:1 /api/v1/status", 200, late);
  ctl.nodes.answer("n1:1 /api/v1/facts", 200, facts("n1", "c1", "keep"));
  ctl.nodes.answer("n2:1 /api/v1/facts", 200, facts("n2", "c2", "1y"));
  const Ran ran = ctl.run({"doctor"});
  EXPECT_EQ(ran.code, 11);
  EXPECT_TRUE(matches_golden("doctor_trouble.txt", ran.out));
}

/// A cluster of three that all answer; what a test adds is all that is wrong.
struct DoctorOfThree : Ctl {
  DoctorOfThree() {
    environment["WATTRING_NODES"] = "n1:1";
    for (const std::string node : {"n1", "n2", "n3"}) {
      nodes.answer(node + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up n3=up"));
      nodes.answer(node + ":1 /api/v1/status", 200, replies::status_of(node, replies::kThreeUp));
    }
  }
  void tell(const std::string& node, const std::string& config, const std::string& rows) {
    std::string text = facts(node, "c1", "keep");
    text.replace(text.find(R"("config":{)"), 10, R"("config":{)" + config);
    nodes.answer(node + ":1 /api/v1/facts", 200, text);
    nodes.answer(after(node, 0), 200, events_of(node, rows, 9));
  }
  /// Nothing but these lines is not OK.
  [[nodiscard]] std::string complaints() {
    const Ran ran = run({"doctor"});
    std::string out;
    for (std::size_t at = 0; at < ran.out.size();) {
      const std::size_t end = ran.out.find('\n', at);
      const std::string line = ran.out.substr(at, end - at);
      if (line.starts_with("WARN") || line.starts_with("FAIL")) out += line + "\n";
      at = end + 1;
    }
    return out;
  }
};

std::string accused_by(const std::string& node) {
  return R"("accusers":[{"node":")" + node + R"(","evidence":"silent"}],"detail":"")";
}

TEST(Doctor, SeesALinkThatLosesSomeInWhatHappened) {
  DoctorOfThree ctl;
  std::string rows;
  for (const char* time : {"12:10:00", "12:30:00", "13:00:00"})
    rows += (rows.empty() ? "" : ",") + event(1, time, "suspected", "n3", accused_by("n1"));
  ctl.tell("n1", "", rows);
  ctl.tell("n2", "", rows + "," + event(2, "13:01:00", "own_pause", "n2", R"("accusers":[],"detail":"2.4 s")"));
  ctl.tell("n3", "", event(1, "10:00:00", "own_pause", "n3"));
  EXPECT_EQ(ctl.complaints(),
            "WARN  links     n3 was suspected 3 times within the hour, by n1 alone\n"
            "WARN  pauses    n2: 1 pause within the hour, last: 2.4 s\n");
}

TEST(Doctor, SeesSeedsThatNobodyAnswersAt) {
  DoctorOfThree ctl;
  ctl.nodes.closed = {"n9:7411"};
  for (const char* node : {"n1", "n2", "n3"}) ctl.tell(node, R"("cluster.join":"[\"n1:7411\", \"n9:7411\"]",)", "");
  EXPECT_EQ(ctl.complaints(), "WARN  seeds     n9:7411 of cluster.join of n1 n2 n3: connection refused\n");
}

TEST(Doctor, SeesAnAddressThatTwoNodesHaveAndOneThatLeadsBack) {
  DoctorOfThree ctl;
  for (const char* node : {"n1", "n2", "n3"}) ctl.tell(node, "", "");
  for (const auto& [node, address] : {std::pair("n2", "n1:7411"), std::pair("n3", "127.0.0.1:7411")}) {
    const std::string target = std::string(node) + ":1 /api/v1/members";
    const std::string own = R"("membership":")" + std::string(node) + R"(:7411")";
    std::string view = replies::view(node, "n1=up n2=up n3=up");
    view.replace(view.find(own), own.size(), R"("membership":")" + std::string(address) + '"');
    ctl.nodes.forget(target);
    ctl.nodes.answer(target, 200, view);
  }
  const std::string complaints = ctl.complaints();
  EXPECT_NE(complaints.find("FAIL  addresses n1 n2 all say that their membership is n1:7411\n"), std::string::npos)
      << complaints;
  EXPECT_NE(complaints.find("FAIL  addresses n3: others are told a loopback address of membership"), std::string::npos)
      << complaints;
}

TEST(Doctor, SeesStrangersAndWhatNodesComplainOf) {
  DoctorOfThree ctl;
  for (const char* node : {"n1", "n2", "n3"}) ctl.tell(node, "", "");
  std::string status = replies::status_of(
      "n2", replies::kThreeUp,
      R"({"code":"P1_SOURCE_DOWN","severity":"warn","subject":"barn","text":"no connection","do":"check","since":"2026-02-11T12:00:00Z"})");
  status.insert(1, R"("turned_away":{"keys":2,"handshakes":7,"malformed":0,"foreign":1,"requests":0},)");
  ctl.nodes.forget("n2:1 /api/v1/status");
  ctl.nodes.answer("n2:1 /api/v1/status", 200, status);
  EXPECT_EQ(ctl.complaints(),
            "WARN  strangers n2 turned away 2 attempts under keys that are not on its list\n"
            "WARN  strangers n2 got 1 frame of another cluster or protocol\n"
            "WARN  problems  P1_SOURCE_DOWN barn: no connection\n");
  EXPECT_NE(ctl.run({"status"}).out.find("Refused   2 unknown keys   7 failed handshakes   1 foreign frame\n"),
            std::string::npos);
}

TEST(Doctor, NeedsSomebodyWhoAnswers) {
  EXPECT_EQ(Ctl().run({"doctor"}).code, 3);
}

}  // namespace
}  // namespace wattring::ctl
