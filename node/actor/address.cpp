// SPDX-License-Identifier: Apache-2.0
#include "node/actor/address.hpp"

#include <algorithm>

namespace wattring::actor {
namespace {

bool is_name_char(char c) {
  const bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_alnum || std::string_view("-_.:=+~@").find(c) != std::string_view::npos;
}

}  // namespace

std::string ActorAddress::text() const {
  return to_hex(node.bytes).substr(0, 8) + path;
}

Result<void> check_name(std::string_view name) {
  if (!name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, is_name_char)) return {};
  return fail(ErrorCode::invalid_argument, "\"" + std::string(name.substr(0, kNameBytesMax)) + "\" is no actor name",
              "use 1 to " + std::to_string(kNameBytesMax) + " of letters, digits and -_.:=+~@");
}

std::string_view take_name(std::string_view& path) {
  const std::size_t begin = std::min(path.find_first_not_of('/'), path.size());
  const std::size_t end = std::min(path.find('/', begin), path.size());
  const std::string_view name = path.substr(begin, end - begin);
  path.remove_prefix(end);
  return name;
}

}  // namespace wattring::actor
