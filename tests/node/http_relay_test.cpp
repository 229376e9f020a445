// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "node/http/peers_door.hpp"
#include "node/http/relay.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

/// Other nodes by number; what they answer is what a test says.
class FakePeers final : public PeersDoor {
 public:
  std::vector<Peer> owners_of(std::string_view) override { return owners; }
  Members members() override { return {everybody, everybody.size() + silent, 3, 2}; }
  bool is_whole() override { return whole; }
  Result<std::string> call(const NodeId& to, std::string question, std::int64_t) override {
    const std::lock_guard lock(mutex);
    questions.push_back(decode_request(question)->path);
    const auto found = answers.find(to);
    if (found == answers.end()) return fail(ErrorCode::busy, "not reachable");
    return encode_response(found->second);
  }
  Result<Standing> stand(std::string_view, Level level, std::string_view token) override {
    asked = level;
    asked_token = token;
    if (error) return Failure(*error);
    return standing;
  }

  std::vector<Peer> owners;
  std::vector<Peer> everybody;
  std::size_t silent = 0;
  bool whole = true;
  std::map<NodeId, Response> answers;
  std::mutex mutex;
  std::vector<std::string> questions;
  Standing standing{true, kTestNowMs - 500};
  std::optional<Error> error;
  Level asked = Level::any;
  std::string asked_token;
};

NodeId id(std::uint8_t number) {
  NodeId node;
  node.bytes[0] = number;
  return node;
}
PeersDoor::Peer peer(std::uint8_t number, bool self = false) {
  return {id(number), "n" + std::to_string(number), self};
}
Response page(const std::string& body) {
  Response response;
  response.body = body;
  return response;
}

struct RelayTest : testing::Test {
  Response get(const std::string& path, const std::string& params = {}, bool relayed = false) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.query = params;
    request.relayed = relayed;
    return relayed ? api.handle_relayed(request) : api.handle(request);
  }
  FakePeers peers;
  FakeIngest ingest;
  FakeQuery query;
  FakeClock clock;
  BodyBudget budget{1U << 20U};
  Metrics metrics;
  Api api{{{}, "n1", "0"}, ingest, query,   Doors{nullptr, nullptr, nullptr, &peers},
          clock,           budget, metrics, Log::silent()};
  const std::string readings = "/api/v1/meters/M-1/readings";
};

TEST_F(RelayTest, TheHomeAnswersForItsMeters) {
  peers.owners = {peer(2), peer(1, true)};
  peers.answers[id(2)] = page("from n2");
  const Response response = get(readings, "register=1-0:1.8.0");
  EXPECT_EQ(response.body, "from n2");
  EXPECT_EQ(header(response, "X-Wattring-Node"), "n2");
}

TEST_F(RelayTest, AHomeThatIsSilentLeavesItToTheNextOwner) {
  peers.owners = {peer(2), peer(3), peer(1, true)};
  peers.answers[id(3)] = page("from n3");
  EXPECT_EQ(get(readings, "register=1-0:1.8.0").body, "from n3");
  EXPECT_EQ(peers.questions.size(), 2U);
}

TEST_F(RelayTest, ABusyOwnerIsPassedOver) {
  peers.owners = {peer(2), peer(1, true)};
  peers.answers[id(2)] = retry_response({"BUSY", "later", ""}, 1000);
  EXPECT_EQ(get(readings, "register=1-0:1.8.0").status, 200);
}

TEST_F(RelayTest, LevelAnyStaysHereWhenThisNodeIsAnOwner) {
  peers.owners = {peer(2), peer(1, true)};
  EXPECT_EQ(get(readings, "register=1-0:1.8.0&level=any").status, 200);
  EXPECT_TRUE(peers.questions.empty());
  EXPECT_EQ(peers.asked, Level::any);
}

TEST_F(RelayTest, WhatIsPassedOnIsAnsweredHere) {
  peers.owners = {peer(2), peer(1, true)};
  EXPECT_EQ(get(readings, "register=1-0:1.8.0&level=quorum&token=abc", true).status, 200);
  EXPECT_TRUE(peers.questions.empty());
  EXPECT_EQ(peers.asked, Level::quorum);
  EXPECT_EQ(peers.asked_token, "abc");
}

TEST_F(RelayTest, AnAnswerSaysWhatItIncludes) {
  peers.owners = {peer(1, true)};
  query.readings_answer.as_of_ms = kTestNowMs;
  EXPECT_TRUE(parse(get(readings, "register=1-0:1.8.0"))["complete"]);
  EXPECT_EQ(parse(get(readings, "register=1-0:1.8.0"))["as_of"], format_rfc3339(kTestNowMs - 500));
  peers.standing.complete = false;
  EXPECT_FALSE(parse(get(readings, "register=1-0:1.8.0"))["complete"]);
}

TEST_F(RelayTest, AnAnswerOfADamagedDiskGivesWayToAnotherOwners) {
  Response damaged = page("damaged");
  damaged.headers.emplace_back(ClusterReads::kDamagedHeader, "true");
  peers.owners = {peer(2), peer(3)};
  peers.answers[id(2)] = damaged;
  EXPECT_EQ(get(readings, "register=1-0:1.8.0").body, "damaged") << "better than nothing";
  peers.answers[id(3)] = page("whole");
  EXPECT_EQ(get(readings, "register=1-0:1.8.0").body, "whole");
}

