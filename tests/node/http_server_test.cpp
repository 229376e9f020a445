// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "base/units.hpp"
#include "tests/node/http_server_fixture.hpp"

namespace wattring::http {
namespace {

TEST_F(HttpServerTest, AnswersOnTheAddressItNames) {
  start();
  EXPECT_EQ(address.substr(0, 10), "127.0.0.1:");
  RawClient client(address);
  const auto response = client.get("/livez");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "{\"alive\":true}\n");
  EXPECT_NE(response->head.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(response->head.find("Server: wattring/0.1.0\r\n"), std::string::npos);
  const auto status = nlohmann::json::parse(client.get("/api/v1/status")->body);
  EXPECT_EQ(status["endpoints"]["http"], address);
}

TEST_F(HttpServerTest, KeepsAConnectionForManyRequests) {
  start();
  RawClient client(address);
  for (int i = 0; i < 100; ++i) {
    const auto get = client.get("/ping");
    ASSERT_TRUE(get) << i;
    EXPECT_EQ(get->status, 204);
    const auto post = client.post("/write", kLine);
    ASSERT_TRUE(post) << i;
    EXPECT_EQ(post->status, 204) << post->body;
  }
  EXPECT_EQ(ingest.facts(), 100U);
  EXPECT_TRUE(metric_has("wattring_http_connections_total{result=\"accepted\"} 1\n"));
}

TEST_F(HttpServerTest, AnswersRequestsThatCameInOnePiece) {
  start();
  RawClient client(address);
  const std::string get = "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n";
  client.send(get + get + get);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 200);
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  start();
  RawClient client(address);
  client.send("GET /livez HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_NE(response->head.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(client.closed_by_server());
  RawClient old(address);
  old.send("GET /livez HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive().value_or(RawResponse{}).status, 200);
  EXPECT_TRUE(old.closed_by_server());
}

TEST_F(HttpServerTest, AHeadRequestGetsTheHeaderOnly) {
  start();
  RawClient client(address);
  client.send("HEAD /livez HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto head = client.receive(false);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(client.get("/version").value_or(RawResponse{}).status, 200) << "and the connection goes on";
}

TEST_F(HttpServerTest, ForeignPagesAreRefusedBeforeTheirBodyIsRead) {
  start();
  for (const char* header : {"Host: evil.example\r\n", "Host: localhost\r\nOrigin: http://evil.example\r\n"}) {
    RawClient client(address);
    client.send("POST /write HTTP/1.1\r\n" + std::string(header) + "Content-Length: 1000\r\n\r\n");
    const auto response = client.receive();
    ASSERT_TRUE(response) << header;
    EXPECT_EQ(response->status, 403) << header;
    EXPECT_NE(response->body.find("FOREIGN_"), std::string::npos) << response->body;
    EXPECT_TRUE(client.closed_by_server());
  }
  EXPECT_EQ(ingest.facts(), 0U);
}

TEST_F(HttpServerTest, TakesAFormContentTypeForWhatItIsNot) {
  start();
  RawClient client(address);
  std::string body;
  while (body.size() < 100'000) body += kLine;
  const auto response = client.post("/write", body, "Content-Type: application/x-www-form-urlencoded\r\n");
  EXPECT_EQ(response.value_or(RawResponse{}).status, 204) << "this is what curl --data-binary sends";
  EXPECT_EQ(
      client.post("/write", kLine, "Content-Type: multipart/form-data; boundary=x\r\n").value_or(RawResponse{}).status,
      204);
}

TEST_F(HttpServerTest, UnpacksAGzipBodyOfEitherLength) {
  start();
  RawClient client(address);
  const std::string packed = gzip(std::string(kLine));
  EXPECT_EQ(client.post("/api/v2/write", packed, "Content-Encoding: gzip\r\n").value_or(RawResponse{}).status, 204);
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", packed.size());
  client.send("POST /write HTTP/1.1\r\nHost: t\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send(size.data() + packed + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 204);
  EXPECT_EQ(ingest.facts(), 2U);
}

TEST_F(HttpServerTest, ReadsAChunkedBody) {
  start();
  RawClient client(address);
  client.send("POST /write HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string line(kLine);
  client.send("a\r\n" + line.substr(0, 10) + "\r\n");
  char size[8];
  std::snprintf(size, sizeof size, "%zx", line.size() - 10);
  client.send(std::string(size) + "\r\n" + line.substr(10) + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 204);
  EXPECT_EQ(ingest.facts(), 1U);
  EXPECT_EQ(client.get("/livez").value_or(RawResponse{}).status, 200) << "the next request begins where the body ended";
}

TEST_F(HttpServerTest, RefusesAChunkThatItsSizeDoesNotFit) {
  start();
  const std::string line(kLine);
  for (const int off : {-1, 1, -5}) {
    RawClient client(address);
    char size[24];
    std::snprintf(size, sizeof size, "%zx", line.size() + static_cast<std::size_t>(off));
    client.send("POST /write HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size) + "\r\n" +
                line + "\r\n0\r\n\r\n");
    EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 400) << "off by " << off;
  }
  EXPECT_EQ(ingest.facts(), 0U);
}

TEST_F(HttpServerTest, TellsAWaitingClientToGoOn) {
  start();
  RawClient client(address);
  client.send("POST /write HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(kLine.size()) + "\r\n\r\n");
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 100);
  client.send(kLine);
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 204);
}

TEST_F(HttpServerTest, PacksALargeAnswerForWhoTakesGzip) {
  start();
  RawClient client(address);
  client.send("GET /metrics HTTP/1.1\r\nHost: t\r\nAccept-Encoding: br, gzip\r\n\r\n");
  const auto packed = client.receive();
  ASSERT_TRUE(packed);
  EXPECT_NE(packed->head.find("Content-Encoding: gzip"), std::string::npos) << packed->head;
  EXPECT_EQ(packed->body.substr(0, 2), "\x1f\x8b");
  const auto plain = client.get("/metrics");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->head.find("Content-Encoding"), std::string::npos);
}

TEST_F(HttpServerTest, ManyClientsAtOnceAreAllAnswered) {
  options.connections_max = 64;
  start();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&] {
      RawClient client(address);
      for (int n = 0; n < 20; ++n) {
        const auto response = n % 2 == 0 ? client.post("/write", kLine) : client.get("/livez");
        if (response && response->status / 100 == 2) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 32 * 20);
  EXPECT_EQ(ingest.facts(), 320U);
}

TEST_F(HttpServerTest, IdleConnectionsDoNotKeepNewOnesOut) {
  options.connections_max = 4;
  options.threads = 1;
  start();
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<RawClient>(address));
    ASSERT_TRUE(idle.back()->get("/livez"));
  }
  const auto begin = clock.monotonic_ns();
  for (int i = 0; i < 8; ++i) {
    RawClient client(address);
    const auto response = client.get("/livez");
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->status, 200);
  }
  EXPECT_LT(clock.monotonic_ns() - begin, 5 * kNsPerSecond) << "nobody waited for a keep-alive to run out";
  EXPECT_TRUE(idle.front()->closed_by_server()) << "the one that was idle longest made room";
}

TEST_F(HttpServerTest, WhenAllConnectionsWorkTheNextIsTurnedAwayAtOnce) {
  options.connections_max = 2;
  options.threads = 1;
  start();
  ingest.hold_replies = true;
  RawClient first(address);
  RawClient second(address);
  const std::string request = "POST /write HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(kLine.size()) +
                              "\r\n\r\n" + std::string(kLine);
  first.send(request);
  second.send(request);
  while (ingest.held_count() < 2) std::this_thread::yield();
  RawClient third(address);
  const auto refused = third.get("/livez");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_NE(refused->head.find("Retry-After: 1"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(refused->body)["error"]["code"], "BUSY");
  EXPECT_TRUE(third.closed_by_server());
  EXPECT_TRUE(metric_has("wattring_http_connections_total{result=\"refused\"} 1\n"));
  ingest.release();
  EXPECT_EQ(first.receive().value_or(RawResponse{}).status, 204);
  EXPECT_EQ(second.receive().value_or(RawResponse{}).status, 204);
}

TEST_F(HttpServerTest, APortThatIsTakenIsAClearError) {
  start();
  HttpServer::Options same = options;
  same.listen = address;
  HttpServer other(same, ingest, query, clock, metrics, Log::silent());
  const auto bound = other.start();
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::io);
  EXPECT_NE(bound.error().message.find(address), std::string::npos);
  EXPECT_NE(bound.error().message.find("in use"), std::string::npos);
  EXPECT_NE(bound.error().hint.find("another"), std::string::npos);
}

TEST_F(HttpServerTest, AnAddressThatMakesNoSenseIsRefused) {
  for (const char* bad : {"", "7414", "localhost", "127.0.0.1:99999", "256.1.1.1:0", "192.0.2.1:0"}) {
    HttpServer::Options wrong = options;
    wrong.listen = bad;
    HttpServer other(wrong, ingest, query, clock, metrics, Log::silent());
    EXPECT_FALSE(other.start()) << bad;
  }
}

TEST_F(HttpServerTest, StopLetsARequestInFlightEndAndCutsIdleConnections) {
  start();
  ingest.hold_replies = true;
  RawClient idle(address);
  ASSERT_TRUE(idle.get("/livez"));
  RawClient working(address);
  working.send("POST /write HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(kLine.size()) + "\r\n\r\n" +
               std::string(kLine));
  while (ingest.held_count() < 1) std::this_thread::yield();
  std::thread stopping([&] { server->stop(); });
  EXPECT_TRUE(idle.closed_by_server());
  RawClient late(address);
  EXPECT_FALSE(late.connected() && late.get("/livez")) << "no new requests";
  ingest.release();
  const auto response = working.receive();
  stopping.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 204);
  EXPECT_NE(response->head.find("Connection: close"), std::string::npos);
}

