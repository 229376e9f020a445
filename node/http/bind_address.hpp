// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wattring::http {

struct HostPort {
  std::string host;
  std::string port;
};
/// "127.0.0.1:7414", "[::1]:0", "localhost:7414"; nothing when it is not of that form or the port is over 65535.
[[nodiscard]] std::optional<HostPort> split_host_port(std::string_view text);

struct BoundSocket {
  int descriptor = -1;  ///< the caller closes it
  std::string address;  ///< with the real port
};
/// A listening TCP socket. A port that another process listens on is an error, never shared.
[[nodiscard]] Result<BoundSocket> bind_and_listen(const std::string& address);

}  // namespace wattring::http
