// SPDX-License-Identifier: Apache-2.0
#include "node/http/cluster_alerts.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "node/http/alert_api.hpp"
#include "node/http/relay.hpp"

namespace wattring::http {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kSeverities{"info", "warn", "critical"};

struct Answer {
  NodeId from;
  json page;
};

std::optional<json> page_of(const Response& response) {
  if (response.status != 200) return std::nullopt;
  json page = json::parse(response.body, nullptr, false);
  if (!page.is_object() || !page.value("alerts", json()).is_array()) return std::nullopt;
  for (const json& alert : page["alerts"])
    for (const char* name : {"id", "meter", "revision", "severity", "since"})
      if (!alert.is_object() || !alert.value(name, json()).is_string()) return std::nullopt;
  return page;
}

std::string text_of(const json& alert, const char* name) {
  return alert.at(name).get<std::string>();
}

/// Of several nodes that show the same alert: how much the row is to be believed.
auto weight(const json& alert, bool of_home) {
  const std::uint64_t points = std::strtoull(text_of(alert, "revision").c_str(), nullptr, 10);
  return std::tuple(of_home, points, !alert.value("acked_by", json()).is_null());
}

/// Alerts by id, each as the home of its meter has it, or whoever has seen most.
class Joined {
 public:
  explicit Joined(PeersDoor& peers) : peers_(peers) {}

  void add(const NodeId& from, const json& alert) {
    const bool of_home = home_of(text_of(alert, "meter")) == from;
    const auto [at, added] = rows_.try_emplace(text_of(alert, "id"), Row{alert, of_home});
    if (!added && weight(alert, of_home) > weight(at->second.alert, at->second.of_home)) at->second = {alert, of_home};
  }
  [[nodiscard]] std::vector<json> sorted(bool history) const {
    std::vector<json> all;
    all.reserve(rows_.size());
    for (const auto& [id, row] : rows_) all.push_back(row.alert);
    const auto rank = [&](const json& alert) {
      const auto severity = std::find(kSeverities.begin(), kSeverities.end(), text_of(alert, "severity"));
      return std::tuple(history ? 0 : severity - kSeverities.begin(), text_of(alert, "since"));
    };
    std::stable_sort(all.begin(), all.end(), [&](const json& a, const json& b) { return rank(a) > rank(b); });
    return all;
  }

 private:
  struct Row {
    json alert;
    bool of_home = false;
  };
  NodeId home_of(const std::string& meter) {
    const auto [at, added] = homes_.try_emplace(meter);
    if (!added) return at->second;
    const auto owners = peers_.owners_of(meter);
    if (!owners.empty()) at->second = owners.front().id;
    return at->second;
  }

  PeersDoor& peers_;
  std::map<std::string, Row> rows_;
  std::map<std::string, NodeId> homes_;
};

/// What all others say to the request; those that do not answer are left out.
std::vector<Answer> ask_others(PeersDoor& peers, const PeersDoor::Members& members, const Request& request) {
  std::vector<std::pair<NodeId, std::future<Result<std::string>>>> asked;
  for (const PeersDoor::Peer& peer : members.reachable)
    if (!peer.self)
      asked.emplace_back(peer.id, std::async(std::launch::async, [&peers, &request, id = peer.id] {
                           return peers.call(id, encode_request(request), ClusterAlerts::kAskMs);
                         }));
  std::vector<Answer> answers;
  for (auto& [from, answer] : asked) {
    const auto bytes = answer.get();
    const auto response = bytes ? decode_response(*bytes) : Result<Response>(Failure(bytes.error()));
    auto page = response ? page_of(*response) : std::nullopt;
    if (page) answers.push_back({from, std::move(*page)});
  }
  return answers;
}

NodeId self_of(const PeersDoor::Members& members) {
  for (const PeersDoor::Peer& peer : members.reachable)
    if (peer.self) return peer.id;
  return {};
}

Request question(const Request& like, std::string query) {
  Request asked;
  asked.method = "GET";
  asked.path = "/api/v1/alerts";
  asked.query = std::move(query);
  asked.caller = like.caller;
  return asked;
}

}  // namespace

Response ClusterAlerts::alerts(const Request& request) const {
  const AlertApi api(door_, clock_);
  Response own = api.alerts(request);
  if (peers_ == nullptr || request.relayed) return own;
  const PeersDoor::Members members = peers_->members();
  auto page = page_of(own);
  const auto query = AlertApi::query_of(request);
  if (members.all <= 1 || !page || !query) return own;
  std::vector<Answer> answers = ask_others(*peers_, members, request);
  // Each shard has `copies` owners: fewer silent nodes than that leave one of them.
  const bool complete = answers.size() + 1 + members.copies > members.all;
  answers.push_back({self_of(members), *page});
  Joined joined(*peers_);
  std::uint64_t total = 0;
  for (const Answer& answer : answers) {
    total = std::max(total, answer.page.value("total", std::uint64_t{0}));
    for (const json& alert : answer.page["alerts"]) joined.add(answer.from, alert);
  }
  std::vector<json> rows = joined.sorted(query->history);
  total = std::max<std::uint64_t>(total, rows.size());
  if (rows.size() > query->limit) rows.resize(query->limit);
  (*page)["alerts"] = std::move(rows);
  (*page)["total"] = total;
  (*page)["complete"] = complete;
  own.body = page->dump() + "\n";
  return own;
}

Response ClusterAlerts::acknowledge(const Request& request, std::string_view id) const {
  const AlertApi api(door_, clock_);
  if (peers_ == nullptr || request.relayed || peers_->members().all <= 1) return api.acknowledge(request, id);
  const auto page = page_of(alerts(question(request, "limit=" + std::to_string(AlertApi::kAlertsMax))));
  const auto wanted = AlertApi::id_of(id);
  if (!page || !wanted) return api.acknowledge(request, id);
  std::vector<json> found;
  for (const json& alert : (*page)["alerts"])
    if (text_of(alert, "id").starts_with(*wanted)) found.push_back(alert);
  // None that fires, or several: the node's own answer says so.
  if (found.size() != 1) return api.acknowledge(request, id);
  const std::string whole = text_of(found.front(), "id");
  Request passed_on = request;
  passed_on.path = "/api/v1/alerts/" + whole + "/ack";
  for (const PeersDoor::Peer& owner : peers_->owners_of(text_of(found.front(), "meter"))) {
    if (owner.self) return api.acknowledge(request, whole);
    const auto bytes = peers_->call(owner.id, encode_request(passed_on), kAckMs);
    if (!bytes) continue;
    auto response = decode_response(*bytes);
    if (!response || response->status >= 500) continue;
    response->headers.emplace_back("X-Wattring-Node", owner.name);
    return std::move(*response);
  }
  return api.acknowledge(request, whole);
}

}  // namespace wattring::http
