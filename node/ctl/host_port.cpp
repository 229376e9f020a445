// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/host_port.hpp"

#include <fmt/format.h>

#include "base/http_url.hpp"

namespace wattring::ctl {

std::optional<HostPort> split_host_port(std::string_view address) {
  const auto url = parse_http_url(fmt::format("http://{}", address));
  if (!url || address.find_first_of("/?") != address.npos) return std::nullopt;
  if (!address.ends_with(fmt::format(":{}", url->port))) return std::nullopt;  // a port must be named
  return HostPort{url->host, url->port};
}

}  // namespace wattring::ctl
