// SPDX-License-Identifier: Apache-2.0
#include "node/http/router.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

TEST(Router, FindsEveryRouteByItsOwnTemplate) {
  for (std::size_t i = 0; i < routes().size(); ++i) {
    const Match match = find_route(routes()[i].method, routes()[i].path);
    EXPECT_EQ(match.route, i) << routes()[i].path;
  }
}

TEST(Router, DecodesTheIdAndNothingBeforeIt) {
  const Match match = find_route("GET", "/api/v1/meters/E%2F1%20%C3%A4/intervals");
  ASSERT_NE(match.route, Match::kNone);
  EXPECT_EQ(routes()[match.route].target, Target::intervals);
  EXPECT_EQ(match.id, "E/1 \xc3\xa4");
}

TEST(Router, SendsAHeadWhereAGetGoes) {
  EXPECT_NE(find_route("HEAD", "/livez").route, Match::kNone);
}

TEST(Router, AnUnknownPathNamesTheNearest) {
  const Match match = find_route("GET", "/api/v1/meters/M-000000001/reading");
  EXPECT_EQ(match.refusal.status, 404);
  EXPECT_EQ(parse(match.refusal)["error"]["hint"], "nearest: GET /api/v1/meters/{id}/readings");
  EXPECT_EQ(parse(find_route("POST", "/api/v1/reading").refusal)["error"]["hint"], "nearest: POST /api/v1/readings");
  EXPECT_EQ(parse(find_route("GET", "/api/v1/alert").refusal)["error"]["hint"], "nearest: GET /api/v1/alerts");
  EXPECT_EQ(find_route("GET", "*").refusal.status, 400);
}

TEST(Router, TheWrongMethodIsToldTheRightOne) {
  const Match match = find_route("DELETE", "/api/v1/meters/M1");
  EXPECT_EQ(match.refusal.status, 405);
  EXPECT_EQ(header(match.refusal, "Allow"), "GET");
  EXPECT_EQ(parse(match.refusal)["error"]["code"], "METHOD_NOT_ALLOWED");
  EXPECT_EQ(header(find_route("PUT", "/query").refusal, "Allow"), "GET, POST");
  EXPECT_EQ(header(find_route("PATCH", "/api/v1/rules").refusal, "Allow"), "GET, PUT");
  EXPECT_EQ(header(find_route("DELETE", "/api/v1/meters").refusal, "Allow"), "GET, POST");
}

TEST(Router, ABrokenEscapeIsABadRequest) {
  EXPECT_EQ(find_route("GET", "/api/v1/meters/%4").refusal.status, 400);
}

}  // namespace
}  // namespace wattring::http
