// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wattring::sim {

struct HttpReply {
  int status = 0;
  std::string body;
  std::int64_t retry_after_ms = 0;  ///< of the Retry-After header; 0 = none
  std::string answered_by{};        ///< name of the node to which the question was handed on; empty = the one asked
};

/// HTTP with one kept-alive connection to one of several nodes; goes on to the next when one cannot be reached. One
/// thread.
class HttpClient {
 public:
  struct Options {
    std::vector<std::string> nodes;  ///< "127.0.0.1:7414"; at least one
    std::size_t first_node = 0;      ///< where to start, so that clients spread
    std::int64_t timeout_ms = 3000;  ///< to connect, and for each wait for bytes
    std::string token;               ///< bearer token; empty = none
  };
  explicit HttpClient(Options options);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;

  /// io when no node answered: the message names each and why.
  [[nodiscard]] Result<HttpReply> get(const std::string& target);
  /// unknown_outcome when the request may have arrived; io when no node could be reached.
  [[nodiscard]] Result<HttpReply> post(const std::string& target, const std::string& body, const char* content_type);
  /// The node that answered last, or is tried next.
  [[nodiscard]] const std::string& node() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string percent_encode(std::string_view text);

/// HOST and PORT of "HOST:PORT", "[v6]:PORT" or "http://HOST:PORT".
struct HostPort {
  std::string host;
  int port = 0;
};
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

}  // namespace wattring::sim
