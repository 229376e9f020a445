// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "base/utf8.hpp"
#include "node/http/json_body.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = wattring::http;
  constexpr std::array<std::string_view, 3> kNames{"rule", "for", "why"};
  const auto body = http::JsonBody::parse({reinterpret_cast<const char*>(data), size}, kNames);
  if (!body) return 0;
  for (const std::string_view name : kNames)
    if (const auto text = body->get(name))
      WATTRING_CHECK(text->size() <= http::JsonBody::kTextBytesMax && wattring::is_plain_text(*text));
  return 0;
}
