// SPDX-License-Identifier: Apache-2.0
#include "persistence/data_directory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <fstream>
#include <sstream>

#include "persistence/keys.hpp"
#include "tests/persistence/sample_records.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::persistence {
namespace {

namespace fs = std::filesystem;

Identity sample(std::uint8_t node = 1) {
  Identity identity;
  identity.cluster.bytes.fill(0xc1);
  identity.cluster_name = "home";
  identity.shard_count = 1024;
  identity.hash_key.fill(0x5a);
  identity.node.bytes.fill(node);
  identity.node_name = "n1";
  return identity;
}

DataDirectory::Options small() {
  DataDirectory::Options options;
  options.journal.map_bytes = 256U << 20U;
  return options;
}

class DataDirectoryTest : public ::testing::Test {
 protected:
  fs::path data() const { return temp_.path() / "data"; }
  void init() {
    const auto made = DataDirectory::init(data(), sample());
    ASSERT_TRUE(made) << made.error().text();
  }
  std::unique_ptr<DataDirectory> open(const DataDirectory::Options& options = small()) {
    auto opened = DataDirectory::open(data(), options);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? std::move(*opened) : nullptr;
  }
  Error error_of_open(const DataDirectory::Options& options = small()) {
    const auto opened = DataDirectory::open(data(), options);
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  std::string text_of(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  test::TempDirectory temp_;
};

TEST_F(DataDirectoryTest, OpenGivesBackWhatInitWroteAndCountsBoots) {
  init();
  EXPECT_EQ(open()->identity(), sample());
  EXPECT_EQ(open()->boot_count(), 2U);
  EXPECT_EQ(open()->boot_count(), 3U);
}

TEST_F(DataDirectoryTest, ToolsThatOnlyReadAreNoBoot) {
  init();
  EXPECT_EQ(open()->boot_count(), 1U);
  auto options = small();
  options.journal.read_only = true;
  EXPECT_EQ(open(options)->boot_count(), 1U);
  EXPECT_EQ(open(options)->identity(), sample());
  EXPECT_EQ(open()->boot_count(), 2U);
}

TEST_F(DataDirectoryTest, OpenNeverMakesADirectory) {
  EXPECT_EQ(error_of_open().code, ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(data()));
  fs::create_directories(data() / "lost+found");
  const Error error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_NE(error.text().find("not initialised"), std::string::npos);
  EXPECT_NE(error.text().find("wattringd init"), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(data()), fs::directory_iterator()), 1);
}

TEST_F(DataDirectoryTest, InitTakesAnEmptyMountButNothingElse) {
  fs::create_directories(data() / "lost+found");
  init();
  const auto again = DataDirectory::init(data(), sample(2));
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  EXPECT_EQ(open()->identity(), sample());
  EXPECT_EQ(DataDirectory::init(temp_.path() / "no" / "such", sample()).error().code, ErrorCode::io);
}

TEST_F(DataDirectoryTest, InitRefusesAnIdentityWithoutSenseBeforeItTouchesAnything) {
  auto identity = sample();
  identity.shard_count = 3;
  EXPECT_EQ(DataDirectory::init(data(), identity).error().code, ErrorCode::invalid_argument);
  EXPECT_FALSE(fs::exists(data()));
}

TEST_F(DataDirectoryTest, ASecondOpenIsToldWhoHoldsIt) {
  init();
  const auto held = open();
  const Error error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::busy);
  EXPECT_NE(error.message.find("process " + std::to_string(getpid())), std::string::npos) << error.message;
}

TEST_F(DataDirectoryTest, ASecondProcessIsRefusedAndTheLockDiesWithItsHolder) {
  init();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = DataDirectory::open(data(), small());
    const char answer = held ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const Error error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::busy);
  EXPECT_NE(error.message.find(std::to_string(child)), std::string::npos) << error.message;
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(ready[0]);
  close(ready[1]);
  EXPECT_EQ(open()->boot_count(), 2U);
}

TEST_F(DataDirectoryTest, ANewerFormatIsNotTouched) {
  init();
  std::string text = text_of(data() / "IDENTITY");
  text.replace(text.find("format = 1"), 10, "format = 2");
  std::ofstream(data() / "IDENTITY") << text;
  fs::remove(data() / "LOCK");
  const auto error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::newer_format) << error.text();
  EXPECT_FALSE(fs::exists(data() / "LOCK"));
}

TEST_F(DataDirectoryTest, AnotherClusterThanExpectedIsWrong) {
  init();
  auto options = small();
  options.expect_cluster = ClusterId{};
  EXPECT_EQ(error_of_open(options).code, ErrorCode::wrong_identity);
  options = small();
  options.expect_cluster_name = "work";
  EXPECT_EQ(error_of_open(options).code, ErrorCode::wrong_identity);
  options.expect_cluster_name = "home";
  options.expect_cluster = sample().cluster;
  EXPECT_EQ(open(options)->boot_count(), 1U) << "refused opens are no boots";
}

