// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/event_follower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/time.hpp"
#include "node/ctl/roster.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kPage = 1000;
constexpr int kPagesMax = 20;     // of one node in one look: more than a node keeps
constexpr int kRosterEvery = 10;  // looks after which members are asked for anew

}  // namespace

Outcome<std::vector<Json>> EventFollower::next() {
  if (looks_++ % kRosterEvery == 0 || nodes_.empty()) nodes_ = find_nodes(session_).nodes;
  found_.clear();
  silent_ = Json::Array{};
  std::vector<NodeAddress> open = nodes_;
  bool answered = false;
  std::vector<Session::Reply> refused;
  for (int page = 0; page < kPagesMax && !open.empty(); ++page) {
    std::vector<NodeAddress> more;
    for (const Session::Reply& reply : ask(open)) {
      if (reply.status != 200) {
        if (page == 0) add_silent(reply);
        refused.push_back(reply);
        continue;
      }
      answered = true;
      if (take(reply)) more.push_back(reply.node);
    }
    open = std::move(more);
  }
  if (!answered) return tl::unexpected(session_.nobody_useful(refused));
  std::ranges::stable_sort(found_, {},
                           [](const Json& event) { return parse_rfc3339(event["time"].string()).value_or(0); });
  return std::move(found_);
}

std::vector<Session::Reply> EventFollower::ask(const std::vector<NodeAddress>& nodes) {
  // Nodes are at different sequences, so that their targets differ.
  std::vector<Session::Reply> replies;
  std::map<std::int64_t, std::vector<NodeAddress>> by_place;
  for (const NodeAddress& node : nodes) by_place[places_[node.address].after].push_back(node);
  for (const auto& [after, same] : by_place) {
    auto some = session_.ask_each(same, fmt::format("/api/v1/events?limit={}&after={}", kPage, after));
    std::ranges::move(some, std::back_inserter(replies));
  }
  return replies;
}

bool EventFollower::take(const Session::Reply& reply) {
  Place& place = places_[reply.node.address];
  const std::string& started = reply.body["started"].string();
  if (std::exchange(place.started, started) != started && place.after != 0) {
    place.after = 0;
    return true;
  }
  if (place.after != 0) lost_ += reply.body["lost"].integer();
  for (const Json& event : reply.body["events"].items()) {
    Json row = event;
    row.set("seen_by", reply.body["node"]);
    found_.push_back(std::move(row));
  }
  place.after = std::max(place.after, reply.body["next"].integer());
  return reply.body["events"].items().size() >= kPage;
}

void EventFollower::add_silent(const Session::Reply& reply) {
  Json row;
  row.set("node", reply.node.name).set("address", reply.node.address).set("reason", reply.trouble());
  silent_.push(std::move(row));
}

}  // namespace wattring::ctl
