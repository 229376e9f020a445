// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/units.hpp"
#include "node/sim/cluster_json.hpp"
#include "node/sim/http_client.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kWatchAnswerMs = 1000;
constexpr std::chrono::milliseconds kLookEvery{100};

bool holds_gone(const std::string& state) {
  return state == "down" || state == "left";
}

void measure_one(std::span<const SeenChange> changes, std::int64_t began_ns, FaultRecord& fault) {
  const std::int64_t from_ns = began_ns + fault.at_ms * kNsPerMs;
  const std::int64_t to_ns = fault.healed_ms < 0 ? INT64_MAX : began_ns + fault.healed_ms * kNsPerMs;
  std::map<std::string, std::int64_t> agreed;  ///< by observer
  std::map<std::string, bool> observers;
  for (const SeenChange& change : changes) {
    if (change.observer != fault.node) observers[change.observer] = true;
    if (change.member != fault.node || change.observer == fault.node) continue;
    if (change.at_ns < from_ns || change.at_ns > to_ns || change.state == "up") continue;
    const std::int64_t after_ms = (change.at_ns - from_ns) / kNsPerMs;
    if (fault.suspected_ms < 0) fault.suspected_ms = after_ms;
    if (holds_gone(change.state)) agreed.try_emplace(change.observer, after_ms);
  }
  // Those that are down themselves cannot agree; a majority of observers must.
  if (agreed.size() * 2 <= observers.size()) return;
  for (const auto& [observer, after_ms] : agreed) fault.agreed_ms = std::max(fault.agreed_ms, after_ms);
}

}  // namespace

void measure_detection(std::span<const SeenChange> changes, std::int64_t began_ns, std::vector<FaultRecord>& faults) {
  for (FaultRecord& fault : faults) measure_one(changes, began_ns, fault);
}

std::string what_is_missing(std::span<const NodeLook> looks) {
  for (const NodeLook& look : looks) {
    if (!look.status) return look.name + " does not answer";
    const ChaosStatus& status = *look.status;
    if (!status.ready) return look.name + " is not ready";
    if (status.disk_reserve) return look.name + " has reached its reserve";
    for (const NodeLook& other : looks) {
      const auto seen = look.members.find(other.name);
      const std::string state = seen == look.members.end() ? "unknown" : seen->second;
      if (looks.size() > 1 && state != "up") return fmt::format("{} holds {} {}", look.name, other.name, state);
    }
    if (status.ring_members >= 0 && status.ring_members < static_cast<std::int64_t>(looks.size())) {
      return fmt::format("the ring of {} has {} members", look.name, status.ring_members);
    }
    if (status.ring_version != looks.front().status->ring_version) {
      return fmt::format("{} and {} have different rings", looks.front().name, look.name);
    }
    if (status.shards_owned == 0) return fmt::format("{} owns no shard yet", look.name);
    if (status.shards_filling > 0) return fmt::format("{} fills {} shards", look.name, status.shards_filling);
    if (status.shards_missing > 0)
      return fmt::format("{} misses something of {} shards", look.name, status.shards_missing);
    if (status.lagging > 0) return fmt::format("{} has {} lagging peers", look.name, status.lagging);
  }
  return {};
}

NodeLook look_at(const std::string& name, const std::string& http) {
  NodeLook look;
  look.name = name;
  HttpClient client({{http}, 0, kWatchAnswerMs, {}});
  const Result<HttpReply> status = client.get("/api/v1/status");
  if (!status || status->status != 200) return look;
  if (auto parsed = parse_chaos_status(status->body)) look.status = std::move(*parsed);
  const Result<HttpReply> metrics = client.get("/metrics");
  if (look.status && metrics && metrics->status == 200) read_chaos_metrics(metrics->body, *look.status);
  const Result<HttpReply> members = client.get("/api/v1/members");
  if (!members || members->status != 200) return look;
  if (const auto parsed = parse_members(members->body)) {
    for (const SeenMember& member : *parsed) {
      // A wiped node's name is there twice: the one that lives counts.
      std::string& state = look.members[member.node];
      if (state != "up") state = member.state;
    }
  }
  return look;
}

ChaosWatch::ChaosWatch(const ChaosNodes& nodes, const Clock& clock)
    : nodes_(nodes), clock_(clock), thread_([this] { run(); }) {}

ChaosWatch::~ChaosWatch() {
  stopping_ = true;
  thread_.join();
}

std::vector<SeenChange> ChaosWatch::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void ChaosWatch::run() {
  while (!stopping_.load()) {
    for (std::size_t i = 0; i < nodes_.count() && !stopping_.load(); ++i) {
      if (nodes_.runs(i) && !nodes_.paused(i)) note(look_at(nodes_.name(i), nodes_.http(i)));
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

void ChaosWatch::note(const NodeLook& look) {
  const std::int64_t now_ns = clock_.monotonic_ns();
  auto& known = known_[look.name];
  for (const auto& [member, state] : look.members) {
    std::string& before = known[member];
    if (before == state) continue;
    before = state;
    const std::lock_guard lock(mutex_);
    changes_.push_back({now_ns, look.name, member, state});
  }
}

}  // namespace wattring::sim
