// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

TEST(ActorsApi, HasTheShapeOfTheContract) {
  ApiFixture fixture;
  fixture.alerts.actor_rows = {{"/shards", "running", 0, 0, 0, "", 1024},
                               {"/shards/2", "journal-only", 4100, 93'000, 5, "fold: out of range", 0}};
  const auto json = parse(fixture.get("/api/v1/actors?path=/shards&depth=1"));
  EXPECT_EQ(fixture.alerts.asked, std::vector<std::string>{"actors /shards 1"});
  EXPECT_EQ(json["schema"], "wattring.actors/1");
  EXPECT_EQ(json["path"], "/shards");
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["actors"][0], nlohmann::json::parse(R"({"path":"/shards","state":"running","mailbox":0,"oldest_ms":0,
    "restarts":0,"last_failure":null,"children":1024})"));
  EXPECT_EQ(json["actors"][1]["last_failure"], "fold: out of range");
}

TEST(ActorsApi, BeginsAtTheRootTwoLevelsDeep) {
  ApiFixture fixture;
  EXPECT_EQ(fixture.get("/api/v1/actors").status, 200);
  EXPECT_EQ(fixture.alerts.asked, std::vector<std::string>{"actors / 2"});
}

TEST(ActorsApi, NeverShowsMoreThanItsLimitAndSaysSo) {
  ApiFixture fixture;
  fixture.alerts.actor_rows.resize(kActorRowsMax + 1);
  const auto json = parse(fixture.get("/api/v1/actors"));
  EXPECT_EQ(json["actors"].size(), kActorRowsMax);
  EXPECT_EQ(json["complete"], false);
}

TEST(ActorsApi, RefusesPathsAndDepthsThatMakeNoSense) {
  ApiFixture fixture;
  for (const std::string& query : std::vector<std::string>{"path=shards", "path=/%1b", "path=/" + std::string(256, 'a'),
                                                           "depth=17", "depth=-1", "depth=x", "pth=/"})
    EXPECT_EQ(fixture.get("/api/v1/actors?" + query).status, 400) << query;
  EXPECT_EQ(fixture.post("/api/v1/actors/resume", "").status, 400) << "which?";
  EXPECT_TRUE(fixture.alerts.asked.empty());
}

TEST(ActorsApi, ResumesAShard) {
  ApiFixture fixture;
  const Response response = fixture.post("/api/v1/actors/resume?path=/shards/12", "");
  EXPECT_EQ(parse(response)["resumed"], "/shards/12");
  EXPECT_EQ(fixture.alerts.asked, std::vector<std::string>{"resume /shards/12"});
}

TEST(QuarantineApi, ListsReleasesAndDrops) {
  ApiFixture fixture;
  fixture.alerts.quarantine_rows = {{"12-4711-0", "EM-3", kTestNowMs, 2400, 91'234, "fold: out of range", 0}};
  const auto json = parse(fixture.get("/api/v1/quarantine"));
  EXPECT_EQ(json["quarantine"][0], nlohmann::json::parse(R"({"id":"12-4711-0","meter":"EM-3",
    "time":"2026-02-11T13:02:11Z","readings":2400,"bytes":91234,"failure":"fold: out of range","since":null})"));
  EXPECT_EQ(parse(fixture.post("/api/v1/quarantine/12-4711-0/release", ""))["released"], "12-4711-0");
  EXPECT_EQ(parse(fixture.send("DELETE", "/api/v1/quarantine/12-4711-0"))["dropped"], "12-4711-0");
  EXPECT_EQ(fixture.alerts.asked, (std::vector<std::string>{"quarantine", "release 12-4711-0", "drop 12-4711-0"}));
}

TEST(AnnounceApi, TakesAnIdThatReadingsWouldHave) {
  ApiFixture fixture;
  const Response response = fixture.post("/api/v1/meters", R"({"meter":"EM-9"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(parse(response)["meter"], "EM-9");
  EXPECT_EQ(fixture.alerts.asked, std::vector<std::string>{"announce EM-9"});
  EXPECT_EQ(fixture.post("/api/v1/meters", "{}").status, 400);
  EXPECT_EQ(fixture.post("/api/v1/meters", R"({"meter":")" + std::string(65, 'x') + "\"}").status, 400);
  EXPECT_EQ(fixture.alerts.asked.size(), 1U);
}

}  // namespace
}  // namespace wattring::http
