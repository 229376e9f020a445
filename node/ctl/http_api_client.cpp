// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <httplib.h>

#include <charconv>
#include <chrono>

#include "node/ctl/api_client.hpp"
#include "node/ctl/host_port.hpp"

namespace wattring::ctl {
namespace {

std::string seconds(std::int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
}

std::string reason_of(httplib::Error error, const ApiRequest& request, std::int64_t waited_ms) {
  switch (error) {
    case httplib::Error::Connection:
      return "connection refused or name unknown (nothing listens there)";
    case httplib::Error::ConnectionTimeout:
      return fmt::format("no answer in {} (host down, or a firewall)", seconds(request.connect_ms));
    case httplib::Error::Read:
      if (waited_ms < request.timeout_ms) return "the connection broke before the answer";
      return fmt::format("connected, but no answer in {}", seconds(request.timeout_ms));
    case httplib::Error::Write:
      return "the connection broke while sending";
    default:
      return fmt::format("failed: {}", httplib::to_string(error));
  }
}

std::optional<std::int64_t> retry_after(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc{} || value < 0) return std::nullopt;
  return value;
}

class HttpApiClient final : public ApiClient {
 public:
  Result<ApiResponse> send(const std::string& address, const ApiRequest& request) override {
    if (client_ == nullptr || address != address_) {
      const auto at = split_host_port(address);
      if (!at) return fail(ErrorCode::io, fmt::format("\"{}\" is not HOST:PORT", address));
      client_ = std::make_unique<httplib::Client>(at->host, at->port);
      client_->set_keep_alive(true);
      client_->set_tcp_nodelay(true);
      address_ = address;
    }
    const std::chrono::milliseconds timeout(request.timeout_ms);
    client_->set_connection_timeout(std::chrono::milliseconds(request.connect_ms));
    client_->set_read_timeout(timeout);
    client_->set_write_timeout(timeout);
    const auto start = std::chrono::steady_clock::now();
    const httplib::Result result = call(request);
    if (!result) {
      client_.reset();
      const auto waited = std::chrono::steady_clock::now() - start;
      return fail(ErrorCode::io, reason_of(result.error(), request,
                                           std::chrono::duration_cast<std::chrono::milliseconds>(waited).count()));
    }
    return ApiResponse{result->status, result->body, retry_after(*result)};
  }

 private:
  httplib::Result call(const ApiRequest& request) {
    const char* const type = request.content_type.c_str();
    if (request.method == "POST") return client_->Post(request.target, request.body, type);
    if (request.method == "PUT") return client_->Put(request.target, request.body, type);
    if (request.method == "DELETE") return client_->Delete(request.target, request.body, type);
    return client_->Get(request.target);
  }

  std::string address_;
  std::unique_ptr<httplib::Client> client_;
};

}  // namespace

std::unique_ptr<ApiClient> make_http_client() {
  return std::make_unique<HttpApiClient>();
}

}  // namespace wattring::ctl