TEST_F(HttpServerTest, StopDoesNotWaitForEverForAnOutcome) {
  options.drain_ms = 100;
  start();
  ingest.hold_replies = true;
  RawClient working(address);
  working.send("POST /write HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(kLine.size()) + "\r\n\r\n" +
               std::string(kLine));
  while (ingest.held_count() < 1) std::this_thread::yield();
  const auto begin = clock.monotonic_ns();
  server->stop();
  server->stop();
  EXPECT_LT(clock.monotonic_ns() - begin, 10 * kNsPerSecond);
  ingest.release();  // a reply after the end is dropped, not followed into freed memory
}

TEST_F(HttpServerTest, AnOutcomeThatDoesNotComeIsUnknown) {
  options.ingest_wait_ms = 50;
  start();
  ingest.hold_replies = true;
  RawClient client(address);
  const auto response = client.post("/write", kLine);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_NE(response->head.find("Retry-After: "), std::string::npos);
  const auto json = nlohmann::json::parse(response->body);
  EXPECT_EQ(json["unknown_total"], 1);
  EXPECT_EQ(json["stored"], 0);
  EXPECT_EQ(json["error"]["code"], "NOT_ENOUGH_COPIES");
}

TEST_F(HttpServerTest, CanBeStartedOnTheSamePortAgainAtOnce) {
  start();
  {
    RawClient client(address);
    ASSERT_TRUE(client.get("/livez"));
    server->stop();
  }
  options.listen = address;
  start();
  RawClient client(address);
  EXPECT_EQ(client.get("/livez").value_or(RawResponse{}).status, 200);
}

}  // namespace
}  // namespace wattring::http
