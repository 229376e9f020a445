// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "node/ctl/api_client.hpp"

namespace wattring::ctl {
namespace {

/// A real HTTP server on a free port of loopback.
class HttpClient : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.Get(R"(/api/v1/meters/.+)", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.target, "text/plain");
    });
    server_.Get("/version", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.get_header_value("Authorization"), "text/plain");
    });
    server_.Post("/api/v1/readings", [](const httplib::Request& request, httplib::Response& response) {
      response.status = 503;
      response.set_header("Retry-After", "7");
      response.set_content(request.get_header_value("Content-Type") + " " + request.body, "text/plain");
    });
    const auto echo = [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.method + " " + request.target + " " + request.body, "text/plain");
    };
    server_.Put("/api/v1/rules", echo);
    server_.Delete("/api/v1/silences/1", echo);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  void TearDown() override { server_.stop(); }
  [[nodiscard]] std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

  httplib::Server server_;
  int port_ = 0;
  std::jthread thread_;
  std::unique_ptr<ApiClient> client_ = make_http_client();
};

TEST_F(HttpClient, SendsTheTargetAsItIs) {
  for (int i = 0; i < 3; ++i) {
    ApiRequest request;
    request.target = "/api/v1/meters/M%2F1/readings?register=1-0%3A1.8.0&from=1";
    const auto response = client_->send(address(), request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, request.target);
    EXPECT_FALSE(response->retry_after_s);
  }
}

TEST_F(HttpClient, ShowsTheTokenWithTheRequestsThatSaySoAlone) {
  client_->use_token("secret");
  ApiRequest request;
  request.target = "/version";
  ApiRequest shown = request;
  shown.with_token = true;
  EXPECT_EQ(client_->send(address(), shown)->body, "Bearer secret");
  EXPECT_EQ(client_->send(address(), request)->body, "") << "on the same connection";
  EXPECT_EQ(client_->send(address(), shown)->body, "Bearer secret");
  const auto answers = client_->send_each(std::vector<ApiCall>{{address(), shown}, {address(), request}});
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0]->body, "Bearer secret");
  EXPECT_EQ(answers[1]->body, "");
}

TEST_F(HttpClient, PostsABodyAndReadsWhenToComeBack) {
  ApiRequest request;
  request.method = "POST";
  request.target = "/api/v1/readings";
  request.content_type = "application/x-ndjson";
  request.body = std::string(3U << 20U, 'x');
  const auto response = client_->send(address(), request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->retry_after_s, 7);
  EXPECT_EQ(response->body, "application/x-ndjson " + request.body);
}

TEST_F(HttpClient, PutsAndDeletesToo) {
  ApiRequest request;
  request.method = "PUT";
  request.target = "/api/v1/rules";
  request.content_type = "application/toml";
  request.body = "[[rule]]";
  EXPECT_EQ(client_->send(address(), request)->body, "PUT /api/v1/rules [[rule]]");
  request = {};
  request.method = "DELETE";
  request.target = "/api/v1/silences/1";
  EXPECT_EQ(client_->send(address(), request)->body, "DELETE /api/v1/silences/1 ");
}

TEST_F(HttpClient, FindsTheNodeAgainAfterItWasAway) {
  const auto away = client_->send("127.0.0.1:1", {});
  ASSERT_FALSE(away);
  EXPECT_NE(away.error().message.find("connection refused"), std::string::npos) << away.error().message;
  ApiRequest request;
  request.target = "/api/v1/meters/A";
  EXPECT_TRUE(client_->send(address(), request));
}

TEST_F(HttpClient, WhatIsNoAddressIsAnErrorAndNotACrash) {
  for (const char* address : {"", "host", "host:", ":1", "host:0", "host:70000", "host:1x", "[::1"}) {
    EXPECT_FALSE(client_->send(address, {})) << address;
  }
}

/// Accepts connections and says nothing.
class MuteListener {
 public:
  MuteListener() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    address = fmt::format("127.0.0.1:{}", ntohs(at.sin_port));
  }
  ~MuteListener() { close(socket_); }
  /// Takes one connection, reads the request and drops it.
  void hang_up() const {
    const int connection = accept(socket_, nullptr, nullptr);
    char request[4096];
    EXPECT_GT(recv(connection, request, sizeof(request), 0), 0);
    close(connection);
  }
  std::string address;

 private:
  int socket_;
};

TEST_F(HttpClient, ANodeThatTakesTheConnectionAndSaysNothingIsNotWaitedForLongerThanAsked) {
  const MuteListener listener;
  ApiRequest request;
  request.target = "/";
  request.timeout_ms = 200;
  const auto response = client_->send(listener.address, request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "connected, but no answer in 0.2 s");
}

TEST_F(HttpClient, ANodeThatDiesBeforeItAnswersIsNotCalledSlow) {
  const MuteListener listener;
  const std::jthread dying([&listener] { listener.hang_up(); });
  ApiRequest request;
  request.target = "/";
  request.timeout_ms = 30'000;
  const auto response = client_->send(listener.address, request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "the connection broke before the answer");
}

}  // namespace
}  // namespace wattring::ctl
