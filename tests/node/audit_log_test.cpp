// SPDX-License-Identifier: Apache-2.0
#include "node/app/audit_log.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/temp_directory.hpp"

namespace wattring::app {
namespace {

class AuditLogTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file() const { return (folder.path() / "audit.jsonl").string(); }
  [[nodiscard]] std::string text() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write_one(const std::string& token) const {
    const auto log = AuditLog::open(folder.path());
    ASSERT_TRUE(log) << log.error().text();
    const auto written = (*log)->record({1'770'814'931'000, token, "10.0.0.9", "PUT", "/api/v1/rules", 200, "done"});
    EXPECT_TRUE(written) << written.error().text();
  }

  const test::TempDirectory folder;
};

constexpr std::string_view kLine =
    R"({"time":"2026-02-11T13:02:11Z","token":"kim","peer":"10.0.0.9","verb":"PUT","target":"/api/v1/rules","status":200,"outcome":"done"})"
    "\n";

TEST_F(AuditLogTest, AddsALineForEachRecordAcrossStarts) {
  write_one("kim");
  write_one("kim");
  EXPECT_EQ(text(), std::string(kLine) + std::string(kLine));
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U & ~0640U, 0U) << "no stranger reads it";
}

TEST_F(AuditLogTest, BeginsANewLineAfterHalfALineOfACrash) {
  std::ofstream(file(), std::ios::binary) << R"({"time":"2026)";
  write_one("kim");
  EXPECT_EQ(text(), "{\"time\":\"2026\n" + std::string(kLine));
}

TEST_F(AuditLogTest, WhatIsSentStaysInItsLine) {
  write_one("a\"b\nc");
  const std::string written = text();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1);
  EXPECT_NE(written.find(R"("token":"a\"b\nc")"), std::string::npos) << written;
}

TEST(AuditLogWithoutAFolder, IsAnError) {
  EXPECT_EQ(AuditLog::open("/nonexistent/folder").error().code, ErrorCode::io);
}

}  // namespace
}  // namespace wattring::app
