// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace wattring::ctl {

struct ApiRequest {
  std::string method = "GET";  ///< or POST, PUT, DELETE
  std::string target;          ///< path and query, percent-encoded
  std::string content_type;    ///< of the body
  std::string body;
  std::int64_t connect_ms = 3000;  ///< to connect
  std::int64_t timeout_ms = 3000;  ///< for each wait for bytes
  bool with_token = false;         ///< shows the token; only to whom the user trusts
};

struct ApiResponse {
  int status = 0;
  std::string body;
  std::optional<std::int64_t> retry_after_s;
  std::int64_t asked_us = 0;     ///< this machine's wall clock when the request went out ...
  std::int64_t answered_us = 0;  ///< ... and when the answer was there; 0 = not measured
};

struct ApiCall {
  std::string address;
  ApiRequest request;
};

/// The door to the nodes. One thread.
class ApiClient {
 public:
  virtual ~ApiClient() = default;
  /// Shown from now on with the requests that say so; empty = none.
  virtual void use_token(std::string token) = 0;
  /// address: HOST:PORT or [IPV6]:PORT. io when there was no answer, unknown_outcome when none came in time: the
  /// message says how it failed, in words for people ("connection refused (nothing listens there)").
  [[nodiscard]] virtual Result<ApiResponse> send(const std::string& address, const ApiRequest& request) = 0;
  /// The answers of several nodes, in order, asked at the same time when the client can.
  [[nodiscard]] virtual std::vector<Result<ApiResponse>> send_each(std::span<const ApiCall> calls);
  /// Whether somebody accepts connections there, whatever is spoken; io says how it failed. As send_each.
  [[nodiscard]] virtual std::vector<Result<void>> knock_each(std::span<const std::string> addresses,
                                                             std::int64_t timeout_ms) = 0;
};

/// Over HTTP; keeps the connection to the node it last spoke to.
[[nodiscard]] std::unique_ptr<ApiClient> make_http_client();

}  // namespace wattring::ctl
