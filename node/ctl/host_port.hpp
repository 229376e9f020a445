// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wattring::ctl {

struct HostPort {
  std::string host;  ///< without the brackets of an IPv6 address
  int port = 0;      ///< 1..65535
};
/// HOST:PORT or [IPV6]:PORT; nothing when it is neither.
[[nodiscard]] std::optional<HostPort> split_host_port(std::string_view address);

}  // namespace wattring::ctl
