// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wattring {

/// An http:// or https:// address, taken apart.
struct HttpUrl {
  bool tls = false;
  std::string host;  ///< name, IPv4 address, or IPv6 address without its brackets
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query; begins with "/"

  [[nodiscard]] std::string origin() const;  ///< "http://127.0.0.1:9093", "https://[::1]:443"
  friend bool operator==(const HttpUrl&, const HttpUrl&) = default;
};

/// Without a port 80 or 443. Refused: other schemes, user:password@, fragments, blanks and control characters.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace wattring
