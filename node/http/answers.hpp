// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.hpp"
#include "base/result.hpp"
#include "node/http/exchange.hpp"

/// What several routes answer with.

namespace wattring::http {

[[nodiscard]] inline Failure invalid(std::string message, std::string hint) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(hint));
}

[[nodiscard]] inline Response bad_request(std::string message, std::string hint) {
  return error_response(400, {"BAD_REQUEST", std::move(message), std::move(hint)});
}

/// 200 with this document on a line.
[[nodiscard]] inline Response line_of(std::string document) {
  Response response;
  response.body = std::move(document) + "\n";
  return response;
}

/// The first 80 bytes of it.
[[nodiscard]] inline std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text.substr(0, 80)) + "\"";
}

[[nodiscard]] inline std::string joined(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

inline void write_names(JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  json.array(key);
  for (const std::string& name : names) json.string(name);
  json.end_array();
}

}  // namespace wattring::http
