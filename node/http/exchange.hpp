// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Requests and responses as the API sees them: no sockets, no HTTP library, so that every answer can be tested alone.

namespace wattring::http {

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Request {
  std::string method;  ///< "GET"
  std::string path;    ///< as sent, still percent-encoded
  std::string query;   ///< as sent, without the "?"
  std::string accept;  ///< header values; empty when absent
  std::string content_encoding;
  std::string authorization;  ///< header value
  std::string host;           ///< header value; empty when absent
  std::string origin;         ///< header value; a browser's, for a page; empty when absent
  std::string peer;           ///< the caller's address; empty when there is no connection
  std::string caller;         ///< the name of the caller's token; empty when none was asked for
  bool admitted = false;      ///< the token has been looked at
  bool relayed = false;       ///< by another node, whom this one answers from what it has itself
  std::string body;
  std::optional<Response> rejected;  ///< the answer, when the server would not even read the body
};

struct ErrorText {
  std::string code;  ///< stable: "NOT_FOUND"
  std::string message;
  std::string hint;  ///< may be empty
};
/// {"error":{"code","message","hint"}}
[[nodiscard]] Response error_response(int status, const ErrorText& error);
/// The same with Retry-After (whole seconds, at least 1).
[[nodiscard]] Response retry_response(const ErrorText& error, std::uint32_t retry_after_ms);

/// "%41+b" -> "A b" (plus only when asked); nothing when a % is not followed by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// "/api/v1/meters/a%2Fb" -> {"api", "v1", "meters", "a/b"}: split first, then decoded. Nothing when malformed.
[[nodiscard]] std::optional<std::vector<std::string>> split_path(std::string_view path);

}  // namespace wattring::http
