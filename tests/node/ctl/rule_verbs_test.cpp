// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>

#include "node/ctl/rule_files.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::ctl {
namespace {

class Rules : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    std::string path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Ctl ctl;

 private:
  test::TempDirectory folder_;
};

const std::string kRules =
    R"({"schema":"wattring.rules/1","at":"2026-02-11T13:07:30Z","rules":[)"
    R"({"name":"over-power","kind":"over_power","severity":"critical","does":"above 9200 W for 60s, clears at 8740 W",)"
    R"("match":["EM-*"],"exclude":[],"profile":"","summary":"","effective":"2026-01-01T00:00:00Z","revision":1,)"
    R"("current":false,"disabled":false,"notify":true,"meters":0,"firing":0,"toml":"[[rule]]\nname = \"over-power\"\nabove = 9200\n"},)"
    R"({"name":"over-power","kind":"over_power","severity":"warn","does":"above 8000 W for 60s, clears at 7600 W",)"
    R"("match":["EM-*"],"exclude":[],"profile":"","summary":"","effective":"2026-02-01T00:00:00Z","revision":2,)"
    R"("current":true,"disabled":false,"notify":true,"meters":1204,"firing":3,"toml":"[[rule]]\nname = \"over-power\"\nabove = 8000\n"},)"
    R"({"name":"night","kind":"night_baseline","severity":"info","does":"above 1500, 3 nights running",)"
    R"("match":["*"],"exclude":[],"profile":"","summary":"","effective":"2026-03-01T00:00:00Z","revision":1,)"
    R"("current":false,"disabled":false,"notify":true,"meters":0,"firing":0,"toml":"[[rule]]\nname = \"night\"\n"}],)"
    R"("profiles":[{"name":"house","match":["EM-*","SM-*"],"connection_limit_w":9200,"nominal_period_ms":900000,)"
    R"("roster":[],"effective":"2026-01-01T00:00:00Z","revision":1,"toml":"[[profile]]\nname = \"house\"\n"}]})";

TEST_F(Rules, AreAppliedFromSeveralFilesInOneDocument) {
  const std::string rules = file("rules.toml", "# ours\n[[rule]]\nname = \"a\"");
  const std::string profiles = file("profiles.toml", "[[profile]]\nname = \"p\"\n");
  ctl.nodes.answer("PUT /api/v1/rules", 200,
                   R"({"schema":"wattring.rules-apply/1","created":["a"],"unchanged":["p"]})");
  const Ran ran = ctl.run({"rules", "apply", rules, profiles});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "New        a\nUnchanged  p\n");
  ASSERT_EQ(ctl.nodes.seen.size(), 1U);
  EXPECT_EQ(ctl.nodes.seen[0].request.body, "# ours\n[[rule]]\nname = \"a\"\n[[profile]]\nname = \"p\"\n");
  EXPECT_EQ(ctl.nodes.seen[0].request.content_type, "application/toml");
  EXPECT_TRUE(matches_golden("rules_apply.schema", shape_of(ctl.run({"rules", "apply", rules, "-o", "json"}).out)));
  EXPECT_EQ(ctl.run({"rules", "apply", rules, "-o", "csv"}).out, "name,outcome\na,created\np,unchanged\n");
}

TEST_F(Rules, ErrorsNameTheFileAndItsLine) {
  const std::string first = file("first.toml", "[[rule]]\nname = \"a\"\n");
  const std::string second = file("second.toml", "\n[[rule]]\nkin = \"x\"\n");
  ctl.nodes.answer(
      "PUT /api/v1/rules", 400,
      R"({"error":{"code":"BAD_RULES","message":"2 errors","hint":"","errors":[)"
      R"({"line":2,"column":1,"message":"no kind"},{"line":5,"column":3,"message":"unknown key \"kin\""}]}})");
  const Ran ran = ctl.run({"rules", "apply", first, second});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err, first + ":2:1: no kind\n" + second + ":3:3: unknown key \"kin\"\n" + "Nothing was applied.\n");
}

