// SPDX-License-Identifier: Apache-2.0
#include "node/http/node_seen.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "node/http/ring_problems.hpp"

namespace wattring::http {
namespace {

using cluster::MemberState;
using cluster::MemberView;
using cluster::View;

/// A process that is gone refuses connections; one that answers nothing may hang, or the way to it is broken.
std::string what_to_do(const std::vector<cluster::Accusation>& accusations) {
  const auto refused = [](const cluster::Accusation& one) { return one.evidence == cluster::Evidence::refused; };
  if (std::any_of(accusations.begin(), accusations.end(), refused))
    return "start it again; its log and systemctl status wattringd on its host say why it went";
  return "look whether its host runs and can be reached; a process that hangs is restarted: systemctl restart "
         "wattringd";
}

struct ProblemsOf {
  NodeSeen& seen;

  void add(std::string code, std::string severity, std::string subject, std::string text, std::string remedy,
           std::int64_t since_ms) const {
    seen.status.problems.push_back(
        {std::move(code), std::move(severity), std::move(subject), std::move(text), std::move(remedy), since_ms});
  }

  /// The same at every look, so that whoever watches for changes sees none.
  [[nodiscard]] std::int64_t since_ms(const MemberView& member) const {
    return floor_to(seen.status.now_ms - (seen.monotonic_ns - member.since_ns) / 1'000'000, kMsPerSecond);
  }

  void add_state(const MemberView& member, bool minority) const {
    const std::string& node = member.record->name;
    const std::int64_t since = since_ms(member);
    const std::string why = seen.view->why(member.record->id);
    if (member.state() == MemberState::dead) {
      add("NODE_DOWN", minority ? "critical" : "warn", node,
          fmt::format("{}; what it acknowledged is on its disk", why), what_to_do(member.accusations), since);
    } else if (member.state() == MemberState::suspect) {
      add("NODE_SUSPECT", "warn", node, fmt::format("may be gone ({}); nothing is decided yet", why),
          "wait some seconds: it answers for itself, or it is held down", since);
    }
  }

  void add_all() const {
    const View& view = *seen.view;
    const std::size_t live = view.count(MemberState::alive) + view.count(MemberState::suspect);
    const bool minority = live < view.count(MemberState::dead);
    for (const MemberView& member : view.members) {
      if (member.self) continue;
      add_state(member, minority);
      if (!member.flapping) continue;
      add("NODE_FLAPPING", "warn", member.record->name, "is lost and found again and again",
          "look at its load, its memory and the network between; nodes wait before they rely on it again",
          since_ms(member));
    }
    if (view.joined) return;
    add("NOT_JOINED", "warn", seen.status.node, "has met no other node yet; it takes readings, and keeps them alone",
        "check its --join addresses, that a node listens there, and that both hold the same keys",
        seen.status.started_ms);
  }
};

}  // namespace

MemberCounts NodeSeen::counts() const {
  MemberCounts counts;
  if (view == nullptr) {
    counts.up = 1;
    return counts;
  }
  for (const MemberView& member : view->members) {
    const std::string_view word = state_word(*view, member);
    (word == "joining"    ? counts.joining
     : word == "up"       ? counts.up
     : word == "suspect"  ? counts.suspect
     : word == "down"     ? counts.down
     : word == "draining" ? counts.draining
                          : counts.left)++;
  }
  return counts;
}

std::string_view NodeSeen::verdict() const {
  const auto is_critical = [](const Problem& problem) { return problem.severity == "critical"; };
  if (std::any_of(status.problems.begin(), status.problems.end(), is_critical)) return "critical";
  return status.problems.empty() && status.ready ? "healthy" : "degraded";
}

bool NodeSeen::draining() const {
  const MemberView* self = view == nullptr ? nullptr : view->find(view->self);
  return self != nullptr && cluster::is_draining(*self->record);
}

NodeSeen look(QueryDoor& query, ClusterDoor* cluster, ShardDoor* shards, const Clock& clock) {
  NodeSeen seen{query.status(), cluster == nullptr ? nullptr : cluster->view(), clock.monotonic_ns(),
                shards == nullptr ? nullptr : shards->board()};
  if (seen.view == nullptr) return seen;
  ProblemsOf{seen}.add_all();
  if (seen.board != nullptr) add_ring_problems(seen);
  seen.status.ready = seen.status.ready && seen.view->joined && !seen.draining();
  return seen;
}

std::string_view state_word(const View& view, const MemberView& member) {
  switch (member.state()) {
    case MemberState::alive:
      if (cluster::is_draining(*member.record)) return "draining";
      return member.self && !view.joined ? "joining" : "up";
    case MemberState::suspect:
      return "suspect";
    case MemberState::dead:
      return "down";
    case MemberState::left:
      return member.self ? "draining" : "left";
  }
  return "?";
}

std::int64_t state_age_s(const MemberView& member, std::int64_t monotonic_ns) {
  return std::max<std::int64_t>(0, monotonic_ns - member.since_ns) / 1'000'000'000;
}

std::string hash_text(std::uint64_t hash) {
  return fmt::format("{:016x}", hash);
}

std::string name_of(const View& view, const NodeId& id) {
  const MemberView* member = view.find(id);
  return member != nullptr && !member->record->name.empty() ? member->record->name : to_hex(id.bytes).substr(0, 8);
}

void write_views(JsonWriter& json, const NodeSeen& seen) {
  json.object("views").key("asked").integer(1).key("answered").integer(1).key("agree").boolean(true);
  if (seen.view != nullptr) {
    json.field("hash", hash_text(seen.view->hash)).key("version").count(seen.view->version);
    json.key("joined").boolean(seen.view->joined);
  }
  json.end_object();
}

void write_counts(JsonWriter& json, const MemberCounts& counts) {
  json.object("nodes").key("up").count(counts.up).key("suspect").count(counts.suspect);
  json.key("down").count(counts.down).key("draining").count(counts.draining);
  json.key("joining").count(counts.joining).key("left").count(counts.left).end_object();
}

void write_problems(JsonWriter& json, const NodeStatus& status) {
  json.array("problems");
  for (const Problem& problem : status.problems) {
    json.begin_object().field("code", problem.code).field("severity", problem.severity);
    json.field("subject", problem.subject).field("text", problem.text).field("do", problem.remedy);
    json.field("since", format_rfc3339(problem.since_ms)).end_object();
  }
  json.end_array();
}

void write_endpoints(JsonWriter& json, const NodeAddresses& addresses) {
  json.object("endpoints");
  const auto address = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json.field(name, value);
  };
  address("membership", addresses.membership);
  address("peers", addresses.peers);
  address("ingest", addresses.ingest);
  address("http", addresses.http);
  address("data", addresses.data);
  json.end_object();
}

}  // namespace wattring::http
