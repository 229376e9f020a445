// SPDX-License-Identifier: Apache-2.0
#include "node/http/relay.hpp"

#include "base/bytes.hpp"

namespace wattring::http {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kHeadersMax = 64;

Failure malformed(std::string_view what) {
  return fail(ErrorCode::corrupt, "a relayed " + std::string(what) + " is malformed",
              "nodes of different releases? wattringctl members shows them");
}

}  // namespace

std::string encode_request(const Request& request) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  for (const std::string* part :
       {&request.method, &request.path, &request.query, &request.accept, &request.caller, &request.body})
    out.sized_bytes(*part);
  return bytes;
}

Result<Request> decode_request(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return malformed("request");
  Request request;
  for (std::string* part :
       {&request.method, &request.path, &request.query, &request.accept, &request.caller, &request.body})
    *part = in.sized_bytes();
  if (!in.at_end()) return malformed("request");
  request.relayed = true;
  request.admitted = true;
  return request;
}

std::string encode_response(const Response& response) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  out.u16_be(static_cast<std::uint16_t>(response.status));
  out.sized_bytes(response.content_type);
  out.varint(response.headers.size());
  for (const auto& [name, value] : response.headers) {
    out.sized_bytes(name);
    out.sized_bytes(value);
  }
  out.sized_bytes(response.body);
  return bytes;
}

Result<Response> decode_response(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return malformed("response");
  Response response;
  response.status = in.u16_be();
  response.content_type = in.sized_bytes();
  const std::uint64_t headers = in.varint();
  if (headers > kHeadersMax) return malformed("response");
  for (std::uint64_t i = 0; i < headers && in.ok(); ++i) {
    std::string name(in.sized_bytes());
    response.headers.emplace_back(std::move(name), std::string(in.sized_bytes()));
  }
  response.body = in.sized_bytes();
  if (!in.at_end() || response.status < 200 || response.status > 599) return malformed("response");
  return response;
}

}  // namespace wattring::http