TEST_F(Rules, AFileThatDoesNotBeginWithATableIsNotGluedToTheOneBefore) {
  const std::string first = file("first.toml", "[[rule]]\nname = \"a\"\n");
  const std::string second = file("second.toml", "# x\nabove = 3\n");
  const Ran ran = ctl.run({"rules", "apply", first, second});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("second.toml:2: begins with neither"), std::string::npos) << ran.err;
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST_F(Rules, AFileThatIsNotThereIsNamed) {
  const Ran ran = ctl.run({"rules", "apply", "/nowhere/rules.toml"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err, "cannot open /nowhere/rules.toml: No such file or directory\n");
}

TEST_F(Rules, TooMuchIsRefusedBeforeANodeIsAsked) {
  const std::string much = file("much.toml", "[[rule]]\n" + std::string(RuleFiles::kBytesMax, '#'));
  EXPECT_EQ(ctl.run({"rules", "apply", much}).code, 2);
  const std::string half = file("half.toml", "[[rule]]\n" + std::string(RuleFiles::kBytesMax / 2, '#'));
  EXPECT_EQ(ctl.run({"rules", "apply", half, half}).code, 2);
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST_F(Rules, AreListedAsTheyCountNow) {
  ctl.nodes.answer("/api/v1/rules", 200, kRules);
  EXPECT_TRUE(matches_golden("rules_list.txt", ctl.run({"rules", "list"}).out));
  EXPECT_TRUE(matches_golden("rules_list_all.txt", ctl.run({"rules", "list", "--all"}).out));
  EXPECT_TRUE(matches_golden("rules_list.schema", shape_of(ctl.run({"rules", "list", "-o", "json"}).out)));
  EXPECT_TRUE(matches_golden("rules_list.csv", ctl.run({"rules", "list", "-o", "csv"}).out));
}

TEST_F(Rules, NoneIsSaidToo) {
  ctl.nodes.answer("/api/v1/rules", 200, R"({"schema":"wattring.rules/1","rules":[],"profiles":[]})");
  EXPECT_EQ(ctl.run({"rules", "list"}).out, "No rule is in force. Apply some: wattringctl rules apply FILE\n");
}

TEST_F(Rules, AreShownAsTomlThatCanBeAppliedAgain) {
  ctl.nodes.answer("/api/v1/rules?name=over-power", 200, kRules);
  EXPECT_TRUE(matches_golden("rules_show.txt", ctl.run({"rules", "show", "over-power"}).out));
  EXPECT_TRUE(
      matches_golden("rules_show.schema", shape_of(ctl.run({"rules", "show", "over-power", "-o", "json"}).out)));
}

TEST_F(Rules, AreTestedOnRecordedReadings) {
  const std::string rules = file("rules.toml", "[[rule]]\nname = \"over-power\"\n");
  ctl.nodes.answer("POST /api/v1/rules/test?meter=EM-%2A&from=1770210450000&to=1770815250000", 200,
                   R"({"schema":"wattring.rules-test/1","meter":"EM-*","from":"2026-02-04T13:07:30Z",)"
                   R"("to":"2026-02-11T13:07:30Z","trials":[{"rule":"over-power","meters":1000,"complete":false,)"
                   R"("total":2,"alerts":[)" +
                       replies::kFiring + "," + replies::kResolved +
                       R"(]},{"rule":"night","meters":1,"complete":true,"total":0,"alerts":[]}]})");
  const std::vector<std::string> arguments{"rules", "test", rules, "--meter", "EM-*", "--from=-7d"};
  const Ran ran = ctl.run(arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("rules_test.txt", ran.out));
  EXPECT_EQ(ctl.nodes.seen.back().request.timeout_ms, 60'000);
  std::vector<std::string> json = arguments;
  json.insert(json.end(), {"-o", "json"});
  EXPECT_TRUE(matches_golden("rules_test.schema", shape_of(ctl.run(json).out)));
}

TEST(RuleFiles, PlacesLinesOfFilesThatAreEmptyOrEndWithoutANewline) {
  RuleFiles files;
  ASSERT_TRUE(files.add("a", "[[rule]]"));
  ASSERT_TRUE(files.add("empty", ""));
  ASSERT_TRUE(files.add("b", "\xEF\xBB\xBF[[rule]]\nx = 1\n"));
  EXPECT_EQ(files.document(), "[[rule]]\n[[rule]]\nx = 1\n");
  EXPECT_EQ(files.place(1, 2), "a:1:2");
  EXPECT_EQ(files.place(2, 1), "b:1:1");
  EXPECT_EQ(files.place(3, 5), "b:2:5");
}

}  // namespace
}  // namespace wattring::ctl