TEST_F(RelayTest, ADamagedDiskOfThisNodeDoesSoToo) {
  peers.owners = {peer(1, true), peer(2)};
  peers.answers[id(2)] = page("whole");
  const std::string home = "register=1-0:1.8.0";
  EXPECT_TRUE(parse(get(readings, home))["complete"]);
  query.readings_answer.complete = false;
  EXPECT_EQ(get(readings, home).body, "whole");
  EXPECT_FALSE(parse(get(readings, home, true))["complete"]) << "who asks for another node decides itself";
  EXPECT_FALSE(parse(get(readings, home + "&level=any"))["complete"]) << "what is here, as it is";
}

TEST_F(RelayTest, WhoHasNotHeardEverythingDoesNotSayThatThereIsNoSuchMeter) {
  peers.owners = {peer(1, true)};
  query.error = Error{ErrorCode::not_found, "no meter \"M-1\"", ""};
  EXPECT_EQ(get("/api/v1/meters/M-1").status, 404);
  peers.standing.complete = false;
  EXPECT_EQ(get("/api/v1/meters/M-1").status, 503);
}

TEST_F(RelayTest, ATokenThatHasNotArrivedIsAReasonToAskAgain) {
  peers.owners = {peer(1, true)};
  peers.error = Error{ErrorCode::busy, "not here yet", "ask again"};
  EXPECT_EQ(get(readings, "register=1-0:1.8.0&token=t").status, 503);
}

TEST_F(RelayTest, AllNodesMetersAreOnePage) {
  peers.everybody = {peer(1, true), peer(2), peer(3)};
  query.page.meters = {{"A", {}, 1000, 1}, {"C", {}, 1000, 1}};
  peers.answers[id(2)] =
      page(R"({"meters":[{"meter":"B","registers":["1-0:1.8.0"],"last_time":"2026-01-01T00:00:00Z"}],"next":null})");
  peers.answers[id(3)] =
      page(R"({"meters":[{"meter":"A","registers":["1-0:2.8.0"],"last_time":"2026-01-01T00:00:00Z"}],"next":null})");
  const auto all = parse(get("/api/v1/meters"));
  ASSERT_EQ(all["meters"].size(), 3U);
  EXPECT_EQ(all["meters"][0]["meter"], "A");
  EXPECT_EQ(all["meters"][0]["last_time"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(all["meters"][1]["meter"], "B");
  EXPECT_TRUE(all["complete"]);
  EXPECT_TRUE(all["next"].is_null());
  const auto two = parse(get("/api/v1/meters", "limit=2"));
  EXPECT_EQ(two["meters"].size(), 2U);
  EXPECT_EQ(two["next"], "B");
}

TEST_F(RelayTest, APageSaysWhenTooManyNodesAreSilent) {
  peers.everybody = {peer(1, true), peer(2)};
  peers.answers[id(2)] = page(R"({"meters":[],"next":null})");
  peers.silent = 1;
  EXPECT_TRUE(parse(get("/api/v1/meters"))["complete"]) << "the third has one of the two sure copies at most";
  peers.silent = 2;
  EXPECT_FALSE(parse(get("/api/v1/meters"))["complete"]);
}

TEST_F(RelayTest, ANodeThatMissesSomethingIsAsGoodAsASilentOne) {
  peers.everybody = {peer(1, true), peer(2), peer(3)};
  peers.answers[id(2)] = page(R"({"meters":[],"next":null})");
  peers.answers[id(3)] = page(R"({"meters":[],"next":null,"complete":false})");
  EXPECT_TRUE(parse(get("/api/v1/meters"))["complete"]);
  peers.whole = false;
  EXPECT_FALSE(parse(get("/api/v1/meters"))["complete"]);
}

TEST_F(RelayTest, OnlyQuestionsArePassedOn) {
  Request request;
  request.method = "POST";
  request.path = "/api/v1/readings";
  request.relayed = true;
  EXPECT_EQ(api.handle_relayed(request).status, 403);
}

TEST(Relay, RequestsAndResponsesComeBackAsTheyWere) {
  Request request;
  request.method = "GET";
  request.path = "/api/v1/meters/a%2Fb";
  request.query = "limit=3";
  request.caller = "reader";
  const auto back = decode_request(encode_request(request));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->path, request.path);
  EXPECT_EQ(back->query, request.query);
  EXPECT_EQ(back->caller, request.caller);
  EXPECT_TRUE(back->relayed);

  Response response;
  response.status = 404;
  response.body = std::string(1000, 'x');
  response.headers.emplace_back("A", "b");
  const auto answered = decode_response(encode_response(response));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->status, 404);
  EXPECT_EQ(answered->body, response.body);
  EXPECT_EQ(answered->headers, response.headers);
}

TEST(Relay, BytesThatAreCutShortAreRefused) {
  Request request;
  request.method = "GET";
  const std::string question = encode_request(request);
  for (std::size_t n = 0; n < question.size(); ++n) EXPECT_FALSE(decode_request(question.substr(0, n)));
  const std::string answer = encode_response(Response{});
  for (std::size_t n = 0; n < answer.size(); ++n) EXPECT_FALSE(decode_response(answer.substr(0, n)));
}

}  // namespace
}  // namespace wattring::http
