// SPDX-License-Identifier: Apache-2.0
#include "cluster/curve_keys.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "cluster/curve.hpp"
#include "cluster/zmq_curve.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::cluster {
namespace {

// A pair that belongs together.
constexpr const char* kPublic = "VwM6MtqTc:RfoBHp=XSi[N?FbbHT9Q9=WGzANTd%";
constexpr const char* kSecret = "z59}cGt8GE0K.}w[K.uM2g#fH03s3&6QvpwbZnfl";

std::string lines(const std::string& more = {}) {
  return std::string("cluster-public ") + kPublic + "\nown-public " + kPublic + "\nown-secret " + kSecret + "\n" + more;
}
std::string refusal(const std::string& text) {
  const auto parsed = parse_curve_keys(text);
  return parsed ? "taken" : parsed.error().message;
}
CurveKeys some_keys() {
  const CurvePair cluster = new_curve_pair();
  const CurvePair own = new_curve_pair();
  return {{cluster.public_key, new_curve_pair().public_key},
          cluster.secret_key,
          own,
          {{own.public_key, "n1"}, {new_curve_pair().public_key, "billing", KeyRole::client}}};
}

TEST(CurveKeys, AFileReadsBackAsItWasWritten) {
  for (int i = 0; i < 50; ++i) {
    const CurveKeys keys = some_keys();
    const auto parsed = parse_curve_keys(format_curve_keys(keys));
    ASSERT_TRUE(parsed) << parsed.error().text();
    EXPECT_EQ(*parsed, keys);
  }
}

TEST(CurveKeys, CommentsBlankLinesAndIndentsDoNotMatter) {
  EXPECT_TRUE(parse_curve_keys("# a comment\r\n\n \t\n" + lines("  allow\t" + std::string(kPublic) + "  n1 \r\n")));
}

TEST(CurveKeys, AKeyMayBeginWithTheSignOfAComment) {
  std::string key = kPublic;
  key[0] = '#';
  if (!is_curve_key(key)) key.replace(0, 5, "#0000");
  if (!is_curve_key(key)) key.replace(0, 5, "00#00");
  EXPECT_TRUE(parse_curve_keys(lines("allow " + key + " n1\n")));
}

TEST(CurveKeys, TheSummaryIsThatOfWhatIsProvedAndAllowedInAnyOrder) {
  const CurvePair one = new_curve_pair();
  const CurvePair two = new_curve_pair();
  const CurveKeys first{{one.public_key}, one.secret_key, one, {{one.public_key, "n1"}, {two.public_key, "n2"}}};
  CurveKeys second{{one.public_key}, one.secret_key, two, {{two.public_key, "n2"}, {one.public_key, "n1"}}};
  EXPECT_EQ(summary(first), summary(second)) << "a node's own pair is its own";
  EXPECT_EQ(summary(first).substr(0, 11), "2 allowed, ");
  second.allowed.back().role = KeyRole::client;
  EXPECT_NE(summary(first), summary(second)) << "what a key may is part of the list";
  second.allowed.pop_back();
  EXPECT_NE(summary(first), summary(second));
  second = first;
  second.cluster_public = {two.public_key};
  EXPECT_NE(summary(first), summary(second));
}

TEST(CurveKeys, AKeyIsFortyCharactersOfZ85ThatFitInThirtyTwoBytes) {
  EXPECT_TRUE(is_curve_key(kPublic));
  EXPECT_FALSE(is_curve_key(std::string(kPublic).substr(1)));
  EXPECT_FALSE(is_curve_key(std::string(kPublic) + "0"));
  EXPECT_FALSE(is_curve_key(std::string(39, '0') + "\""));
  EXPECT_TRUE(is_curve_key(std::string(40, '0')));
  EXPECT_FALSE(is_curve_key(std::string(40, '#')));
  EXPECT_FALSE(is_curve_key(""));
}

TEST(CurveKeys, SaysWhichLineIsWrongAndWhy) {
  EXPECT_EQ(refusal(lines("permit " + std::string(kPublic) + " n1")), "line 4 (permit): this word is not known");
  EXPECT_EQ(refusal(lines("allow tooshort n1")), "line 4 (allow): what follows is not a key of 40 characters");
  EXPECT_NE(refusal(lines("allow " + std::string(kPublic))).find("line 4 (allow): a key must be followed"),
            std::string::npos);
  const std::string allow = "allow " + std::string(kPublic) + " n1\n";
  EXPECT_EQ(refusal(lines(allow + allow)), "line 5 (allow): the key is there twice");
  EXPECT_EQ(refusal(lines("own-secret " + std::string(kSecret))), "line 4 (own-secret): it is there twice");
  EXPECT_EQ(refusal(lines("cluster-secret " + std::string(kSecret) + " x")),
            "line 4 (cluster-secret): there is something after the key");
  const std::string cluster = "cluster-public " + std::string(kPublic) + "\n";
  EXPECT_EQ(refusal(lines(cluster)), "taken");
  EXPECT_EQ(refusal(lines(cluster + cluster)),
            "line 5 (cluster-public): there may be two, the old one and the new one");
}

TEST(CurveKeys, AClientsLineSaysThatItIsOneAndAKeyHasOneRole) {
  const std::string key = kPublic;
  const auto parsed = parse_curve_keys(lines("allow-client " + key + " billing\n"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->allowed, (std::vector<AllowedKey>{{key, "billing", KeyRole::client}}));
  EXPECT_EQ(allow_line(parsed->allowed.front()), "allow-client " + key + " billing");
  EXPECT_EQ(refusal(lines("allow-client " + key + " billing\nallow " + key + " billing\n")),
            "line 5 (allow): the key is there twice");
}

TEST(CurveKeys, SaysWhatIsMissing) {
  EXPECT_EQ(refusal(""), "own-public is missing");
  EXPECT_EQ(refusal("own-public " + std::string(kPublic)), "own-secret is missing");
}

TEST(CurveKeys, NeverRepeatsASecret) {
  const std::string broken = std::string(kSecret).substr(1);
  for (const std::string& text :
       {lines("own-secret " + std::string(kSecret)), "own-secret " + broken, std::string(kSecret) + " own-secret"}) {
    const auto parsed = parse_curve_keys(text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().text().find(broken), std::string::npos) << parsed.error().text();
  }
}

TEST(CurveKeys, HalvesOfDifferentPairsAreRefused) {
  CurveKeys keys = some_keys();
  EXPECT_TRUE(check_curve_keys(keys));
  keys.own.secret_key = new_curve_pair().secret_key;
  EXPECT_NE(check_curve_keys(keys).error().message.find("own-public and own-secret"), std::string::npos);
  keys = some_keys();
  keys.cluster_secret = new_curve_pair().secret_key;
  EXPECT_NE(check_curve_keys(keys).error().message.find("cluster-secret"), std::string::npos);
  keys.cluster_secret.clear();
  EXPECT_TRUE(check_curve_keys(keys));
}

class KeyFile : public testing::Test {
 protected:
  test::TempDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "node.keys";
};

TEST_F(KeyFile, IsWrittenForItsOwnerAloneAndReadsBack) {
  const CurveKeys keys = some_keys();
  ASSERT_TRUE(write_key_file(file_, keys));
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto read = load_key_file(file_);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, keys);
}

TEST_F(KeyFile, IsNeverOverwritten) {
  const CurveKeys keys = some_keys();
  ASSERT_TRUE(write_key_file(file_, keys));
  EXPECT_EQ(write_key_file(file_, some_keys()).error().code, ErrorCode::already_exists);
  EXPECT_EQ(load_key_file(file_).value(), keys);
}

TEST_F(KeyFile, ThatOthersMayReadIsRefused) {
  ASSERT_TRUE(write_key_file(file_, some_keys()));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0660U}) {
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
    const auto read = load_key_file(file_);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().text().find("chmod 600"), std::string::npos);
  }
  ASSERT_EQ(chmod(file_.c_str(), 0400), 0);
  EXPECT_TRUE(load_key_file(file_));
}

TEST_F(KeyFile, ThatIsMissingOrNoFileIsSaidToBeSo) {
  EXPECT_EQ(load_key_file(file_).error().code, ErrorCode::not_found);
  EXPECT_EQ(load_key_file(directory_.path()).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(write_key_file(directory_.path() / "no" / "such", some_keys()).error().code, ErrorCode::not_found);
}

TEST_F(KeyFile, ThatIsDamagedNamesTheFile) {
  ASSERT_TRUE(write_key_file(file_, some_keys()));
  std::ofstream(file_, std::ios::app) << "nonsense\n";
  EXPECT_NE(load_key_file(file_).error().message.find(file_.string()), std::string::npos);
}

}  // namespace
}  // namespace wattring::cluster
