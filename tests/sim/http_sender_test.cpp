// SPDX-License-Identifier: Apache-2.0
#include "node/sim/http_sender.hpp"

#include <gtest/gtest.h>

namespace wattring::sim {
namespace {

// Ten readings in five items of two.
RefusedRange range_of(std::uint64_t line) {
  if (line == 0 || line > 5) return {};
  return {static_cast<std::uint32_t>(2 * (line - 1)), 2, ""};
}

SendReply interpret(int status, std::string body, std::int64_t retry_after_ms = 0) {
  return interpret_reply(HttpReply{status, std::move(body), retry_after_ms}, 10, range_of);
}

TEST(InterpretReply, NoContentMeansAllWasStored) {
  const SendReply reply = interpret(204, "");
  EXPECT_EQ(reply.kind, SendReply::Kind::answered);
  EXPECT_EQ(reply.refused + reply.unknown, 0U);
}

TEST(InterpretReply, RefusedLinesAreRefusedReadings) {
  for (const int status : {200, 400}) {
    const SendReply reply = interpret(
        status, R"({"stored":8,"refused":[{"line":2,"reason":"SYNTAX"}],"refused_total":1,"unknown_total":0})");
    EXPECT_EQ(reply.kind, SendReply::Kind::answered);
    EXPECT_EQ(reply.refused, 2U);
    ASSERT_EQ(reply.listed.size(), 1U);
    EXPECT_EQ(reply.listed[0].first, 2U);
    EXPECT_EQ(reply.listed[0].reason, "SYNTAX");
  }
}

TEST(InterpretReply, RefusalsBeyondTheListStillCount) {
  const SendReply reply = interpret(200, R"({"stored":5,"refused":[{"line":2,"reason":"SYNTAX"}],"refused_total":3})");
  EXPECT_EQ(reply.refused, 4U);
  EXPECT_EQ(reply.listed.size(), 1U);
}

TEST(InterpretReply, FiveHundredThreeIsBusyUnlessSomethingMayBeStored) {
  const SendReply busy = interpret(503, R"({"error":{"code":"BUSY","message":"queue full"}})", 2000);
  EXPECT_EQ(busy.kind, SendReply::Kind::busy);
  EXPECT_EQ(busy.retry_after_ms, 2000);
  const SendReply unknown = interpret(503, R"({"stored":0,"refused_total":0,"unknown_total":10})");
  EXPECT_EQ(unknown.kind, SendReply::Kind::answered);
  EXPECT_EQ(unknown.unknown, 10U);
  EXPECT_GT(unknown.retry_after_ms, 0);
}

TEST(InterpretReply, ARequestThatIsRefusedAsAWholeStoresNothing) {
  const SendReply reply = interpret(413, R"({"error":{"code":"TOO_LARGE","message":"9 MiB"}})");
  EXPECT_EQ(reply.kind, SendReply::Kind::answered);
  EXPECT_EQ(reply.refused, 10U);
  EXPECT_EQ(reply.trouble, "HTTP 413, TOO_LARGE: 9 MiB");
}

TEST(InterpretReply, NoReplyAndServerErrorsAreUnknown) {
  EXPECT_EQ(interpret(500, "oops").kind, SendReply::Kind::lost);
  EXPECT_EQ(interpret_reply(fail(ErrorCode::unknown_outcome, "cut"), 10, range_of).kind, SendReply::Kind::lost);
  EXPECT_EQ(interpret(200, "not json").kind, SendReply::Kind::lost);
}

TEST(HostPort, IsReadInTheUsualForms) {
  EXPECT_EQ(parse_host_port("127.0.0.1:7414")->port, 7414);
  EXPECT_EQ(parse_host_port("http://n1:80/")->host, "n1");
  EXPECT_EQ(parse_host_port("[::1]:7414")->host, "::1");
  for (const std::string_view bad : {"", "n1", "n1:", ":7414", "n1:0", "n1:70000", "n1:74x"}) {
    EXPECT_FALSE(parse_host_port(bad)) << bad;
  }
}

TEST(PercentEncode, LeavesNothingThatAUrlCouldMistake) {
  EXPECT_EQ(percent_encode("M-1_a.b~"), "M-1_a.b~");
  EXPECT_EQ(percent_encode("a b/c?d=\xC3\xA9"), "a%20b%2Fc%3Fd%3D%C3%A9");
}

}  // namespace
}  // namespace wattring::sim
