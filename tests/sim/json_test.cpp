// SPDX-License-Identifier: Apache-2.0
#include "node/sim/json.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

TEST(ParseIngestAnswer, ReadsTheDocumentedReply) {
  const auto answer = parse_ingest_answer(
      R"({"stored":998,"refused":[{"line":17,"reason":"TS_TOO_OLD","got":"2019","limit":"2025"}],"refused_total":1,
          "unknown":[{"line":40,"reason":"NOT_ENOUGH_COPIES"}],"unknown_total":1,"class":"DURABLE","copies":2,"token":"x"})");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->stored, 998U);
  EXPECT_EQ(answer->refused_total, 1U);
  EXPECT_EQ(answer->unknown_total, 1U);
  ASSERT_EQ(answer->refused.size(), 1U);
  EXPECT_EQ(answer->refused[0].line, 17U);
  EXPECT_EQ(answer->refused[0].reason, "TS_TOO_OLD");
}

TEST(ParseStatus, FindsTheIngestEndpoint) {
  const auto facts = parse_status(R"({"cluster":"plant","version":"0.1.0","endpoints":{"ingest":"127.0.0.1:7413"}})");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->cluster, "plant");
  EXPECT_EQ(facts->ingest, "127.0.0.1:7413");
  EXPECT_EQ(parse_status(R"({"cluster":"plant"})")->ingest, "");
}

TEST(ParseReadings, ReadsRowsCompletenessAndTheNextPage) {
  const auto page = parse_readings(
      R"({"meter":"M","register":"1-0:1.8.0","unit":"Wh","complete":true,"as_of":"2026-02-11T13:00:00Z",
          "readings":[{"time":"2026-02-11T13:00:00.250Z","value":3432827,"quality":"actual","flags":[]},
                      {"time":"2026-02-11T13:15:00Z","value":null,"quality":"missing","flags":[]}],
          "next":"2026-02-11T13:30:00Z"})");
  ASSERT_TRUE(page) << page.error().text();
  EXPECT_TRUE(page->answer.complete);
  ASSERT_EQ(page->answer.rows.size(), 2U);
  EXPECT_EQ(page->answer.rows[0].value, 3'432'827);
  EXPECT_EQ(format_rfc3339(page->answer.rows[0].time_ms), "2026-02-11T13:00:00.250Z");
  EXPECT_FALSE(page->answer.rows[1].value);
  EXPECT_EQ(page->next, "2026-02-11T13:30:00Z");
  EXPECT_FALSE(parse_readings(R"({"complete":false,"readings":[],"next":null})")->next);
}

TEST(ParseIntervals, ReadsRows) {
  const auto answer = parse_intervals(
      R"({"complete":false,"intervals":[{"start":"2026-02-11T13:00:00Z","end":"2026-02-11T13:15:00Z","value":25}]})");
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->complete);
  ASSERT_EQ(answer->rows.size(), 1U);
  EXPECT_EQ(answer->rows[0].end_ms - answer->rows[0].start_ms, 900'000);
  EXPECT_EQ(answer->rows[0].value, 25);
}

TEST(ParseAnything, RefusesWhatTheApiDoesNotPromise) {
  for (const std::string_view body :
       {"", "<html>", "[]", "null", "{}", R"({"complete":"yes","readings":[],"next":null})",
        R"({"complete":true,"readings":[{"time":"soon","value":1}],"next":null})",
        R"({"complete":true,"readings":[{"time":"2026-02-11T13:00:00Z","value":1.5}],"next":null})"}) {
    EXPECT_FALSE(parse_readings(body)) << body;
    EXPECT_FALSE(parse_intervals(body)) << body;
  }
  EXPECT_FALSE(parse_ingest_answer(R"({"refused":[]})"));
  EXPECT_FALSE(parse_status("[1]"));
}

TEST(ErrorText, GivesTheErrorOrTheBeginningOfTheBody) {
  EXPECT_EQ(error_text(404, R"({"error":{"code":"NOT_FOUND","message":"no meter \"X\"","hint":"spelt right?"}})"),
            "HTTP 404, NOT_FOUND: no meter \"X\" (spelt right?)");
  EXPECT_EQ(error_text(502, "bad gateway"), "HTTP 502, bad gateway");
}

}  // namespace
}  // namespace wattring::sim
