// SPDX-License-Identifier: Apache-2.0
#include "node/http/exchange.hpp"

#include <algorithm>
#include <cstdint>

#include "base/json_writer.hpp"

namespace wattring::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Response error_response(int status, const ErrorText& error) {
  Response response;
  response.status = status;
  JsonWriter json(response.body);
  json.begin_object().object("error").field("code", error.code).field("message", error.message);
  json.field("hint", error.hint).end_object().end_object();
  response.body.push_back('\n');
  return response;
}

Response retry_response(const ErrorText& error, std::uint32_t retry_after_ms) {
  Response response = error_response(503, error);
  const std::uint64_t seconds = std::max<std::uint64_t>(1, (std::uint64_t{retry_after_ms} + 999) / 1000);
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

std::optional<std::vector<std::string>> split_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return std::nullopt;
  std::vector<std::string> segments;
  path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, slash), false);
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

}  // namespace wattring::http
