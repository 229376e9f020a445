// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "node/app/cluster_identity.hpp"
#include "node/app/commands/context.hpp"
#include "node/app/membership_file.hpp"
#include "persistence/data_directory.hpp"

namespace wattring::app {
namespace {

namespace fs = std::filesystem;

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

/// wattringd's command line with a folder of its own; `run` only remembers what it was given.
class Verbs : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("wattring-verbs-{}-{}", getpid(),
                                                      ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Ran run(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    const Context context{out,
                          err,
                          environment_,
                          (folder_ / "default.toml").string(),
                          [this](const RunOptions& options) {
                            started_ = options;
                            return 0;
                          },
                          [this](const JoinWish& wish) {
                            wished_ = wish;
                            return answer_;
                          },
                          [n = std::uint8_t{0}]() mutable {
                            std::array<std::uint8_t, 16> bytes{};
                            bytes.fill(++n);
                            return bytes;
                          }};
    const int code = run_command_line(arguments, context);
    return {code, out.str(), err.str()};
  }
  std::string file(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::string data_dir() { return (folder_ / "data").string(); }
  Ran init() { return run({"init", "--data-dir", data_dir(), "--cluster", "home", "--node", "n1", "--shards", "64"}); }

  fs::path folder_;
  std::map<std::string, std::string> environment_;
  std::optional<RunOptions> started_;
  std::optional<JoinWish> wished_;
  Result<cluster::ClusterObject> answer_ = cluster::ClusterObject{{{7}}, "plant", 256, {9}, 1};
};

TEST_F(Verbs, WrongUsageIsSixtyFourAndHelpIsZero) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"start"},
                                             {"run"},
                                             {"init", "--data-dir", "x"},
                                             {"config"},
                                             {"journal", "verify"},
                                             {"config", "show", "--orign"}}) {
    EXPECT_EQ(run(arguments).code, 64) << (arguments.empty() ? "nothing" : arguments.back());
  }
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_NE(run({"version"}).out.find("wattringd "), std::string::npos);
}

TEST_F(Verbs, InitWritesAnIdentityOnceAndSaysWhatComesNext) {
  const Ran first = init();
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find("node id     03030303030303030303030303030303\n"), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("Next: wattringd run --data-dir " + data_dir() + "\n"), std::string::npos);
  const auto directory = persistence::DataDirectory::open(data_dir(), {});
  ASSERT_TRUE(directory) << directory.error().text();
  EXPECT_EQ((*directory)->identity().cluster_name, "home");
  EXPECT_EQ((*directory)->identity().shard_count, 64U);
  EXPECT_EQ((*directory)->identity().copies, 3U);
  EXPECT_EQ(init().code, 65);
}

TEST_F(Verbs, InitRefusesWhatMakesNoSense) {
  const std::vector<std::string> base{"init", "--data-dir", data_dir(), "--cluster", "home", "--node", "n1"};
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{{"--copies", "0"},
                                                                                    {"--acks", "4"},
                                                                                    {"--acks", "0"},
                                                                                    {"--shards", "1000"},
                                                                                    {"--shards", "8192"},
                                                                                    {"--copies", "x"}}) {
    std::vector<std::string> arguments = base;
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(run(arguments).code, 64) << more[0] << " " << more[1];
  }
  EXPECT_FALSE(fs::exists(data_dir()));
}

TEST_F(Verbs, WordsThatATerminalWouldObeyOrThatAreNoUtf8AreNoNames) {
  for (const char* word : {"a\xff", "\xc2\x9b", "\x1b[2J", "\x7f"}) {
    const Ran node = run({"init", "--data-dir", data_dir(), "--cluster", "home", "--node", word});
    EXPECT_NE(node.code, 0);
    EXPECT_NE(node.err.find("the node's name must be 1 to 64 bytes of UTF-8"), std::string::npos) << node.err;
    const Ran cluster = run({"init", "--data-dir", data_dir(), "--cluster", word, "--node", "n1"});
    EXPECT_NE(cluster.code, 0);
    EXPECT_NE(cluster.err.find("the cluster's name must be 1 to 64 bytes of UTF-8"), std::string::npos) << cluster.err;
    const Ran zone = run({"config", "check", "--set", std::string("cluster.zone=") + word});
    EXPECT_EQ(zone.code, 78);
    EXPECT_NE(zone.err.find("error: cluster.zone"), std::string::npos) << zone.err;
  }
  EXPECT_EQ(run({"config", "check", "--set", "cluster.zone=Z\xc3\xa4hlerraum"}).code, 0);
}

