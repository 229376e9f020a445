// SPDX-License-Identifier: Apache-2.0
#include "node/http/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/hash.hpp"

namespace wattring::http {
namespace {

constexpr std::size_t kAddressesMax = 4096;
constexpr std::string_view kOthers = "others";  // addresses beyond kAddressesMax count together
constexpr std::int64_t kNsPerMinute = 60'000'000'000;
constexpr std::string_view kHowTo =
    "send \"Authorization: Bearer TOKEN\" (wattringctl: --token-file FILE or WATTRING_TOKEN_FILE); an administrator "
    "makes "
    "one: wattringctl token new --name NAME --role ";

/// "Bearer X" as RFC 6750 has it, or "Token X" as InfluxDB's clients do; empty for anything else.
std::string_view token_in(std::string_view header) {
  const std::size_t space = std::min(header.find(' '), header.size());
  std::string scheme(header.substr(0, space));
  std::ranges::transform(scheme, scheme.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (scheme != "bearer" && scheme != "token") return {};
  header.remove_prefix(std::min(header.find_first_not_of(' ', space), header.size()));
  return header;
}

/// The code in {"error":{"code":"X"}}.
std::string outcome_of(const Response& response) {
  if (response.status < 400) return "done";
  constexpr std::string_view kBefore = R"("code":")";
  const std::size_t at = response.body.find(kBefore);
  if (at == std::string::npos) return "failed";
  const std::size_t begin = at + kBefore.size();
  return response.body.substr(begin, response.body.find('"', begin) - begin);
}

}  // namespace

Access::Access(const Options& options, AuditDoor* audit, const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log)
    : options_(options),
      names_(options.names),
      audit_(audit),
      clock_(clock),
      log_(std::move(log)),
      refused_(metrics.counter("wattring_http_refused_total", "Requests refused by reason", R"(reason="token")")),
      forbidden_(metrics.counter("wattring_http_refused_total", "Requests refused by reason", R"(reason="role")")),
      limited_(metrics.counter("wattring_http_refused_total", "Requests refused by reason", R"(reason="limit")")),
      foreign_(metrics.counter("wattring_http_refused_total", "Requests refused by reason", R"(reason="foreign")")),
      audit_failed_(metrics.counter("wattring_audit_failed_total", "Changes that could not be written down")) {}

std::string Access::summary() const {
  if (tokens_ == nullptr) return "none";
  const auto list = tokens_->tokens();
  std::vector<std::string> lines;
  for (const Token& token : list->tokens()) lines.push_back(token_line(token));
  std::ranges::sort(lines);
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  const std::string trouble = tokens_->trouble();
  return fmt::format("{} {}, {:08x}{}", lines.size(), lines.size() == 1 ? "token" : "tokens",
                     static_cast<std::uint32_t>(hash64(all)), trouble.empty() ? "" : "; refused: " + trouble);
}

Role Access::role_of(const Route& route) const {
  return route.target == Target::metrics && options_.metrics_open ? Role::none : route.role;
}

std::optional<Response> Access::admit(const Route& route, Request& request) {
  const Role wanted = role_of(route);
  if (wanted == Role::none) return std::nullopt;
  if (tokens_ == nullptr) {
    auto refused = names_.refuse_foreign(request);
    if (refused) foreign_.add();
    return refused;
  }
  const std::string_view shown = token_in(request.authorization);
  if (shown.empty()) {
    refused_.add();
    return refuse(request, "this node asks for a token, and none came with the request");
  }
  const auto list = tokens_->tokens();
  const Token* token = list->find(shown);
  if (token == nullptr) {
    refused_.add();
    if (count_failure(request.peer)) {
      limited_.add();
      Response response = error_response(429, {"TOO_MANY_FAILURES", "too many unknown tokens came from this address",
                                               "wait a minute; a token that is known passes at once"});
      response.headers.emplace_back("Retry-After", "60");
      return response;
    }
    return refuse(request, "this token is not known here (any more)");
  }
  request.caller = token->name;
  if (allows(token->roles, wanted)) return std::nullopt;
  forbidden_.add();
  return error_response(
      403, {"FORBIDDEN",
            "the token \"" + token->name + "\" has the role " + to_string(token->roles) + "; " +
                std::string(route.method) + " " + std::string(route.path) + " needs " + std::string(to_string(wanted)),
            "use another token; an administrator makes one: wattringctl token new --name NAME --role " +
                std::string(to_string(wanted))});
}

Response Access::refuse(const Request& request, std::string_view message) {
  const bool writes = request.method != "GET" && request.method != "HEAD";
  Response response =
      error_response(401, {"UNAUTHORISED", std::string(message), std::string(kHowTo) + (writes ? "write" : "read")});
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"wattring\"");
  return response;
}

bool Access::count_failure(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const std::int64_t minute = clock_.monotonic_ns() / kNsPerMinute;
  if (std::exchange(minute_, minute) != minute) failures_.clear();
  const bool known = failures_.contains(peer);
  std::size_t& count = failures_[known || failures_.size() < kAddressesMax ? peer : std::string(kOthers)];
  if (count == 0) log_->warn("token_unknown", "a request from " + peer + " came with a token that is not known");
  return ++count > kFailuresMax;
}

void Access::settle(const Route& route, const Request& request, const Response& response) {
  // Whom nobody knows can fill no disk with refusals.
  const bool nobody = request.caller.empty() && response.status == 403;
  if (audit_ == nullptr || route.role != Role::admin || route.method == "GET" || response.status == 401 ||
      response.status == 429 || nobody)
    return;
  AuditRecord record;
  record.time_ms = clock_.wall_ms();
  record.token = request.caller;
  record.peer = request.peer;
  record.verb = route.method;
  record.target = request.path + (request.query.empty() ? "" : "?" + request.query);
  record.status = response.status;
  record.outcome = outcome_of(response);
  const auto written = audit_->record(record);
  if (written) return;
  audit_failed_.add();
  log_->error("audit_failed", record.verb + " " + record.target.substr(0, 200) + ": " + written.error().text());
}

}  // namespace wattring::http
