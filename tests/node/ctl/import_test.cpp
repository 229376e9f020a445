// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/node/ctl/fake_nodes.hpp"

namespace wattring::ctl {
namespace {

const std::string kWrite = "/api/v2/write?precision=ns";
const std::string kReadings = "/api/v1/readings";

std::string reply(int stored, const std::string& refused = "", int refused_total = 0, int unknown = 0) {
  return fmt::format(R"({{"stored":{},"refused":[{}],"refused_total":{},"unknown":[],"unknown_total":{},)"
                     R"("class":"SINGLE","copies":1,"token":"t"}})",
                     stored, refused, refused_total, unknown);
}

/// A folder of its own for each test.
class Import : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() /
        fmt::format("wattring-import-{}-{}", getpid(), ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  /// 100 lines of 40 bytes: at 1024 bytes a request four requests of 25 lines.
  std::string hundred_lines() {
    std::string text;
    for (int i = 1; i <= 100; ++i) text += fmt::format("e,meter=M-1 power_w={:03}i {:014}\n", i, i);
    EXPECT_EQ(text.size(), 4000U);
    return file("hundred.lp", text);
  }

  std::filesystem::path folder_;
  Ctl ctl;
};

TEST_F(Import, SendsJsonAndTellsWhatBecameOfIt) {
  ctl.nodes.answer(kReadings, 200, reply(2));
  const Ran ran = ctl.run({"import", file("a.json", "[{\"meter\":\"M\"},{\"meter\":\"N\"}]")});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "2 elements sent (29 B) in 1 request, 0.0 s\n2 readings stored (SINGLE), 0 refused\n");
  ASSERT_EQ(ctl.nodes.seen.size(), 1U);
  EXPECT_EQ(ctl.nodes.seen[0].request.content_type, "application/json");
  EXPECT_EQ(ctl.nodes.seen[0].request.body, "[{\"meter\":\"M\"},{\"meter\":\"N\"}]");
}

TEST_F(Import, KnowsTheRequestOfEachFormat) {
  ctl.nodes.answer(kReadings, 200, reply(1));
  ctl.nodes.answer("/api/v2/write?precision=ms", 204, "");
  ctl.nodes.answer("/api/v1/telegrams?meter=M%201", 200, reply(1));
  EXPECT_EQ(ctl.run({"import", file("a.ndjson", "{\"meter\":\"M\"}\n")}).code, 0);
  EXPECT_EQ(ctl.run({"import", file("a.lp", "e,meter=M power_w=1 5\n"), "--precision", "ms"}).code, 0);
  EXPECT_EQ(ctl.run({"import", file("a.p1", "/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n!\r\n"), "--meter", "M 1"}).code, 0);
  ASSERT_EQ(ctl.nodes.seen.size(), 3U);
  EXPECT_EQ(ctl.nodes.seen[0].request.content_type, "application/x-ndjson");
}

TEST_F(Import, RefusedLinesHaveTheirNumbersInTheFile) {
  const std::string path = hundred_lines();
  ctl.nodes.answer(kWrite, 204, "");
  ctl.nodes.answer(kWrite, 400, reply(24, R"({"line":3,"reason":"TS_TOO_OLD","got":"28","limit":"2016-02-14"})", 1));
  ctl.nodes.answer(kWrite, 204, "");
  ctl.nodes.answer(
      kWrite, 400,
      reply(23,
            R"({"line":25,"reason":"SYNTAX","got":"x","limit":""},{"line":0,"reason":"SYNTAX","got":"","limit":""})",
            3));
  const std::string refused = (folder_ / "refused.lp").string();
  const Ran ran = ctl.run({"import", path, "--chunk-bytes", "1024", "--refused", refused});
  EXPECT_EQ(ran.code, 0) << "refused lines are a note";
  EXPECT_EQ(ran.err,
            "line 28: TS_TOO_OLD, got \"28\", accepted: 2016-02-14\n"
            "line 100: SYNTAX, got \"x\"\n"
            "line without a number: SYNTAX\n");
  EXPECT_TRUE(matches_golden("import_refused.txt", ran.out));
  EXPECT_EQ(read(refused),
            "# line 28: TS_TOO_OLD got \"28\", accepted: 2016-02-14\n"
            "e,meter=M-1 power_w=028i 00000000000028\n"
            "# line 100: SYNTAX got \"x\"\n"
            "e,meter=M-1 power_w=100i 00000000000100\n");
}

TEST_F(Import, StrictMakesARefusalAnExitCode) {
  ctl.nodes.answer(kReadings, 200, reply(1, R"({"line":1,"reason":"SYNTAX","got":"","limit":""})", 1));
  const std::string path = file("a.ndjson", "{}\n");
  EXPECT_EQ(ctl.run({"import", path}).code, 0);
  EXPECT_EQ(ctl.run({"import", path, "--strict"}).code, 7);
  EXPECT_TRUE(matches_golden("import.schema", shape_of(ctl.run({"import", path, "-o", "json"}).out)));
}

TEST_F(Import, OfWhichNothingIsStoredIsNoSuccess) {
  ctl.nodes.answer(kReadings, 200, reply(0, R"({"line":1,"reason":"SYNTAX","got":"","limit":""})", 1));
  EXPECT_EQ(ctl.run({"import", file("a.ndjson", "{}\n")}).code, 7);
}

TEST_F(Import, ComesBackWhenTheNodeSays) {
  ctl.nodes.answer(kWrite, 503, R"({"error":{"code":"BUSY"}})", 7);
  ctl.nodes.answer(kWrite, 503, R"({"error":{"code":"BUSY"}})", 7);
  ctl.nodes.answer(kWrite, 204, "");
  const std::int64_t start_ms = ctl.clock.now_ms;
  const Ran ran = ctl.run({"import", file("a.lp", "e,meter=M power_w=1 5\n")});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ctl.clock.now_ms - start_ms, 14'000);
  EXPECT_EQ(ran.err,
            "127.0.0.1:7414 is turning readings away: BUSY; trying again\n"
            "1 line, 22 B, 0/s, 0 refused\n");
  EXPECT_EQ(ctl.nodes.seen.size(), 3U);
  EXPECT_EQ(ctl.nodes.seen[0].request.body, ctl.nodes.seen[2].request.body);
}

TEST_F(Import, SendsAgainWhatMayOrMayNotBeStored) {
  ctl.nodes.answer(kReadings, 200, reply(1, "", 0, 1));
  ctl.nodes.answer(kReadings, 200, reply(2));
  const Ran ran = ctl.run({"import", file("a.ndjson", "{}\n{}\n"), "-o", "json"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ((*parse_json(ran.out))["stored"].integer(), 2) << "only the last answer counts";
  EXPECT_EQ((*parse_json(ran.out))["retries"].integer(), 1);
}

TEST_F(Import, GivesUpInTheEndAndSaysWhere) {
  const std::string path = hundred_lines();
  ctl.nodes.answer(kWrite, 204, "");
  ctl.nodes.answer(kWrite, 503, R"({"error":{"code":"DISK_RESERVE"}})", 10);
  const Ran ran = ctl.run({"import", path, "--chunk-bytes", "1024", "--retry", "25s"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_NE(ran.err.find("Gave up on line 26 after 25s: 127.0.0.1:7414 is turning readings away: DISK_RESERVE"),
            std::string::npos)
      << ran.err;
  EXPECT_EQ(ctl.nodes.seen.size(), 4U);
}

TEST_F(Import, GoesOnWithTheNextNodeWhenOneFallsSilent) {
  const std::string path = hundred_lines();
  ctl.nodes.answer("a:1 " + kWrite, 204, "");
  ctl.nodes.silence("a:1 " + kWrite, "connection refused");
  ctl.nodes.answer("b:1 " + kWrite, 204, "");
  const Ran ran = ctl.run({"import", path, "--chunk-bytes", "1024", "--node", "a:1", "--node", "b:1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ctl.nodes.seen.size(), 5U);
}

TEST_F(Import, ASilentClusterAtTheStartIsNotWaitedFor) {
  const Ran ran = ctl.run({"import", file("a.lp", "e,meter=M power_w=1 5\n")});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ctl.nodes.seen.size(), 1U);
  EXPECT_NE(ran.err.find("No node answered"), std::string::npos);
}

TEST_F(Import, ARequestThatIsRefusedAsAWholeEndsIt) {
  ctl.nodes.answer(kWrite, 413, R"({"error":{"code":"TOO_LARGE","message":"the body is too large","hint":""}})");
  const Ran ran = ctl.run({"import", hundred_lines()});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("--chunk-bytes"), std::string::npos);
}

TEST_F(Import, AFileThatCannotBeReadOrUnderstoodIsWrongUsage) {
  EXPECT_EQ(ctl.run({"import", (folder_ / "absent").string()}).code, 2);
  EXPECT_EQ(ctl.run({"import", folder_.string()}).code, 2);
  EXPECT_EQ(ctl.run({"import", file("a.csv", "a;b\n1;2\n")}).code, 2);
  EXPECT_EQ(
      ctl.run({"import", file("a.lp", "e,meter=M power_w=1 5\n"), "--refused", (folder_ / "no/such").string()}).code,
      2);
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

}  // namespace
}  // namespace wattring::ctl
