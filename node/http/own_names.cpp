// SPDX-License-Identifier: Apache-2.0
#include "node/http/own_names.hpp"

#include <algorithm>
#include <utility>

#include "base/sockets.hpp"

namespace wattring::http {
namespace {

constexpr std::size_t kShownBytesMax = 200;
constexpr const char* kOrTokens = ", or let the node ask for tokens (http.tokens, docs/operations/security.md)";

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// As names are compared: small letters, no dot at the end.
std::string plain(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return lowered(name);
}

/// "n1:7414" -> "n1", "[::1]:7414" -> "::1".
std::string_view without_port(std::string_view authority) {
  if (!authority.starts_with('[')) return authority.substr(0, authority.find(':'));
  const std::string_view inside = authority.substr(1);
  return inside.substr(0, inside.find(']'));
}

}  // namespace

OwnNames::OwnNames(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::string& name : names_) name = plain(name);
  std::erase(names_, std::string());
  names_.emplace_back("localhost");
}

bool OwnNames::has(std::string_view host) const {
  return wattring::HostPort{std::string(host), 0}.is_numeric() ||
         std::ranges::find(names_, plain(host)) != names_.end();
}

std::optional<Response> OwnNames::refuse_foreign(const Request& request) const {
  const std::string host = request.host.substr(0, kShownBytesMax);
  const std::string origin = request.origin.substr(0, kShownBytesMax);
  if (!request.host.empty() && !has(without_port(request.host)))
    return error_response(403,
                          {"FOREIGN_HOST", "this node has not been told that it is called \"" + host + "\"",
                           std::string("name it by its numeric address, set advertise.http to that name") + kOrTokens});
  const std::string own = lowered(request.host);
  const std::string from = lowered(request.origin);
  if (from.empty() || (!own.empty() && (from == "http://" + own || from == "https://" + own))) return std::nullopt;
  return error_response(403, {"FOREIGN_ORIGIN", "a web page of \"" + origin + "\" has sent this request",
                              std::string("send it without the header Origin if no browser is meant") + kOrTokens});
}

}  // namespace wattring::http
