// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/session.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wattring::ctl {
namespace {

std::string seconds(std::int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
}

std::string error_text(const Json& body) {
  const Json& error = body["error"];
  if (error.is_string()) return error.string();
  std::string text = error["message"].string();
  if (const std::string& hint = error["hint"].string(); !hint.empty()) text += "\n  " + hint;
  return text.empty() ? "it did not say why" : text;
}

}  // namespace

Session::Reply Session::ask(const NodeAddress& node, const ApiRequest& request) {
  auto response = context_.api.send(node.address, request);
  if (!response) return {node, 0, {}, response.error().message};
  auto body = parse_json(response->body);
  if (!body || !body->is_object()) {
    return {node, 0, {}, fmt::format("answered {}, but not as wattring's HTTP listener does", response->status)};
  }
  return {node, response->status, std::move(*body), {}};
}

Outcome<Json> Session::get(const std::string& target) {
  ApiRequest request;
  request.target = target;
  return send(std::move(request));
}

Outcome<Json> Session::post(const std::string& target, const Json& body) {
  ApiRequest request;
  request.method = "POST";
  request.target = target;
  request.content_type = "application/json";
  request.body = body.compact();
  return send(std::move(request));
}

Outcome<Json> Session::send(ApiRequest request, std::int64_t at_least_ms) {
  request.connect_ms = globals_.timeout_ms;
  request.timeout_ms = std::max(globals_.timeout_ms, at_least_ms);
  std::vector<Silence> silent;
  for (std::size_t i = 0; i < globals_.nodes.size(); ++i) {
    const std::size_t index = (answering_ + i) % globals_.nodes.size();
    Reply reply = ask(globals_.nodes[index], request);
    if (reply.status == 0) {
      silent.push_back({reply.node, reply.reason});
      continue;
    }
    answering_ = index;
    if (reply.status >= 200 && reply.status < 300) return std::move(reply.body);
    return tl::unexpected(refused(reply.node.address, reply.status, reply.body));
  }
  Trouble trouble = nobody_answered(silent);
  if (request.method != "GET")
    trouble.text += "Whether a node did what was asked before it fell silent is not known.\n";
  return tl::unexpected(std::move(trouble));
}

std::vector<Session::Reply> Session::ask_all(const std::string& target) {
  ApiRequest request;
  request.target = target;
  request.connect_ms = globals_.timeout_ms;
  request.timeout_ms = globals_.timeout_ms;
  std::vector<Reply> replies;
  replies.reserve(globals_.nodes.size());
  for (const NodeAddress& node : globals_.nodes) replies.push_back(ask(node, request));
  return replies;
}

Trouble Session::nobody_answered(const std::vector<Silence>& silent) const {
  std::string text = fmt::format("No node answered within {}.\n", seconds(globals_.timeout_ms));
  std::size_t address_width = 0;
  std::size_t reason_width = 0;
  for (const Silence& one : silent) {
    address_width = std::max(address_width, one.node.address.size());
    reason_width = std::max(reason_width, one.reason.size());
  }
  for (const Silence& one : silent) {
    text += fmt::format("  {:<{}}  {:<{}}  {}\n", one.node.address, address_width, one.reason, reason_width,
                        one.node.origin);
  }
  text += "Nothing is known about the cluster from here; what it stored is not affected by that.\n";
  text +=
      "Is the daemon running?  On the host: systemctl status wattringd.  Is it the HTTP address?  See endpoints.json "
      "in its data directory.\n";
  return {kExitNoAnswer, text};
}

Trouble Session::refused(const std::string& address, int status, const Json& body) {
  Trouble trouble;
  trouble.text = fmt::format("{} answered {}: {}\n", address, status, error_text(body));
  trouble.error = body["error"];
  if (status == 404) {
    trouble.exit_code = kExitNotFound;
  } else if (status == 503) {
    trouble.exit_code = kExitNoAnswer;
    trouble.text += "It is there but cannot serve this now; try again in a moment, or see: wattringctl status\n";
  } else if (status >= 400 && status < 500) {
    trouble.exit_code = kExitUsage;
  } else {
    trouble.text += "This is a fault of the node, not of the request; its log says more.\n";
  }
  return trouble;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace wattring::ctl
