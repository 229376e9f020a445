// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/globals.hpp"

#include <gtest/gtest.h>

#include "node/ctl/completion.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"

namespace wattring::ctl {
namespace {

TEST(CommandLine, WrongUsageIsExitTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"meter"},
                                             {"meter", "show"},
                                             {"status", "--no-such-option"},
                                             {"status", "-o", "yaml"},
                                             {"status", "--timeout", "3"},
                                             {"status", "--watch=often"},
                                             {"status", "--color", "pink"},
                                             {"wait"},
                                             {"wait", "ready", "--timeout", "1"},
                                             {"meter", "list", "--limit", "0"},
                                             {"completion", "tcsh"},
                                             {"status", "--node", "bogus"},
                                             {"status", "--node", "http://a:1"},
                                             {"status", "--node", "a:0"},
                                             {"status", "--node", ":7414"}}) {
    Ctl ctl;
    const Ran ran = ctl.run(arguments);
    EXPECT_EQ(ran.code, 2) << (arguments.empty() ? "nothing" : arguments.back());
    EXPECT_NE(ran.err, "");
    EXPECT_TRUE(ctl.nodes.seen.empty());
  }
}

TEST(CommandLine, AnAddressThatIsNoneIsNamedWithItsOrigin) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "a:1,bogus";
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err,
            "\"bogus\" (from WATTRING_NODES) is not the address of a node (give HOST:PORT of its HTTP listener, for "
            "example 127.0.0.1:7414)\n");
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST(CommandLine, AWordThatIsNoVerbNamesTheNearest) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"stauts"}, "\"stauts\" is no verb of wattringctl; the nearest is: wattringctl status\n"},
      {{"--node", "a:1", "-o", "json", "alert"}, "the nearest is: wattringctl alerts\n"},
      {{"alerts", "--timeout", "1s", "hisstory"}, "the nearest is: wattringctl alerts history\n"},
      {{"alerts", "--watch", "slences"}, "the nearest is: wattringctl alerts silences\n"},
      {{"meter", "quarantine", "releese", "1"},
       "no verb of wattringctl meter quarantine; the nearest is: "
       "wattringctl meter quarantine release\n"}};
  for (const auto& [arguments, words] : cases) {
    Ctl ctl;
    const Ran ran = ctl.run(arguments);
    EXPECT_EQ(ran.code, 2) << words;
    EXPECT_NE(ran.err.find(words), std::string::npos) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(CommandLine, AWordTooManyIsNotTakenForAVerb) {
  Ctl ctl;
  const Ran ran = ctl.run({"meter", "show", "M-1", "M-2"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err.find("no verb"), std::string::npos) << ran.err;
}

TEST(CommandLine, HelpIsExitZero) {
  for (const char* option : {"--help", "--help-all"}) {
    Ctl ctl;
    const Ran ran = ctl.run({option});
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.out.find("status"), std::string::npos);
  }
}

TEST(CommandLine, GlobalOptionsMayStandBeforeAndAfterTheVerb) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--node", "x:1", "--timeout", "500ms", "meter", "show", "M-1"},
                                             {"meter", "show", "M-1", "--node", "x:1", "--timeout", "500ms"}}) {
    Ctl ctl;
    EXPECT_EQ(ctl.run(arguments).code, 3);
    ASSERT_EQ(ctl.nodes.seen.size(), 1U);
    EXPECT_EQ(ctl.nodes.seen[0].address, "x:1");
    EXPECT_EQ(ctl.nodes.seen[0].request.timeout_ms, 500);
    EXPECT_EQ(ctl.nodes.seen[0].request.target, "/api/v1/meters/M-1");
  }
}

TEST(CommandLine, TheNodeOptionWinsOverTheEnvironment) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "a:1,b:1";
  (void)ctl.run({"version"});
  ASSERT_FALSE(ctl.nodes.seen.empty());
  for (const auto& seen : ctl.nodes.seen) EXPECT_TRUE(seen.address == "a:1" || seen.address == "b:1");
  ctl.nodes.seen.clear();
  (void)ctl.run({"version", "--node", "c:1"});
  ASSERT_FALSE(ctl.nodes.seen.empty());
  for (const auto& seen : ctl.nodes.seen) EXPECT_EQ(seen.address, "c:1");
}