TEST_F(DataDirectoryTest, FilesOfTwoDirectoriesMixedAreNoticed) {
  init();
  ASSERT_TRUE(DataDirectory::init(temp_.path() / "other", sample(2)));
  fs::copy_file(temp_.path() / "other" / "data.mdb", data() / "data.mdb", fs::copy_options::overwrite_existing);
  const auto error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::wrong_identity) << error.text();
}

TEST_F(DataDirectoryTest, MissingPartsAreCorrupt) {
  init();
  fs::rename(data() / "data.mdb", temp_.path() / "aside");
  EXPECT_EQ(error_of_open().code, ErrorCode::corrupt);
  EXPECT_FALSE(fs::exists(data() / "data.mdb")) << "a new journal in its place would hide the loss";
  fs::rename(temp_.path() / "aside", data() / "data.mdb");
  fs::remove(data() / "IDENTITY");
  EXPECT_EQ(error_of_open().code, ErrorCode::corrupt);
  std::ofstream(data() / "IDENTITY") << "nonsense";
  EXPECT_EQ(error_of_open().code, ErrorCode::corrupt);
}

TEST_F(DataDirectoryTest, AFlippedBitInTheIdentityIsCorrupt) {
  init();
  std::string bytes = text_of(data() / "data.mdb");
  std::size_t at = 0;
  int found = 0;
  // The cluster's name as it stands in the identity value, in whichever pages still hold a version of it.
  while ((at = bytes.find("\x04home", at)) != std::string::npos) {
    bytes[at + 1] = 'H';
    ++found;
  }
  ASSERT_GT(found, 0);
  std::ofstream(data() / "data.mdb", std::ios::binary) << bytes;
  EXPECT_EQ(error_of_open().code, ErrorCode::corrupt);
}

TEST_F(DataDirectoryTest, CompactionKeepsEverythingAndShrinksTheFile) {
  init();
  const auto directory = open();
  Journal& journal = directory->journal();
  for (std::uint64_t lsn = 1; lsn <= 40; ++lsn)
    ASSERT_EQ(test::put_record(journal, Lsn{lsn}, std::string(200'000, static_cast<char>(lsn))).status,
              CommitStatus::committed);
  for (std::uint64_t lsn = 1; lsn < 40; ++lsn) {
    const std::string key = journal_key(Lsn{lsn});
    const WriteOp erase{WriteOp::Kind::erase, Table::journal, key, {}};
    ASSERT_EQ(journal.commit({&erase, 1}).status, CommitStatus::committed);
  }
  const auto compacted = directory->compact();
  ASSERT_TRUE(compacted) << compacted.error().text();
  EXPECT_GT(compacted->bytes_before, 7'000'000U);
  EXPECT_LT(compacted->bytes_after, 1'000'000U);
  EXPECT_LT(fs::file_size(data() / "data.mdb"), 1'000'000U);
  EXPECT_FALSE(fs::exists(data() / "compacting"));
  const auto snapshot = *directory->journal().read();
  EXPECT_EQ(*snapshot->get(Table::journal, journal_key(Lsn{40})), std::string(200'000, 40));
  EXPECT_EQ(test::put(directory->journal(), Table::meter, "m", "1").status, CommitStatus::committed);
}

TEST_F(DataDirectoryTest, WhatAnInterruptedCompactionLeftIsRemoved) {
  init();
  fs::create_directory(data() / "compacting");
  std::ofstream(data() / "compacting" / "data.mdb") << "half";
  EXPECT_NE(open(), nullptr);
  EXPECT_FALSE(fs::exists(data() / "compacting"));
}

TEST_F(DataDirectoryTest, TheBallastIsGivenBackWhenTheVolumeIsFullAndMadeAnewWhenThereIsRoom) {
  init();
  auto options = small();
  options.ballast_bytes = 1U << 20U;
  const auto directory = open(options);
  const fs::path ballast = data() / "ballast";
  EXPECT_FALSE(fs::exists(ballast));
  const std::uint64_t reserve = 10U << 20U;
  JournalUsage usage;
  usage.disk_bytes = std::uint64_t{1} << 30U;
  usage.disk_free_bytes = 100U << 20U;
  directory->mind_ballast(usage, reserve);
  ASSERT_TRUE(fs::exists(ballast));
  EXPECT_EQ(fs::file_size(ballast), 1U << 20U);
  usage.disk_free_bytes = 8U << 20U;  // the reserve is reached: the journal refuses readings, the ballast stays
  directory->mind_ballast(usage, reserve);
  EXPECT_TRUE(fs::exists(ballast));
  usage.disk_free_bytes = 4U << 20U;
  directory->mind_ballast(usage, reserve);
  EXPECT_FALSE(fs::exists(ballast));
  usage.disk_free_bytes = 11U << 20U;
  directory->mind_ballast(usage, reserve);
  EXPECT_FALSE(fs::exists(ballast)) << "making it must not reach the reserve at once";
  usage.disk_free_bytes = 13U << 20U;
  directory->mind_ballast(usage, reserve);
  EXPECT_TRUE(fs::exists(ballast));
}

}  // namespace
}  // namespace wattring::persistence
