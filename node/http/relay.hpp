// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "node/http/exchange.hpp"

/// Requests and responses as nodes pass them on to each other (docs/protocols/replication.md):
///
///   request  := version u8 (1) | method, path, query, accept, caller, body: each sized
///   response := version u8 (1) | status u16 | content type, sized | headers: count varint, (name, value) sized each |
///               body, sized
///
/// The caller was admitted where it asked; a node trusts its peers to have looked.

namespace wattring::http {

inline constexpr std::size_t kRelayedBytesMax = 32U << 20U;

[[nodiscard]] std::string encode_request(const Request& request);
[[nodiscard]] Result<Request> decode_request(std::string_view bytes);
[[nodiscard]] std::string encode_response(const Response& response);
[[nodiscard]] Result<Response> decode_response(std::string_view bytes);

}  // namespace wattring::http
