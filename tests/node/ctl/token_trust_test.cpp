// SPDX-License-Identifier: Apache-2.0
// Who gets to see the user's token.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::ctl {
namespace {

constexpr const char* kRefused =
    R"({"error":{"code":"UNAUTHORISED","message":"this node asks for a token","hint":""}})";

/// n1 is named and tells of n2, which asks for a token as n1 does.
class TokenTrust : public ::testing::Test {
 protected:
  TokenTrust() {
    const std::string file = directory_.path() / "kim.token";
    std::ofstream(file) << "secret\n";
    EXPECT_EQ(::chmod(file.c_str(), 0600), 0);
    ctl_.environment["WATTRING_TOKEN_FILE"] = file;
    ctl_.environment["WATTRING_NODES"] = "n1:1";
    members("n1", false);
    ctl_.nodes.answer("n1:1 /api/v1/status", 200, replies::status_of("n1", replies::kTwoUp));
    for (const char* target : {"/api/v1/members", "/api/v1/status", "/api/v1/facts", "/api/v1/events"})
      ctl_.nodes.answer(std::string("n2:1 ") + target, 401, kRefused);
  }
  void members(const std::string& node, bool keys) {
    std::string view = replies::view(node, "n1=up n2=up");
    view.insert(view.find(R"("local_health")"), keys ? R"("keys":true,)" : R"("keys":false,)");
    ctl_.nodes.forget(node + ":1 /api/v1/members");
    ctl_.nodes.answer(node + ":1 /api/v1/members", 200, view);
  }
  /// Of the requests to this address, how many showed the token.
  [[nodiscard]] std::pair<std::size_t, std::size_t> shown_to(const std::string& address) const {
    std::pair<std::size_t, std::size_t> count;
    for (const FakeNodes::Seen& seen : ctl_.nodes.seen) {
      if (seen.address != address) continue;
      ++count.second;
      if (seen.request.with_token) ++count.first;
    }
    return count;
  }
  void expect_shown(const std::string& address, bool shown) const {
    const auto [with, all] = shown_to(address);
    EXPECT_GT(all, 0U) << address;
    EXPECT_EQ(with, shown ? all : 0U) << address;
  }

  test::TempDirectory directory_;
  Ctl ctl_;
};

TEST_F(TokenTrust, AnAddressThatOnlyGossipTellsIsAskedWithoutIt) {
  for (const char* verb : {"members", "status", "events", "doctor", "version"}) ctl_.run({verb});
  expect_shown("n1:1", true);
  expect_shown("n2:1", false);
}

TEST_F(TokenTrust, AMemberThatProvesItsKeyGetsIt) {
  members("n1", true);
  for (const char* verb : {"members", "status", "events", "doctor"}) ctl_.run({verb});
  expect_shown("n1:1", true);
  expect_shown("n2:1", true);
}

TEST_F(TokenTrust, WhoeverIsNamedGetsItWithoutKeys) {
  ctl_.environment["WATTRING_NODES"] = "n1:1,n2:1";
  ctl_.run({"status"});
  expect_shown("n2:1", true);
}

TEST_F(TokenTrust, NobodyVouchesForHimself) {
  members("n2", true);
  for (const char* verb : {"members", "status", "doctor"}) ctl_.run({verb});
  expect_shown("n2:1", false);
}

TEST_F(TokenTrust, WhoWasNotShownItIsSaidToBeSoWithWhatToDo) {
  const Ran status = ctl_.run({"status"});
  EXPECT_NE((status.out + status.err).find("n2 at n2:1 did not answer: wants a token, which is not sent"),
            std::string::npos)
      << status.out << status.err;
  const std::string doctor = ctl_.run({"doctor"}).out;
  EXPECT_NE(doctor.find("name all nodes"), std::string::npos) << doctor;
  EXPECT_NE(doctor.find("cluster.keys"), std::string::npos) << doctor;
}

}  // namespace
}  // namespace wattring::ctl
