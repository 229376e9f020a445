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

std::string Session::Reply::name() const {
  const std::string& own = body["node"].string();
  return own.empty() ? node.label() : own;
}

std::string Session::Reply::trouble() const {
  if (status == 0) return reason;
  if (wants_withheld_token())
    return "wants a token, which is not sent to an address that only other nodes tell; name it too (--node), or use "
           "cluster.keys";
  if (status == 200) return {};
  const std::string& message = body["error"]["message"].string();
  return fmt::format("answered {}{}{}", status, message.empty() ? "" : ": ", message);
}

bool Session::may_see_token(const NodeAddress& node) const {
  const auto named = [&](const NodeAddress& one) { return one.address == node.address; };
  return node.vouched || std::ranges::any_of(globals_.nodes, named);
}

Session::Reply Session::reply_of(const NodeAddress& node, Result<ApiResponse> response) {
  if (!response) {
    if (response.error().code == ErrorCode::unknown_outcome) too_slow_[node.address] = response.error().message;
    return {node, 0, {}, response.error().message};
  }
  auto body = parse_json(response->body);
  if (!body || !body->is_object()) {
    return {node, 0, {}, fmt::format("answered {}, but not as wattring's HTTP listener does", response->status)};
  }
  return {node,
          response->status,
          std::move(*body),
          {},
          response->asked_us,
          response->answered_us,
          !globals_.token.empty() && !may_see_token(node)};
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
  request.with_token = true;  // these are the nodes that were named
  std::vector<Silence> silent;
  for (std::size_t i = 0; i < globals_.nodes.size(); ++i) {
    const std::size_t index = (answering_ + i) % globals_.nodes.size();
    Reply reply = reply_of(globals_.nodes[index], context_.api.send(globals_.nodes[index].address, request));
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

Outcome<Json> Session::send_to(const NodeAddress& node, ApiRequest request) {
  request.connect_ms = globals_.timeout_ms;
  request.timeout_ms = globals_.timeout_ms;
  request.with_token = may_see_token(node);
  Reply reply = reply_of(node, context_.api.send(node.address, request));
  if (reply.status >= 200 && reply.status < 300) return std::move(reply.body);
  if (reply.wants_withheld_token())
    return tl::unexpected(Trouble{kExitUsage, fmt::format("{} {}\n", node.label(), reply.trouble())});
  if (reply.status != 0) return tl::unexpected(refused(node.label(), reply.status, reply.body));
  return tl::unexpected(nobody_answered({{reply.node, reply.reason}}));
}

std::vector<Session::Reply> Session::ask_each(const std::vector<NodeAddress>& nodes, const std::string& target) {
  ApiRequest request;
  request.target = target;
  request.connect_ms = globals_.timeout_ms;
  request.timeout_ms = globals_.timeout_ms;
  std::vector<ApiCall> calls;
  std::vector<Reply> replies;
  replies.reserve(nodes.size());
  std::vector<std::size_t> asked;
  for (const NodeAddress& node : nodes) {
    const auto slow = too_slow_.find(node.address);
    replies.push_back({node, 0, {}, slow == too_slow_.end() ? std::string() : slow->second});
    if (slow != too_slow_.end()) continue;
    asked.push_back(replies.size() - 1);
    request.with_token = may_see_token(node);
    calls.push_back({node.address, request});
  }
  auto responses = context_.api.send_each(calls);
  for (std::size_t i = 0; i < asked.size(); ++i) replies[asked[i]] = reply_of(nodes[asked[i]], std::move(responses[i]));
  return replies;
}

std::vector<Result<ApiResponse>> Session::raw_each(const std::vector<Raw>& requests, std::int64_t at_least_ms) {
  std::vector<ApiCall> calls;
  calls.reserve(requests.size());
  for (const Raw& raw : requests) {
    calls.push_back({raw.node.address, raw.request});
    ApiRequest& request = calls.back().request;
    request.connect_ms = globals_.timeout_ms;
    request.timeout_ms = std::max(globals_.timeout_ms, at_least_ms);
    request.with_token = may_see_token(raw.node);
  }
  return context_.api.send_each(calls);
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
      "Is the daemon running?  On the host: systemctl status wattringd ; wattringctl doctor.  Is it the HTTP address?  "
      "See endpoints.json in its data directory.\n";
  return {kExitNoAnswer, text};
}

Trouble Session::nobody_useful(const std::vector<Reply>& replies) const {
  std::vector<Silence> silent;
  for (const Reply& reply : replies) {
    if (reply.status != 0) return refused(reply.node.address, reply.status, reply.body);
    silent.push_back({reply.node, reply.reason});
  }
  return nobody_answered(silent);
}

Trouble Session::refused(const std::string& address, int status, const Json& body) {
  Trouble trouble;
  trouble.text = fmt::format("{} answered {}: {}\n", address, status, error_text(body));
  trouble.error = body["error"];
  if (status == 404) {
    trouble.exit_code = kExitNotFound;
  } else if (status == 409) {
    trouble.exit_code = kExitRefused;
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