TEST(CommandLine, ErrorsOfTheNodeKeepItsWordsAndGetTheirCode) {
  const std::string target = "/api/v1/meters/M%2F1";
  const std::string error = R"({"error":{"code":"X","message":"no meter \"M/1\"","hint":"see meter list"}})";
  const std::pair<int, int> codes[] = {{404, 4}, {400, 2}, {503, 3}, {500, 1}};
  for (const auto& [status, code] : codes) {
    Ctl ctl;
    ctl.nodes.answer(target, status, error);
    const Ran ran = ctl.run({"meter", "show", "M/1"});
    EXPECT_EQ(ran.code, code) << status;
    EXPECT_NE(ran.err.find("no meter \"M/1\"\n  see meter list\n"), std::string::npos) << ran.err;
  }
}

TEST(Completion, OffersVerbsAndOptionsInEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    Ctl ctl;
    const Ran ran = ctl.run({"completion", shell});
    EXPECT_EQ(ran.code, 0);
    for (const char* word : {"status", "problems", "explain", "intervals", "every", "import", "refused", "silences",
                             "quarantine", "release", "until"}) {
      EXPECT_NE(ran.out.find(word), std::string::npos) << shell << " " << word;
    }
  }
}

TEST(Completion, AsksForNamesWhereNamesStand) {
  Ctl ctl;
  const std::string bash = ctl.run({"completion", "bash"}).out;
  EXPECT_NE(bash.find("\"alerts ack\") words=\"--help"), std::string::npos);
  EXPECT_NE(bash.find(" list=alerts ;;"), std::string::npos);
  EXPECT_NE(bash.find(" meter/quarantine/drop "), std::string::npos) << "verbs of any depth";
  EXPECT_EQ(bash.find("words=\"LIST"), std::string::npos);
  EXPECT_EQ(bash.find(" complete "), bash.find(" complete \"$list\"")) << "the verb that answers is not offered";
  const std::string fish = ctl.run({"completion", "fish"}).out;
  EXPECT_NE(fish.find("'(wattringctl complete quarantine (commandline -ct) 2> /dev/null)'"), std::string::npos);
}

TEST(Completion, GivesShellsOnlyHarmlessWords) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/meters?limit=200&prefix=M", 200,
                   R"json({"meters":[{"meter":"M-2"},{"meter":"M-1"},{"meter":"M $(reboot)"},{"meter":"M`id`"},)json"
                   R"json({"meter":"M\"x"},{"meter":"X-1"},{"meter":""}],"next":null})json");
  const Ran ran = ctl.run({"complete", "meters", "M"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "M-1\nM-2\n");
  EXPECT_EQ(ctl.nodes.seen[0].request.timeout_ms, 300);
}

TEST(Completion, IsSilentWhenNobodyAnswersAndNeedsNobodyForWhatIsCompiledIn) {
  Ctl ctl;
  const Ran silent = ctl.run({"complete", "alerts", ""});
  EXPECT_EQ(silent.code, 0);
  EXPECT_EQ(silent.out + silent.err, "");
  ctl.nodes.seen.clear();
  EXPECT_EQ(ctl.run({"complete", "kinds", "voltage"}).out, "voltage_sag\nvoltage_swell\n");
  EXPECT_EQ(ctl.run({"complete", "codes", "DISK"}).out, "DISK_RESERVE\n");
  EXPECT_EQ(ctl.run({"complete", "nonsense", ""}).out, "");
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST(Completion, InBashListsEachWordOnce) {
  const Verb root{"tool", "", {"--help", "--node"}, {{"look", "Look", {"--help", "--far"}, {}}}};
  const std::string script = completion_script("bash", root);
  EXPECT_NE(script.find("\"\") words=\"look --help --node\" ;;"), std::string::npos) << script;
  EXPECT_NE(script.find("\"look\") words=\"--help --far --node\" ;;"), std::string::npos) << script;
}

}  // namespace
}  // namespace wattring::ctl
