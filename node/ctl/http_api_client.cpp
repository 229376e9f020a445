// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "base/sockets.hpp"
#include "node/ctl/api_client.hpp"
#include "node/ctl/host_port.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kAtOnce = 64;  // threads that ask

std::string seconds(std::int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
}

/// Why a connection was not made.
std::string refusal(const std::string& address) {
  const auto name = parse_host_port(address);
  if (!name) return name.error().message;
  const auto numeric = resolve(*name);
  return numeric ? "connection refused (nothing listens there)" : numeric.error().message;
}

Failure failure_of(httplib::Error error, const std::string& address, const ApiRequest& request,
                   std::int64_t waited_ms) {
  switch (error) {
    case httplib::Error::Connection:
      return fail(ErrorCode::io, refusal(address));
    case httplib::Error::ConnectionTimeout:
      return fail(ErrorCode::unknown_outcome,
                  fmt::format("no answer in {} (host down, or a firewall)", seconds(request.connect_ms)));
    case httplib::Error::Read:
      if (waited_ms < request.timeout_ms) return fail(ErrorCode::io, "the connection broke before the answer");
      return fail(ErrorCode::unknown_outcome,
                  fmt::format("connected, but no answer in {}", seconds(request.timeout_ms)));
    case httplib::Error::Write:
      return fail(ErrorCode::io, "the connection broke while sending");
    default:
      return fail(ErrorCode::io, fmt::format("failed: {}", httplib::to_string(error)));
  }
}

/// Does it for each of so many at the same time, some at once.
template <class Function>
void for_each_at_once(std::size_t count, const Function& function) {
  for (std::size_t begin = 0; begin < count; begin += kAtOnce) {
    std::vector<std::jthread> threads;
    for (std::size_t i = begin; i < std::min(count, begin + kAtOnce); ++i)
      threads.emplace_back([&function, i] { function(i); });
  }
}

Result<void> knock(const std::string& address, std::int64_t timeout_ms) {
  const auto name = parse_host_port(address);
  if (!name) return Failure(name.error());
  const auto numeric = resolve(*name);
  if (!numeric) return Failure(numeric.error());
  return probe_listener(numeric->front(), timeout_ms);
}

std::optional<std::int64_t> retry_after(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc{} || value < 0) return std::nullopt;
  return value;
}

std::int64_t wall_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

class HttpApiClient final : public ApiClient {
 public:
  void use_token(std::string token) override { token_ = std::move(token); }

  Result<ApiResponse> send(const std::string& address, const ApiRequest& request) override {
    if (client_ == nullptr || address != address_) {
      const auto at = split_host_port(address);
      if (!at) return fail(ErrorCode::io, fmt::format("\"{}\" is not HOST:PORT", address));
      client_ = std::make_unique<httplib::Client>(at->host, at->port);
      client_->set_keep_alive(true);
      client_->set_tcp_nodelay(true);
      address_ = address;
    }
    client_->set_bearer_token_auth(request.with_token ? token_.c_str() : "");
    const std::chrono::milliseconds timeout(request.timeout_ms);
    client_->set_connection_timeout(std::chrono::milliseconds(request.connect_ms));
    client_->set_read_timeout(timeout);
    client_->set_write_timeout(timeout);
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t asked_us = wall_us();
    const httplib::Result result = call(request);
    if (!result) {
      client_.reset();
      const auto waited = std::chrono::steady_clock::now() - start;
      return failure_of(result.error(), address, request,
                        std::chrono::duration_cast<std::chrono::milliseconds>(waited).count());
    }
    return ApiResponse{result->status, result->body, retry_after(*result), asked_us, wall_us()};
  }

  std::vector<Result<ApiResponse>> send_each(std::span<const ApiCall> calls) override {
    if (calls.size() <= 1) return ApiClient::send_each(calls);
    std::vector<Result<ApiResponse>> answers(calls.size(), fail(ErrorCode::io, "not asked"));
    for_each_at_once(calls.size(), [&](std::size_t i) {
      HttpApiClient client;
      client.use_token(token_);
      answers[i] = client.send(calls[i].address, calls[i].request);
    });
    return answers;
  }

  std::vector<Result<void>> knock_each(std::span<const std::string> addresses, std::int64_t timeout_ms) override {
    std::vector<Result<void>> outcomes(addresses.size());
    for_each_at_once(addresses.size(), [&](std::size_t i) { outcomes[i] = knock(addresses[i], timeout_ms); });
    return outcomes;
  }

 private:
  httplib::Result call(const ApiRequest& request) {
    const char* const type = request.content_type.c_str();
    if (request.method == "POST") return client_->Post(request.target, request.body, type);
    if (request.method == "PUT") return client_->Put(request.target, request.body, type);
    if (request.method == "DELETE") return client_->Delete(request.target, request.body, type);
    return client_->Get(request.target);
  }

  std::string token_;
  std::string address_;
  std::unique_ptr<httplib::Client> client_;
};

}  // namespace

std::unique_ptr<ApiClient> make_http_client() {
  return std::make_unique<HttpApiClient>();
}

}  // namespace wattring::ctl
