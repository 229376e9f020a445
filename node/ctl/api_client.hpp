// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace wattring::ctl {

struct ApiRequest {
  std::string method = "GET";  ///< or POST, PUT, DELETE
  std::string target;          ///< path and query, percent-encoded
  std::string content_type;    ///< of the body
  std::string body;
  std::int64_t connect_ms = 3000;  ///< to connect
  std::int64_t timeout_ms = 3000;  ///< for each wait for bytes
};

struct ApiResponse {
  int status = 0;
  std::string body;
  std::optional<std::int64_t> retry_after_s;
};

/// The door to the nodes. One thread.
class ApiClient {
 public:
  virtual ~ApiClient() = default;
  /// address: HOST:PORT or [IPV6]:PORT. io when there was no answer: the message says how it failed, in words for
  /// people ("connection refused (host is up, nothing listens)").
  [[nodiscard]] virtual Result<ApiResponse> send(const std::string& address, const ApiRequest& request) = 0;
};

/// Over HTTP; keeps the connection to the node it last spoke to.
[[nodiscard]] std::unique_ptr<ApiClient> make_http_client();

}  // namespace wattring::ctl
