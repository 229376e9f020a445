// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/backup_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/backup/sample_backup.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::ctl {
namespace {

Json sample_manifest() {
  Json manifest;
  return manifest.set("schema", "wattring.backup/1").set("shards", 64);
}

TEST(BackupFolder, IsNoBackupBeforeItsManifestIsThere) {
  const test::TempDirectory folder;
  EXPECT_EQ(read_manifest(folder.path().string()).error().code, ErrorCode::not_found);
  ASSERT_TRUE(write_manifest(folder.path().string(), sample_manifest()));
  const auto manifest = read_manifest(folder.path().string());
  ASSERT_TRUE(manifest) << manifest.error().text();
  EXPECT_EQ((*manifest)["shards"].integer(), 64);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "manifest.json.part"));
}

TEST(BackupFolder, BelievesNoManifestThatWasChangedOrCutOff) {
  const test::TempDirectory folder;
  ASSERT_TRUE(write_manifest(folder.path().string(), sample_manifest()));
  const auto path = folder.path() / kManifestName;
  std::stringstream bytes;
  bytes << std::ifstream(path).rdbuf();
  const std::string whole = bytes.str();
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    std::ofstream(path, std::ios::trunc) << changed;
    EXPECT_FALSE(read_manifest(folder.path().string())) << "byte " << i;
    std::ofstream(path, std::ios::trunc) << whole.substr(0, i);
    EXPECT_FALSE(read_manifest(folder.path().string())) << "cut at " << i;
  }
}

TEST(BackupFolder, HoldsRowsAgainstWhatTheEndCounts) {
  const test::TempDirectory folder;
  const std::string path = (folder.path() / shard_file_name(12)).string();
  backup::Sample sample;
  std::ofstream(path) << sample.file();
  const auto content = read_shard_file(path, {});
  ASSERT_TRUE(content) << content.error().text();
  EXPECT_EQ(content->end.tally.readings, 10U);
  backup::ShardFileWriter writer(sample.head);
  std::string lying = writer.begin();
  for (const std::string& part : sample.parts) lying += writer.part(part);
  ++sample.end.tally.readings;
  lying += writer.end(sample.end);
  std::ofstream(path, std::ios::trunc) << lying;
  EXPECT_EQ(read_shard_file(path, {}).error().message, "its rows are not those that its end counts");
  EXPECT_EQ(read_shard_file(path + "x", {}).error().message, "it is missing");
}

TEST(BackupFolder, AFileHasItsNameOnlyWhenItIsFinished) {
  const test::TempDirectory folder;
  const std::string path = (folder.path() / "one").string();
  {
    auto file = SafeFile::create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("half"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  auto file = SafeFile::create(path);
  ASSERT_TRUE(file && file->write("whole") && file->finish());
  EXPECT_EQ(std::filesystem::file_size(path), 5U);
}

}  // namespace
}  // namespace wattring::ctl
