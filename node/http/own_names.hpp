// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/http/exchange.hpp"

namespace wattring::http {

/// A node that asks for no token answers everybody who can connect, and so does the browser of somebody on the same
/// machine, for any web page that tells it to. Such a request betrays itself: its Origin is the page's, or its Host is
/// a name of the page's owner that was made to point here (DNS rebinding). Immutable.
class OwnNames {
 public:
  /// Host names the operator gave the node; numeric addresses and "localhost" need not be told.
  explicit OwnNames(std::vector<std::string> names);

  /// 403 for such a request, with what to do. Requests without either header are nobody's browser's.
  [[nodiscard]] std::optional<Response> refuse_foreign(const Request& request) const;

 private:
  [[nodiscard]] bool has(std::string_view host) const;

  std::vector<std::string> names_;
};

}  // namespace wattring::http
