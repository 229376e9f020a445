// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cluster/curve.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::ctl {
namespace {

class Keygen : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  cluster::CurveKeys keys(const std::string& name) const { return cluster::load_key_file(path(name)).value(); }

  test::TempDirectory directory_;
  Ctl ctl_;
};

TEST_F(Keygen, MakesTheFirstNodesFileAndTellsNoSecret) {
  const Ran ran = ctl_.run({"keygen", path("n1.keys")});
  ASSERT_EQ(ran.code, kExitDone) << ran.err;
  const auto made = keys("n1.keys");
  EXPECT_EQ(made.allowed, (std::vector<cluster::AllowedKey>{{made.own.public_key, "n1"}}));
  EXPECT_FALSE(made.cluster_secret.empty());
  for (const std::string& secret : {made.own.secret_key, made.cluster_secret})
    EXPECT_EQ((ran.out + ran.err).find(secret), std::string::npos);
  EXPECT_NE(ran.out.find("cluster.keys"), std::string::npos);
  EXPECT_TRUE(ctl_.nodes.seen.empty());
}

TEST_F(Keygen, AnotherNodeHasTheClustersKeyAndItsOwnAndKnowsTheFirst) {
  ASSERT_EQ(ctl_.run({"keygen", path("n1.keys")}).code, kExitDone);
  const Ran ran = ctl_.run({"keygen", path("n2.keys"), "--like", path("n1.keys"), "-o", "json"});
  ASSERT_EQ(ran.code, kExitDone) << ran.err;
  const auto first = keys("n1.keys");
  const auto second = keys("n2.keys");
  EXPECT_EQ(second.cluster_public, first.cluster_public);
  EXPECT_EQ(second.cluster_secret, first.cluster_secret);
  EXPECT_NE(second.own, first.own);
  ASSERT_EQ(second.allowed.size(), 2U);
  EXPECT_EQ(second.allowed[0], first.allowed[0]);
  EXPECT_EQ(second.allowed[1], (cluster::AllowedKey{second.own.public_key, "n2"}));
  EXPECT_NE(ran.out.find("allow " + second.own.public_key + " n2"), std::string::npos);
}

TEST_F(Keygen, AClientGetsNothingThatLetsItListen) {
  ASSERT_EQ(ctl_.run({"keygen", path("n1.keys")}).code, kExitDone);
  const Ran made = ctl_.run({"keygen", path("c.keys"), "--client", "--like", path("n1.keys"), "--name", "billing"});
  ASSERT_EQ(made.code, kExitDone) << made.err;
  const auto client = keys("c.keys");
  EXPECT_NE(made.out.find("     allow-client " + client.own.public_key + " billing\n"), std::string::npos) << made.out;
  EXPECT_TRUE(client.cluster_secret.empty());
  EXPECT_TRUE(client.allowed.empty());
  EXPECT_EQ(client.cluster_public, keys("n1.keys").cluster_public);
  EXPECT_EQ(ctl_.run({"keygen", path("d.keys"), "--client"}).code, kExitUsage);
  EXPECT_EQ(ctl_.run({"keygen", path("d.keys"), "--like", path("c.keys")}).code, kExitUsage);
}

TEST_F(Keygen, OverwritesNothing) {
  ASSERT_EQ(ctl_.run({"keygen", path("n1.keys")}).code, kExitDone);
  const auto before = keys("n1.keys");
  const Ran again = ctl_.run({"keygen", path("n1.keys")});
  EXPECT_EQ(again.code, kExitInternal);
  EXPECT_NE(again.err.find("never overwritten"), std::string::npos);
  EXPECT_EQ(keys("n1.keys"), before);
}

TEST_F(Keygen, ShowsSecretsOnATerminalOnlyWhenAsked) {
  ctl_.out_is_terminal = true;
  const Ran refused = ctl_.run({"keygen", "-", "--name", "n1"});
  EXPECT_EQ(refused.code, kExitUsage);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(ctl_.run({"keygen", "-", "--name", "n1", "--show-secret"}).out.find("own-secret "), std::string::npos);
  ctl_.out_is_terminal = false;
  const Ran piped = ctl_.run({"keygen", "-", "--name", "n1"});
  EXPECT_TRUE(cluster::parse_curve_keys(piped.out));
  EXPECT_EQ(ctl_.run({"keygen", "-"}).code, kExitUsage);
}

TEST_F(Keygen, RefusesANameThatCannotBeReadBack) {
  EXPECT_EQ(ctl_.run({"keygen", path("x.keys"), "--name", "two words"}).code, kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(path("x.keys")));
}

}  // namespace
}  // namespace wattring::ctl
