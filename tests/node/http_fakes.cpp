// SPDX-License-Identifier: Apache-2.0
#include "tests/node/http_fakes.hpp"

#include <zlib.h>

#include <nlohmann/json.hpp>

namespace wattring::http {

nlohmann::json parse(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, false);
}
nlohmann::json parse(const Response& response) {
  return parse(response.body);
}

std::string gzip(std::string plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(static_cast<uLong>(plain.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace wattring::http
