// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace wattring {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// What the log wrote to standard error meanwhile.
template <class Action>
std::string written(std::string_view level, std::string_view format, Action action) {
  testing::internal::CaptureStderr();
  {
    const auto log = Log::create(level, format).value();
    action(*log);
  }
  return testing::internal::GetCapturedStderr();
}

TEST(Log, TextHasTimeLevelEventAndMessageOnOneLine) {
  const std::string out = written("info", "text", [](Log& log) { log.info("node_ready", "listening"); });
  EXPECT_THAT(out, MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9:.]+Z info +node_ready: listening\n"));
}

TEST(Log, JsonIsOneObjectALineAndQuotesWhatMustBeQuoted) {
  const std::string out =
      written("info", "json", [](Log& log) { log.info("bad_frame", "got \"x\\y\"\nand more {} %v"); });
  EXPECT_THAT(out, HasSubstr(R"("level":"info","event":"bad_frame","message":"got \"x\\y\" and more {} %v"})"));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(Log, BelowTheLevelNothingIsSaid) {
  const std::string out = written("warn", "text", [](Log& log) {
    log.debug("a", "no");
    log.info("b", "no");
    log.warn("c", "yes");
    log.error("d", "yes");
  });
  EXPECT_THAT(out, Not(HasSubstr("no")));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
}

TEST(Log, AWarningThatRepeatsCannotFlood) {
  const std::string out = written("info", "text", [](Log& log) {
    for (int i = 0; i < 100; ++i) log.warn("p1_bad_crc", "again");
    log.warn("other_event", "has a budget of its own");
  });
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 11);
  EXPECT_THAT(out, HasSubstr("other_event"));
}

TEST(Log, RefusesUnknownLevelsAndFormats) {
  EXPECT_THAT(Log::create("loud", "text").error().text(), HasSubstr("unknown log level \"loud\""));
  EXPECT_THAT(Log::create("info", "xml").error().text(), HasSubstr("text or json"));
}

TEST(Log, TheSilentOneIsSilent) {
  testing::internal::CaptureStderr();
  Log::silent()->error("x", "y");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace wattring
