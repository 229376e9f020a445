// SPDX-License-Identifier: Apache-2.0
#include "node/http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/nearest.hpp"

namespace wattring::http {
namespace {

constexpr std::array<Route, 53> kRoutes{{
    {"POST", "/api/v1/readings", Target::readings_in, Role::write},
    {"POST", "/write", Target::line_v1, Role::write},
    {"POST", "/api/v2/write", Target::line_v2, Role::write},
    {"POST", "/api/v1/telegrams", Target::telegrams_in, Role::write},
    {"GET", "/api/v1/meters", Target::meters, Role::read},
    {"POST", "/api/v1/meters", Target::meter_add, Role::admin},
    {"GET", "/api/v1/meters/{id}", Target::meter, Role::read},
    {"GET", "/api/v1/meters/{id}/readings", Target::readings, Role::read},
    {"GET", "/api/v1/meters/{id}/intervals", Target::intervals, Role::read},
    {"GET", "/api/v1/meters/{id}/erasure", Target::erasure, Role::read},
    {"POST", "/api/v1/meters/{id}/erasure", Target::erase, Role::admin},
    {"GET", "/api/v1/status", Target::status, Role::read},
    {"GET", "/api/v1/facts", Target::facts, Role::read},
    {"GET", "/api/v1/members", Target::members, Role::read},
    {"GET", "/api/v1/events", Target::events, Role::read},
    {"POST", "/api/v1/leave", Target::leave, Role::admin},
    {"GET", "/api/v1/shards", Target::shards, Role::read},
    {"GET", "/api/v1/shards/{id}", Target::shard, Role::read},
    {"GET", "/api/v1/promises", Target::promises, Role::read},
    {"GET", "/api/v1/ring", Target::ring, Role::read},
    {"POST", "/api/v1/ring/plan", Target::ring_plan, Role::read},
    {"POST", "/api/v1/ring/commit", Target::ring_commit, Role::admin},
    {"POST", "/api/v1/node/drain", Target::drain, Role::admin},
    {"POST", "/api/v1/node/resume", Target::resume, Role::admin},
    {"GET", "/api/v1/backup/shards/{id}", Target::backup_part, Role::admin},
    {"POST", "/api/v1/restore/readings", Target::restore_readings, Role::admin},
    {"POST", "/api/v1/restore/rows", Target::restore_rows, Role::admin},
    {"GET", "/api/v1/problems", Target::problems, Role::read},
    {"GET", "/api/v1/alerts", Target::alerts, Role::read},
    {"POST", "/api/v1/alerts/{id}/ack", Target::alert_ack, Role::admin},
    {"GET", "/api/v1/silences", Target::silences, Role::read},
    {"POST", "/api/v1/silences", Target::silence_add, Role::admin},
    {"DELETE", "/api/v1/silences/{id}", Target::silence_remove, Role::admin},
    {"GET", "/api/v1/rules", Target::rules, Role::read},
    {"PUT", "/api/v1/rules", Target::rules_apply, Role::admin},
    {"POST", "/api/v1/rules/test", Target::rules_test, Role::read},
    {"GET", "/api/v1/actors", Target::actors, Role::read},
    {"POST", "/api/v1/actors/resume", Target::actor_resume, Role::admin},
    {"GET", "/api/v1/quarantine", Target::quarantine, Role::read},
    {"POST", "/api/v1/quarantine/{id}/release", Target::quarantine_release, Role::admin},
    {"DELETE", "/api/v1/quarantine/{id}", Target::quarantine_drop, Role::admin},
    {"GET", "/", Target::root, Role::read},
    {"GET", "/livez", Target::livez, Role::none},
    {"GET", "/readyz", Target::readyz, Role::none},
    {"GET", "/healthz", Target::healthz, Role::none},
    {"GET", "/clusterz", Target::clusterz, Role::read},
    {"GET", "/metrics", Target::metrics, Role::read},
    {"GET", "/version", Target::version, Role::read},
    {"GET", "/ping", Target::influx_ping, Role::none},
    {"POST", "/ping", Target::influx_ping, Role::none},
    {"GET", "/health", Target::influx_health, Role::none},
    {"GET", "/query", Target::influx_query, Role::write},
    {"POST", "/query", Target::influx_query, Role::write},
}};

/// What stands for "{id}" when the path fits the template; an empty string when it has none.
std::optional<std::string> fits(std::string_view pattern, const std::vector<std::string>& segments) {
  std::string id;
  std::size_t index = 0;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const std::string_view part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
    if (index == segments.size()) return std::nullopt;
    if (part == "{id}") {
      id = segments[index];
    } else if (segments[index] != part) {
      return std::nullopt;
    }
    ++index;
  }
  if (index != segments.size()) return std::nullopt;
  return id;
}

/// The template with its "{id}" replaced by what stands there in the path, so that an id does not count as a
/// misspelling.
std::string filled(std::string_view pattern, const std::vector<std::string>& segments) {
  std::string out(pattern);
  const std::size_t hole = out.find("{id}");
  if (hole == out.npos) return out;
  const auto index =
      static_cast<std::size_t>(std::count(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(hole), '/')) - 1;
  return index < segments.size() ? out.replace(hole, 4, segments[index]) : out;
}

std::string join(const std::vector<std::string>& segments) {
  std::string out;
  for (const std::string& segment : segments) out += "/" + segment;
  return out;
}

Response no_such_path(const std::vector<std::string>& segments) {
  const std::string path = join(segments);
  const Route* nearest = nullptr;
  std::size_t best = 0;
  for (const Route& route : kRoutes) {
    const std::size_t distance = edit_distance(path, filled(route.path, segments));
    if (nearest != nullptr && distance >= best) continue;
    nearest = &route;
    best = distance;
  }
  return error_response(404, {"NOT_FOUND", "no such path: " + (path.empty() ? "/" : path.substr(0, 200)),
                              "nearest: " + std::string(nearest->method) + " " + std::string(nearest->path)});
}

Response wrong_method(std::string_view method, std::string_view path) {
  std::string allowed;
  for (const Route& route : kRoutes)
    if (route.path == path) allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  Response response =
      error_response(405, {"METHOD_NOT_ALLOWED", std::string(method) + " is not for " + std::string(path),
                           "accepted: " + allowed + " " + std::string(path)});
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

Match find_route(std::string_view method, std::string_view path) {
  Match match;
  const auto segments = split_path(path);
  if (!segments) {
    match.refusal =
        error_response(400, {"BAD_REQUEST", "the path is not percent-encoded correctly", "write a literal % as %25"});
    return match;
  }
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const Route* other_method = nullptr;
  for (std::size_t i = 0; i < kRoutes.size(); ++i) {
    auto id = fits(kRoutes[i].path, *segments);
    if (!id) continue;
    if (kRoutes[i].method == wanted) {
      match.route = i;
      match.id = std::move(*id);
      return match;
    }
    other_method = &kRoutes[i];
  }
  match.refusal = other_method != nullptr ? wrong_method(method, other_method->path) : no_such_path(*segments);
  return match;
}

}  // namespace wattring::http
