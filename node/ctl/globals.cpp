// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/globals.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.hpp"
#include "node/ctl/host_port.hpp"
#include "node/http/token_file.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kWatchMinMs = 100;

std::string variable(const Context& context, const char* name) {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? std::string() : found->second;
}

std::vector<NodeAddress> nodes_of(const GlobalArguments& arguments, const Context& context) {
  std::vector<NodeAddress> nodes;
  nodes.reserve(arguments.nodes.size());
  for (const std::string& address : arguments.nodes) nodes.push_back({address, "from --node"});
  if (!nodes.empty()) return nodes;
  const std::string list = variable(context, "WATTRING_NODES");
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    std::string address = list.substr(at, end - at);
    address.erase(0, address.find_first_not_of(' '));
    address.erase(address.find_last_not_of(' ') + 1);
    if (!address.empty()) nodes.push_back({address, "from WATTRING_NODES"});
    at = end + 1;
  }
  if (nodes.empty()) nodes.push_back({"127.0.0.1:7414", "the default"});
  return nodes;
}

Result<void> check_addresses(const std::vector<NodeAddress>& nodes) {
  for (const NodeAddress& node : nodes) {
    if (split_host_port(node.address)) continue;
    return fail(ErrorCode::invalid_argument,
                fmt::format("\"{}\" ({}) is not the address of a node", node.address, node.origin),
                "give HOST:PORT of its HTTP listener, for example 127.0.0.1:7414");
  }
  return {};
}

Result<Format> format_of(const std::string& text) {
  if (text == "table") return Format::table;
  if (text == "json") return Format::json;
  if (text == "jsonl") return Format::jsonl;
  if (text == "csv") return Format::csv;
  return fail(ErrorCode::invalid_argument, fmt::format("--output {} is none of table, json, jsonl, csv", text));
}

Result<bool> colour_of(const std::string& text, const Context& context) {
  if (text == "always") return true;
  if (text == "never") return false;
  if (text != "auto") {
    return fail(ErrorCode::invalid_argument, fmt::format("--color {} is none of never, auto, always", text));
  }
  return context.out_is_terminal && variable(context, "NO_COLOR").empty() && variable(context, "TERM") != "dumb";
}

bool has_utf8(const Context& context) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = variable(context, name);
    if (locale.empty()) continue;
    return locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

Result<std::int64_t> duration_of(const char* option, const std::string& text) {
  auto value = parse_duration_ms(text);
  if (value && *value > 0) return value;
  return fail(ErrorCode::invalid_argument, fmt::format("{} {} is not a duration", option, text),
              "for example 3s or 500ms");
}

Result<std::string> token_of(const GlobalArguments& arguments, const Context& context) {
  const std::string variable_file = variable(context, "WATTRING_TOKEN_FILE");
  const std::string& path = arguments.token_file.empty() ? variable_file : arguments.token_file;
  if (path.empty()) return std::string();
  return http::read_token_file(path);
}

}  // namespace

Result<Globals> resolve(const GlobalArguments& arguments, const Context& context) {
  Globals globals;
  globals.nodes = nodes_of(arguments, context);
  if (const auto ok = check_addresses(globals.nodes); !ok) return Failure(ok.error());
  const auto timeout = duration_of("--timeout", arguments.timeout);
  if (!timeout) return Failure(timeout.error());
  globals.timeout_ms = *timeout;
  const auto format = format_of(arguments.output);
  if (!format) return Failure(format.error());
  globals.format = *format;
  if (!arguments.watch.empty()) {
    const auto watch = duration_of("--watch", arguments.watch);
    if (!watch) return Failure(watch.error());
    globals.watch_ms = std::max(kWatchMinMs, *watch);
  }
  const auto colour = colour_of(arguments.colour, context);
  if (!colour) return Failure(colour.error());
  globals.colour = *colour;
  auto token = token_of(arguments, context);
  if (!token) return Failure(token.error());
  globals.token = std::move(*token);
  globals.utf8 = has_utf8(context);
  globals.zone = !arguments.zone.empty() ? arguments.zone : context.local_zone.empty() ? "UTC" : context.local_zone;
  return globals;
}

}  // namespace wattring::ctl