TEST_F(Verbs, InitWithJoinTakesTheClusterFromWhoeverAnswers) {
  const Ran ran = run({"init", "--data-dir", data_dir(), "--node", "n4", "--join", "10.0.0.1:7411", "--timeout", "7s"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("Will join cluster \"plant\" with node \"n4\""), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("; copies and acks are those of the cluster: wattringctl ring\n"), std::string::npos)
      << ran.out;
  EXPECT_EQ(ran.out.find("acks 2"), std::string::npos) << ran.out;
  ASSERT_TRUE(wished_);
  EXPECT_EQ(wished_->asked, (std::vector<Endpoint>{{"10.0.0.1", 7411}}));
  EXPECT_EQ(wished_->timeout_ms, 7000);
  const auto directory = persistence::DataDirectory::open(data_dir(), {});
  ASSERT_TRUE(directory) << directory.error().text();
  const persistence::Identity& identity = (*directory)->identity();
  EXPECT_EQ(cluster_object_of(identity), *answer_);
  EXPECT_EQ(identity.node, wished_->node);
  EXPECT_EQ(identity.node_name, "n4");
  EXPECT_EQ(MembershipFile(data_dir(), *Log::silent()).memory().seeds, std::vector<std::string>{"10.0.0.1:7411"});
}

TEST_F(Verbs, InitRefusesAnotherClusterThanTheOneThatWasMeant) {
  const std::vector<std::string> base{"init", "--data-dir", data_dir(), "--node", "n4", "--join", "10.0.0.1:7411"};
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--cluster", "home"}, {"--shards", "1024"}}) {
    std::vector<std::string> arguments = base;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.code, 65);
    EXPECT_NE(ran.err.find(more[1]), std::string::npos) << ran.err;
  }
  answer_->placement_version = 2;
  EXPECT_EQ(run(base).code, 65);
  EXPECT_FALSE(fs::exists(data_dir()));
}

TEST_F(Verbs, InitSaysWhyNobodyCouldBeJoined) {
  answer_ = fail(ErrorCode::io, "10.0.0.1:7411 cannot be reached within 30s");
  const Ran ran = run({"init", "--data-dir", data_dir(), "--node", "n4", "--join", "10.0.0.1:7411"});
  EXPECT_EQ(ran.code, 74);
  EXPECT_EQ(ran.err, "wattringd: 10.0.0.1:7411 cannot be reached within 30s\n");
  EXPECT_FALSE(fs::exists(data_dir()));
}

TEST_F(Verbs, AFullDirectoryIsRefusedBeforeAnybodyIsAsked) {
  file("data/something", "else");
  EXPECT_EQ(run({"init", "--data-dir", data_dir(), "--node", "n4", "--join", "10.0.0.1:7411"}).code, 65);
  EXPECT_FALSE(wished_);
}

TEST_F(Verbs, ANewClusterNeedsAName) {
  const Ran ran = run({"init", "--data-dir", data_dir(), "--node", "n1"});
  EXPECT_EQ(ran.code, 64);
  EXPECT_NE(ran.err.find("--cluster NAME"), std::string::npos) << ran.err;
}

TEST_F(Verbs, RunAddsItsJoinsToTheConfiguredOnes) {
  EXPECT_EQ(run({"run", "--data-dir", data_dir(), "--set", "cluster.join=a:1,b:2", "--join", "[::1]:3"}).code, 0);
  ASSERT_TRUE(started_);
  EXPECT_EQ(started_->config.cluster.join, (std::vector<Endpoint>{{"a", 1}, {"b", 2}, {"::1", 3}}));
  EXPECT_EQ(run({"run", "--data-dir", data_dir(), "--join", "nowhere"}).code, 64);
  EXPECT_EQ(run({"run", "--data-dir", data_dir(), "--join", "10.0.0.1:0"}).code, 64);
}

TEST_F(Verbs, LeaveKnowsWhetherANodeRuns) {
  ASSERT_EQ(init().code, 0);
  EXPECT_EQ(run({"leave", "--data-dir", data_dir()}).code, 3);
  const auto directory = persistence::DataDirectory::open(data_dir(), {});
  ASSERT_TRUE(directory);
  // The lock is held, and nobody serves: this test is not ended by a signal.
  EXPECT_EQ(run({"leave", "--data-dir", data_dir()}).code, 65);
  file("data/endpoints.json", "{\"pid\":1}\n");
  EXPECT_EQ(run({"leave", "--data-dir", data_dir()}).code, 65);
}

