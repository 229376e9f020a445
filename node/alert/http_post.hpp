// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/http_url.hpp"
#include "node/alert/sink.hpp"

namespace wattring::alert {

/// POSTs to one address, a connection for each request. Redirects are not followed; an answer is read up to a limit.
/// One thread, but for cancel().
class HttpPoster {
 public:
  struct Options {
    HttpUrl url;
    std::string token_file;  ///< see SinkOptions
    std::int64_t timeout_ms = 5000;
    std::string user_agent;
  };
  explicit HttpPoster(Options options);
  ~HttpPoster();
  HttpPoster(const HttpPoster&) = delete;
  HttpPoster& operator=(const HttpPoster&) = delete;

  using Headers = std::vector<std::pair<std::string, std::string>>;
  /// The body is JSON.
  [[nodiscard]] Answer post(const std::string& body, const Headers& headers = {});
  /// Any thread: cuts the connection of a post() that is under way. It waits while that one is connecting.
  void cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a status means: 2xx taken; 401, 403, 407 and 429 sink_failed; 408 and 5xx row_failed; all others refused.
[[nodiscard]] Answer::Kind meaning_of_status(int status);

}  // namespace wattring::alert
