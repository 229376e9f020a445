// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/prng.hpp"
#include "tests/node/http_server_fixture.hpp"

namespace wattring::http {
namespace {

class HostileClient : public HttpServerTest {
 protected:
  static nlohmann::json error_of(const std::optional<RawResponse>& response) {
    if (!response) return nullptr;
    const auto json = nlohmann::json::parse(response->body, nullptr, false);
    return json.is_object() ? json["error"] : json;
  }
  /// The server still answers others.
  void expect_alive() {
    RawClient client(address);
    EXPECT_EQ(client.get("/livez").value_or(RawResponse{}).status, 200);
  }
};

TEST_F(HostileClient, AnOversizeBodyIsRefusedBeforeItIsSent) {
  options.body_bytes_max = 1000;
  start();
  RawClient client(address);
  client.send("POST /write HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413) << "and not 100 Continue";
  EXPECT_EQ(error_of(response)["code"], "TOO_LARGE");
  EXPECT_NE(error_of(response)["message"].get<std::string>().find("1000"), std::string::npos);
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_TRUE(metric_has("wattring_http_requests_total{path=\"/write\",code=\"4xx\"} 1\n"));
}

TEST_F(HostileClient, AnOversizeBodyThatIsSentAnywayStillGetsItsAnswer) {
  options.body_bytes_max = 1000;
  start();
  RawClient client(address);
  const auto response = client.post("/write", std::string(3'000'000, 'x'));
  EXPECT_EQ(response.value_or(RawResponse{}).status, 413);
  EXPECT_EQ(ingest.facts(), 0U);
}

TEST_F(HostileClient, AChunkedBodyEndsAtTheLimitToo) {
  options.body_bytes_max = 1000;
  start();
  RawClient client(address);
  client.send("POST /write HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "200\r\n" + std::string(512, 'x') + "\r\n";
  for (int i = 0; i < 4; ++i) client.send(chunk);
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 413);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(HostileClient, LengthsThatContradictEachOtherAreRefused) {
  start();
  for (const char* headers :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: -1\r\n", "Content-Length: x\r\n", "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n"}) {
    RawClient client(address);
    client.send("POST /write HTTP/1.1\r\nHost: t\r\n" + std::string(headers) + "\r\n");
    const auto response = client.receive();
    ASSERT_TRUE(response) << headers;
    EXPECT_TRUE(response->status == 400 || response->status == 413) << headers << response->status;
    EXPECT_TRUE(client.closed_by_server()) << headers;
  }
  expect_alive();
}

TEST_F(HostileClient, ABodyThatAGetShouldNotHaveIsNoSecondRequest) {
  start();
  RawClient client(address);
  const std::string smuggled = "GET /version HTTP/1.1\r\nHost: t\r\n\r\n";
  client.send("GET /livez HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(smuggled.size()) + "\r\n\r\n" +
              smuggled);
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 200);
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_FALSE(metric_has("path=\"/version\",code"));
}

TEST_F(HostileClient, ARequestThatTricklesInIsTimedOut) {
  options.slow_ms = 200;
  start();
  RawClient header(address);
  header.send("GET /livez HTTP/1.1\r\nHo");
  RawClient body(address);
  body.send("POST /write HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\nener");
  RawClient chunks(address);
  chunks.send("POST /write HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  for (RawClient* client : {&header, &body, &chunks}) {
    const auto response = client->receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408) << response->body;
    EXPECT_EQ(error_of(response)["code"], "TOO_SLOW");
    EXPECT_TRUE(client->closed_by_server());
  }
  expect_alive();
}

TEST_F(HostileClient, AHeaderWithoutEndIsCutOff) {
  start();
  RawClient line(address);
  line.send("GET /" + std::string(200'000, 'a'));
  EXPECT_EQ(line.receive().value_or(RawResponse{}).status, 431);
  RawClient many(address);
  many.send("GET /livez HTTP/1.1\r\n");
  for (int i = 0; i < 5'000; ++i) many.send("X-" + std::to_string(i) + ": aaaaaaaaaaaaaaaaaaaa\r\n");
  EXPECT_EQ(many.receive().value_or(RawResponse{}).status, 431);
  RawClient target(address);
  EXPECT_EQ(target.get("/" + std::string(10'000, 'a')).value_or(RawResponse{}).status, 414);
  expect_alive();
}

TEST_F(HostileClient, APathThatIsLongAndStrangeIsOnlyNotFound) {
  start();
  RawClient client(address);
  EXPECT_EQ(client.get("/" + std::string(8'000, 'a')).value_or(RawResponse{}).status, 404);
  EXPECT_EQ(client.get("/%00%ff%0a").value_or(RawResponse{}).status, 404);
  EXPECT_EQ(client.get("/../../etc/passwd").value_or(RawResponse{}).status, 404);
  EXPECT_EQ(client.get("/api/v1/meters/%").value_or(RawResponse{}).status, 400);
  const auto cut = client.get("/api/v1/meters?x=%0d%0aSet-Cookie:1");
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->status, 400);
  EXPECT_EQ(cut->head.find("Set-Cookie"), std::string::npos);
}

TEST_F(HostileClient, OtherMethodsAreRefused) {
  start();
  for (const char* method : {"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "BREW"}) {
    RawClient client(address);
    client.send(std::string(method) + " /livez HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    const auto response = client.receive();
    ASSERT_TRUE(response) << method;
    EXPECT_TRUE(response->status == 405 || response->status == 400) << method << response->status;
    EXPECT_TRUE(error_of(response).is_object()) << method << response->body;
  }
}

TEST_F(HostileClient, NoiseIsAnsweredWithABadRequestOrNothing) {
  start();
  Prng random(7);
  for (int i = 0; i < 200; ++i) {
    RawClient client(address);
    std::string noise(1 + random.below(300), '\0');
    for (char& c : noise) c = static_cast<char>(random());
    client.send((i % 2 == 0 ? "GET /livez HTTP/1.1\r\n" : "") + noise + "\r\n\r\n");
    client.finish_sending();
    const auto response = client.receive();
    if (response) {
      EXPECT_TRUE(response->status == 400 || response->status == 200) << response->status;
    }
  }
  expect_alive();
}

TEST_F(HostileClient, AClientThatHangsUpInTheMiddleIsForgotten) {
  start();
  for (int i = 0; i < 50; ++i) {
    RawClient client(address);
    client.send("POST /write HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\nenergy");
  }
  for (int i = 0; i < 50; ++i) {
    RawClient client(address);
    client.send("GET /metrics HTTP/1.1\r\n\r\n");
  }
  expect_alive();
  EXPECT_EQ(ingest.facts(), 0U) << "a body that was cut off is not decoded";
}

TEST_F(HostileClient, BodiesTogetherStayWithinTheirMemory) {
  options.buffered_bytes_max = 10'000;
  options.body_bytes_max = 8'000;
  start();
  RawClient first(address);
  first.send("POST /write HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 8000\r\n\r\n");
  ASSERT_EQ(first.receive().value_or(RawResponse{}).status, 100) << "its share is taken";
  {
    RawClient second(address);
    EXPECT_EQ(second.post("/write", std::string(5'000, '#')).value_or(RawResponse{}).status, 503);
  }
  first.send(std::string(8'000, '#'));
  EXPECT_EQ(first.receive().value_or(RawResponse{}).status, 204) << "comments only: nothing to store, nothing refused";
  RawClient third(address);
  EXPECT_EQ(third.post("/write", std::string(5'000, '#')).value_or(RawResponse{}).status, 204) << "given back";
}

}  // namespace
}  // namespace wattring::http