TEST_F(Verbs, RunHandsOnTheWholeConfiguration) {
  const std::string path = file("w.toml", "[http]\nthreads = 3\n[log]\nlevel = \"warn\"\n");
  file("conf.d/20.toml", "[http]\nthreads = 5\n");
  file("conf.d/10.toml", "[http]\nthreads = 4\n");
  file("conf.d/ignored.txt", "not read");
  environment_["WATTRING_LOG_FORMAT"] = "json";
  const Ran ran = run({"run", "--data-dir", data_dir(), "--config", path, "--set", "listen.http=127.0.0.1:0", "--set",
                       "listen.ingest=127.0.0.1:0"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_TRUE(started_);
  EXPECT_EQ(started_->data_dir, data_dir());
  EXPECT_EQ(started_->config.http.threads, 5U);
  EXPECT_EQ(started_->config.log.level, "warn");
  EXPECT_EQ(started_->config.log.format, "json");
  EXPECT_EQ(started_->config.listen.http.port, 0);
  EXPECT_EQ(started_->settings.size(), 5U);
}

TEST_F(Verbs, AConfigurationErrorIsSeventyEightAndNothingStarts) {
  const std::string path = file("w.toml", "[http]\nthread = 3\n");
  const Ran ran = run({"run", "--data-dir", data_dir(), "--config", path});
  EXPECT_EQ(ran.code, 78);
  EXPECT_EQ(ran.err, path +
                         ":2:1: error: unknown key \"http.thread\" (did you mean \"http.threads\"?)\n"
                         "1 error. The daemon would not start.\n");
  EXPECT_FALSE(started_);
  EXPECT_EQ(run({"config", "check", "--config", path}).code, 78);
}

TEST_F(Verbs, AZoneThatThisSystemDoesNotKnowIsAConfigurationError) {
  const Ran ran = run({"config", "check", "--set", "meters.zone=Europe/Atlantis"});
  EXPECT_EQ(ran.code, 78);
  EXPECT_NE(ran.err.find("--set: error: time zone \"Europe/Atlantis\" is not in this system's tzdata"),
            std::string::npos)
      << ran.err;
}

TEST_F(Verbs, AFileThatWasNamedMustBeThere) {
  const Ran ran = run({"config", "check", "--config", (folder_ / "absent.toml").string()});
  EXPECT_EQ(ran.code, 74);
  EXPECT_NE(ran.err.find("No such file"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"config", "check", "--config", folder_.string()}).code, 74);
}

TEST_F(Verbs, TheDefaultFileIsReadWhenItIsThere) {
  EXPECT_EQ(run({"config", "check"}).code, 0);
  const std::string path = file("default.toml", "[http]\nthreads = 6\n");
  const Ran ran = run({"config", "show", "--origin"});
  EXPECT_NE(ran.out.find(path + ":2\n"), std::string::npos) << ran.out;
}

TEST_F(Verbs, TheDefaultsThatArePrintedAreAGoodFile) {
  const std::string path = file("defaults.toml", run({"config", "defaults"}).out);
  EXPECT_EQ(run({"config", "check", "--config", path}).code, 0);
  EXPECT_FALSE(run({"config", "docs"}).out.empty());
}

TEST_F(Verbs, JournalVerbsWorkOnAClosedDirectory) {
  ASSERT_EQ(init().code, 0);
  const Ran verify = run({"journal", "verify", "--data-dir", data_dir()});
  EXPECT_EQ(verify.code, 0) << verify.err << verify.out;
  EXPECT_NE(verify.out.find("all sound"), std::string::npos) << verify.out;
  const Ran stat = run({"journal", "stat", "--data-dir", data_dir()});
  EXPECT_EQ(stat.code, 0) << stat.err;
  EXPECT_NE(stat.out.find("node    n1"), std::string::npos) << stat.out;
  EXPECT_EQ(run({"journal", "dump", "--data-dir", data_dir(), "--limit", "1"}).code, 0);
  EXPECT_EQ(run({"journal", "dump", "--data-dir", data_dir(), "--shard", "5000"}).code, 64);
  EXPECT_EQ(run({"journal", "compact", "--data-dir", data_dir()}).code, 0);
}

TEST_F(Verbs, JournalVerbsNeverMakeADirectory) {
  for (const char* verb : {"verify", "stat", "dump", "compact"}) {
    EXPECT_EQ(run({"journal", verb, "--data-dir", data_dir()}).code, 65) << verb;
  }
  EXPECT_FALSE(fs::exists(data_dir()));
}

TEST_F(Verbs, ADirectoryInUseIsIo) {
  ASSERT_EQ(init().code, 0);
  const auto directory = persistence::DataDirectory::open(data_dir(), {});
  ASSERT_TRUE(directory);
  EXPECT_EQ(run({"journal", "stat", "--data-dir", data_dir()}).code, 65);
}

}  // namespace
}  // namespace wattring::app
