// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "node/http/token.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::ctl {
namespace {

class TokenVerbs : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return folder.path() / name; }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& name, const std::string& content, mode_t mode) const {
    std::ofstream(path(name), std::ios::binary) << content;
    ASSERT_EQ(::chmod(path(name).c_str(), mode), 0);
  }
  Ran make(const std::string& name, const std::string& role) {
    return ctl.run({"token", "new", "--name", name, "--role", role, "--file", path("http.tokens")});
  }

  const test::TempDirectory folder;
  Ctl ctl;
};

TEST_F(TokenVerbs, ATokenIsPrintedOnceAndItsHashKept) {
  const Ran ran = make("kim", "read,write");
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::string token = ran.out.substr(0, ran.out.find('\n'));
  EXPECT_EQ(ran.out, token + "\n") << "nothing else, so that it can be sent into a file";
  const std::string file = text("http.tokens");
  EXPECT_EQ(file.find(token), std::string::npos);
  const auto list = http::TokenList::parse(file);
  ASSERT_TRUE(list) << list.error().text();
  ASSERT_NE(list->find(token), nullptr);
  EXPECT_EQ(list->find(token)->name, "kim");
  EXPECT_EQ(http::to_string(list->find(token)->roles), "read,write");
  struct stat status {};
  ASSERT_EQ(::stat(path("http.tokens").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_TRUE(ctl.nodes.seen.empty()) << "no node is asked";
}

TEST_F(TokenVerbs, TheNextOneIsAddedAndANameIsTakenOnlyOnce) {
  write("http.tokens", "# ours", 0640);
  EXPECT_EQ(make("kim", "read").code, 0);
  EXPECT_EQ(make("robin", "admin").code, 0);
  const auto list = http::TokenList::parse(text("http.tokens"));
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_EQ(list->tokens().size(), 2U);
  const Ran again = make("kim", "admin");
  EXPECT_EQ(again.code, 2);
  EXPECT_EQ(again.out, "");
  EXPECT_NE(again.err.find("has a token \"kim\" already"), std::string::npos) << again.err;
}

TEST_F(TokenVerbs, RefusesWhatMakesNoSense) {
  EXPECT_EQ(make("kim", "root").code, 2);
  EXPECT_EQ(make("no blanks", "read").code, 2);
  write("http.tokens", "", 0644);
  EXPECT_EQ(make("kim", "read").code, 2) << "others may read the file";
  write("http.tokens", "nonsense", 0600);
  EXPECT_EQ(make("kim", "read").code, 2) << "a node would not take the file";
  EXPECT_EQ(ctl.run({"token", "new", "--name", "x", "--role", "read", "--file", "/nonexistent/x"}).code, 1);
}

TEST_F(TokenVerbs, WithoutAFileTheLineIsShown) {
  const Ran ran = ctl.run({"token", "new", "--name", "kim", "--role", "admin", "-o", "json"});
  EXPECT_EQ(ran.code, 0);
  const auto document = parse_json(ran.out);
  ASSERT_TRUE(document);
  EXPECT_NE(ran.err.find((*document)["line"].string()), std::string::npos) << ran.err;
  EXPECT_TRUE((*document)["file"].is_null());
}

TEST_F(TokenVerbs, ATokenCanGoStraightIntoItsOwnersFile) {
  const std::vector<std::string> arguments{
      "token", "new", "--name", "kim", "--role", "read", "--file", path("http.tokens"), "--out", path("kim.token")};
  const Ran ran = ctl.run(arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  struct stat status {};
  ASSERT_EQ(::stat(path("kim.token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto list = http::TokenList::parse(text("http.tokens"));
  const std::string token = text("kim.token");
  EXPECT_NE(list->find(token.substr(0, token.find('\n'))), nullptr);
  EXPECT_EQ(ctl.run(arguments).code, 2) << "nothing is overwritten";
  EXPECT_EQ(text("kim.token"), token);
}

TEST_F(TokenVerbs, TheTokenOfTheFileGoesWithEveryRequest) {
  write("mine", "wr_secret\n", 0600);
  write("other", "wr_other", 0600);
  (void)ctl.run({"problems", "--token-file", path("mine")});
  EXPECT_EQ(ctl.nodes.token, "wr_secret");
  ctl.environment["WATTRING_TOKEN_FILE"] = path("other");
  (void)ctl.run({"problems"});
  EXPECT_EQ(ctl.nodes.token, "wr_other");
  (void)ctl.run({"problems", "--token-file", path("mine")});
  EXPECT_EQ(ctl.nodes.token, "wr_secret");
}

TEST_F(TokenVerbs, AFileThatOthersMayReadOrThatHoldsNothingIsRefused) {
  write("open", "wr_secret\n", 0644);
  const Ran open = ctl.run({"problems", "--token-file", path("open")});
  EXPECT_EQ(open.code, 2);
  EXPECT_NE(open.err.find("chmod 600"), std::string::npos) << open.err;
  write("empty", "\n", 0600);
  EXPECT_EQ(ctl.run({"problems", "--token-file", path("empty")}).code, 2);
  EXPECT_EQ(ctl.run({"problems", "--token-file", path("nowhere")}).code, 2);
  EXPECT_TRUE(ctl.nodes.seen.empty());
}

TEST_F(TokenVerbs, ARefusalSaysWhatToDo) {
  ctl.nodes.answer("/api/v1/status", 401,
                   R"({"error":{"code":"UNAUTHORISED","message":"this node asks for a token","hint":"send one"}})");
  const Ran ran = ctl.run({"problems"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("this node asks for a token\n  send one"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace wattring::ctl
