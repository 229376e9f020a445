// SPDX-License-Identifier: Apache-2.0
#include "node/app/listen_address.hpp"

#include "base/sockets.hpp"

namespace wattring::app {

Result<std::string> numeric_listener(const Endpoint& endpoint, const std::string& key) {
  const auto found = resolve({endpoint.host, endpoint.port});
  if (!found)
    return fail(ErrorCode::invalid_argument, key + " = \"" + endpoint.text() + "\": " + found.error().message);
  return found->front().text();
}

Error cannot_listen(const Endpoint& endpoint, const std::string& key, const Error& why) {
  return {why.code, "cannot take " + key + " = " + endpoint.text() + ": " + why.message,
          "another process has it? set " + key + " to a free port, or to port 0"};
}

}  // namespace wattring::app
