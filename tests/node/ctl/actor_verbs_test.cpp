// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "node/ctl/actor_tree.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"

namespace wattring::ctl {
namespace {

std::string row(const std::string& path, const std::string& rest = R"("state":"running","mailbox":0,"oldest_ms":0)",
                const std::string& failure = "null", int restarts = 0, int children = 0) {
  return fmt::format(R"({{"path":"{}",{},"restarts":{},"last_failure":{},"children":{}}})", path, rest, restarts,
                     failure, children);
}

std::string tree() {
  std::string rows = row("/", R"("state":"running","mailbox":0,"oldest_ms":0)", "null", 0, 2) + "," + row("/ingest") +
                     "," + row("/shards", R"("state":"running","mailbox":3,"oldest_ms":1250)", "null", 0, 8);
  for (int shard = 0; shard < 8; ++shard) {
    if (shard == 2) {
      rows += "," + row("/shards/2", R"("state":"journal-only","mailbox":4100,"oldest_ms":93000)",
                        R"("fold: register 1-0:1.8.0 out of range")", 5, 0);
    } else if (shard == 3) {
      rows += "," + row("/shards/3", R"("state":"running","mailbox":0,"oldest_ms":0)", "null", 0, 117);
    } else {
      rows +=
          "," + row(fmt::format("/shards/{}", shard), shard < 6 ? R"("state":"running","mailbox":0,"oldest_ms":0)"
                                                                : R"("state":"passivated","mailbox":0,"oldest_ms":0)");
    }
  }
  return R"({"schema":"wattring.actors/1","at":"2026-02-11T13:07:30Z","path":"/","complete":true,"actors":[)" + rows +
         "]}";
}

const std::string kAll = "/api/v1/actors?path=%2F&depth=2";

TEST(Actors, AreATreeThatFoldsWhatHasNothingToTell) {
  Ctl ctl;
  ctl.nodes.answer(kAll, 200, tree());
  const Ran ran = ctl.run({"actors"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("actors.txt", ran.out));
  EXPECT_TRUE(matches_golden("actors.schema", shape_of(ctl.run({"actors", "-o", "json"}).out)));
  EXPECT_TRUE(matches_golden("actors.csv", ctl.run({"actors", "-o", "csv"}).out));
}

TEST(Actors, AreDrawnInAsciiElsewhereAndInFullWhenAsked) {
  Ctl ctl;
  ctl.environment = {{"LANG", "C"}};
  ctl.nodes.answer(kAll, 200, tree());
  const Ran ran = ctl.run({"actors", "--all"});
  EXPECT_TRUE(matches_golden("actors_ascii.txt", ran.out));
  EXPECT_TRUE(std::all_of(ran.out.begin(), ran.out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

TEST(Actors, ASubtreeBeginsWithItsOwnPath) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/actors?path=%2Fshards%2F3&depth=1", 200,
                   R"({"schema":"wattring.actors/1","path":"/shards/3","complete":false,"actors":[)" +
                       row("/shards/3") + "," + row("/shards/3/M-1") + "]}");
  const Ran ran = ctl.run({"actors", "/shards/3", "--depth", "1"});
  EXPECT_EQ(ran.out,
            "ACTOR      STATE    MAILBOX  OLDEST  RESTARTS  LAST FAILURE\n"
            "/shards/3  running        0       -         0  -\n"
            "└─ M-1     running        0       -         0  -\n"
            "2 actors: 2 running.\n"
            "There are more than are shown; name a PATH below.\n");
}

TEST(Actors, NoneIsSaidToo) {
  Ctl ctl;
  ctl.nodes.answer(kAll, 200, R"({"schema":"wattring.actors/1","path":"/","complete":true,"actors":[]})");
  EXPECT_EQ(ctl.run({"actors"}).out, "No actor is there.\n");
}

TEST(Actors, RefuseWhatIsNeitherPathNorVerbNorDepth) {
  Ctl ctl;
  EXPECT_EQ(ctl.run({"actors", "resum"}).code, 2);
  EXPECT_EQ(ctl.run({"actors", "--depth", "17"}).code, 2);
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST(ActorTree, RowsWithoutTheirParentsAreDrawnByThemselves) {
  const auto rows =
      parse_json("{\"rows\":[" + row("/a/b") + "," + row("/a/b/c/d") + "," + row("x") + "," + row("") + "]}");
  ASSERT_TRUE(rows);
  const std::string text = actor_tree((*rows)["rows"], false, false);
  EXPECT_NE(text.find("/a/b"), std::string::npos);
  EXPECT_NE(text.find("`- c/d"), std::string::npos) << text;
  EXPECT_NE(text.find("\nx "), std::string::npos);
}

TEST(ActorsResume, LetsAShardDeriveAgain) {
  Ctl ctl;
  ctl.nodes.answer("POST /api/v1/actors/resume?path=%2Fshards%2F2", 200,
                   R"({"schema":"wattring.actors-resume/1","resumed":"/shards/2"})");
  const Ran ran = ctl.run({"actors", "resume", "/shards/2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "/shards/2 works again. Watch it: wattringctl actors /shards/2 --watch\n");
  EXPECT_TRUE(
      matches_golden("actors_resume.schema", shape_of(ctl.run({"actors", "resume", "/shards/2", "-o", "json"}).out)));
}

const std::string kQuarantine =
    R"({"schema":"wattring.quarantine/1","at":"2026-02-11T13:07:30Z","quarantine":[)"
    R"({"id":"12-4711-0","meter":"EM-3","time":"2026-02-11T12:59:50Z","readings":2400,"bytes":91234,)"
    R"("failure":"fold: value out of range","since":"2026-02-11T13:00:01Z"}]})";

TEST(Quarantine, IsListedWithWhatFailed) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"meter", "quarantine"}, {"meter", "quarantine", "list"}}) {
    Ctl ctl;
    ctl.nodes.answer("/api/v1/quarantine", 200, kQuarantine);
    EXPECT_TRUE(matches_golden("quarantine.txt", ctl.run(arguments).out));
  }
  Ctl ctl;
  ctl.nodes.answer("/api/v1/quarantine", 200, kQuarantine);
  EXPECT_TRUE(matches_golden("quarantine.schema", shape_of(ctl.run({"meter", "quarantine", "-o", "json"}).out)));
}

TEST(Quarantine, ThatIsEmptySaysSo) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/quarantine", 200, R"({"schema":"wattring.quarantine/1","quarantine":[]})");
  EXPECT_EQ(ctl.run({"meter", "quarantine", "list"}).out, "Nothing is in quarantine.\n");
}

TEST(Quarantine, IsReleased) {
  Ctl ctl;
  ctl.nodes.answer("POST /api/v1/quarantine/12-4711-0/release", 200,
                   R"({"schema":"wattring.quarantine-release/1","released":"12-4711-0"})");
  const Ran ran = ctl.run({"meter", "quarantine", "release", "12-4711-0"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("Released 12-4711-0"), std::string::npos);
}

Ctl ctl_with_quarantine() {
  Ctl ctl;
  ctl.nodes.answer("GET /api/v1/quarantine", 200, kQuarantine);
  ctl.nodes.answer("DELETE /api/v1/quarantine/12-4711-0", 200,
                   R"({"schema":"wattring.quarantine-drop/1","dropped":"12-4711-0"})");
  return ctl;
}

TEST(QuarantineDrop, AsksOnATerminal) {
  for (const char* typed : {"y\n", "yes\n"}) {
    Ctl ctl = ctl_with_quarantine();
    ctl.in_is_terminal = true;
    ctl.typed = typed;
    const Ran ran = ctl.run({"meter", "quarantine", "drop", "12-4711-0"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.err, "Forget 2,400 readings of EM-3 from 2026-02-11 12:59:50Z on for good? [y/N] ");
    EXPECT_EQ(ran.out, "Dropped 12-4711-0 for good.\n");
  }
}

TEST(QuarantineDrop, AnythingButAYesKeepsTheReadings) {
  for (const char* typed : {"", "\n", "n\n", "Yes please\n"}) {
    Ctl ctl = ctl_with_quarantine();
    ctl.in_is_terminal = true;
    ctl.typed = typed;
    EXPECT_EQ(ctl.run({"meter", "quarantine", "drop", "12-4711-0"}).code, 2);
    for (const auto& seen : ctl.nodes.seen) EXPECT_EQ(seen.request.method, "GET");
  }
}

TEST(QuarantineDrop, NeedsAYesInAScript) {
  Ctl ctl = ctl_with_quarantine();
  ctl.typed = "y\n";
  const Ran refused = ctl.run({"meter", "quarantine", "drop", "12-4711-0"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--yes"), std::string::npos) << refused.err;
  const Ran ran = ctl.run({"meter", "quarantine", "drop", "12-4711-0", "--yes", "-o", "json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("quarantine_drop.schema", shape_of(ran.out)));
}

TEST(QuarantineDrop, AnUnknownIdIsExitFour) {
  Ctl ctl = ctl_with_quarantine();
  EXPECT_EQ(ctl.run({"meter", "quarantine", "drop", "1-2-3"}).code, 4);
}

TEST(MeterAdd, AnnouncesAMeter) {
  Ctl ctl;
  ctl.nodes.answer("POST /api/v1/meters", 200, R"({"schema":"wattring.meter-add/1","meter":"EM-9"})");
  const Ran ran = ctl.run({"meter", "add", "EM-9"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ctl.nodes.seen.back().request.body, R"({"meter":"EM-9"})");
  EXPECT_TRUE(matches_golden("meter_add.schema", shape_of(ctl.run({"meter", "add", "EM-9", "-o", "json"}).out)));
}

}  // namespace
}  // namespace wattring::ctl
