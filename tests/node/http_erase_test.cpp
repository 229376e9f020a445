// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/http/api.hpp"
#include "node/http/erase_door.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

class FakeErasure final : public EraseDoor {
 public:
  Result<Erasable> count(std::string_view meter, std::int64_t before_ms) override {
    asked.emplace_back("count " + std::string(meter) + " " + std::to_string(before_ms));
    if (uncountable) return fail(ErrorCode::busy, "not now");
    return Erasable{12, 3, 2, 1, 77};
  }
  Result<KeptErasure> erase(std::string_view meter, std::int64_t before_ms) override {
    asked.emplace_back("erase " + std::string(meter) + " " + std::to_string(before_ms));
    if (unkept) return fail(ErrorCode::busy, "too few nodes");
    return KeptErasure{"DURABLE", 2, "t0"};
  }
  std::vector<std::string> asked;
  bool uncountable = false;
  bool unkept = false;
};

struct EraseTest : testing::Test {
  Response send(const std::string& method, const std::string& params, bool relayed = false) {
    Request request;
    request.method = method;
    request.path = "/api/v1/meters/M%2F1/erasure";
    request.query = params;
    request.relayed = relayed;
    return relayed ? api.handle_relayed(request) : api.handle(request);
  }
  static Doors doors(EraseDoor* erase) {
    Doors all;
    all.erase = erase;
    return all;
  }
  FakeErasure erasure;
  FakeIngest ingest;
  FakeQuery query;
  FakeClock clock;
  BodyBudget budget{1U << 20U};
  Metrics metrics;
  Api api{{{}, "n1", "0"}, ingest, query, doors(&erasure), clock, budget, metrics, Log::silent()};
};

TEST_F(EraseTest, WhatWouldGoIsCountedAndNothingErased) {
  const Response response = send("GET", "before=1000");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body,
            "{\"schema\":\"wattring.meter-erasure/1\",\"found\":{\"meter\":\"M/1\",\"before\":\"1970-01-01T00:00:01Z\","
            "\"erased_before\":\"1970-01-01T00:00:00.077Z\",\"readings\":12,\"chunks\":3,\"interval_days\":2,"
            "\"quarantined\":1,\"alerts\":null,\"complete\":true}}\n");
  EXPECT_EQ(erasure.asked, std::vector<std::string>{"count M/1 1000"});
}

TEST_F(EraseTest, AnErasureSaysWhatWasFoundAndWhatIsPromised) {
  const Response response = send("POST", "before=1000&reason=moved%20out");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find(R"("class":"DURABLE","copies":2,"token":"t0","found":{"meter":"M/1")"),
            std::string::npos)
      << response.body;
  EXPECT_EQ(erasure.asked.back(), "erase M/1 1000");
}

TEST_F(EraseTest, WhatCannotBeCountedIsErasedAllTheSame) {
  erasure.uncountable = true;
  const Response response = send("POST", "before=1000");
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find(R"("found":null)"), std::string::npos) << response.body;
}

TEST_F(EraseTest, AnErasureThatTooFewKeepIsNoSuccess) {
  erasure.unkept = true;
  EXPECT_EQ(send("POST", "before=1000").status, 503);
}

TEST_F(EraseTest, WhatIsNotYetReadIsNotErased) {
  const std::string later = std::to_string(clock.wall_ms() + 1);
  EXPECT_EQ(send("POST", "before=" + later).status, 400);
  EXPECT_EQ(send("GET", "before=" + later).status, 400);
  EXPECT_TRUE(erasure.asked.empty());
}

TEST_F(EraseTest, MangledRequestsEraseNothing) {
  for (const char* params : {"", "before=", "before=x", "before=1000&after=2", "before=1000&before=1000",
                             "before=1000&reason=%00", "before=1000&reason=%ff"})
    EXPECT_EQ(send("POST", params).status, 400) << params;
  EXPECT_EQ(send("POST", "before=1000&reason=" + std::string(201, 'x')).status, 400);
  EXPECT_TRUE(erasure.asked.empty());
}

TEST_F(EraseTest, NodesPassOnTheQuestionOnly) {
  EXPECT_EQ(send("GET", "before=1000", true).status, 200);
  EXPECT_EQ(send("POST", "before=1000", true).status, 403);
  EXPECT_EQ(erasure.asked.size(), 1U);
}

}  // namespace
}  // namespace wattring::http
