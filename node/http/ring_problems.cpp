// SPDX-License-Identifier: Apache-2.0
#include "node/http/ring_problems.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace wattring::http {
namespace {

using cluster::MemberView;

/// A node that joins needs some seconds until the others propose it.
constexpr std::int64_t kJoiningMs = 60'000;

class RingProblems {
 public:
  explicit RingProblems(NodeSeen& seen) : seen_(seen), board_(*seen.board) {
    for (const RingSeat& seat : board_.members)
      if (!seat.reachable) away_.push_back(seat.called());
  }

  void add_all() {
    add_own_place();
    if (board_.ring_version == 0) return;
    add_fork();
    add_shards();
    add_too_few();
    for (const RingSeat& seat : board_.members) add_seat(seat);
    for (const MemberView& member : seen_.view->members) add_outsider(member);
  }

 private:
  void add(std::string code, bool critical, std::string subject, std::string text, std::string remedy,
           std::int64_t since_ms) {
    seen_.status.problems.push_back({std::move(code), critical ? "critical" : "warn", std::move(subject),
                                     std::move(text), std::move(remedy), since_ms});
  }

  /// The same at every look, so that whoever watches for changes sees none.
  [[nodiscard]] std::int64_t since_ms(std::int64_t since_ns) const {
    return floor_to(seen_.status.now_ms - (seen_.monotonic_ns - since_ns) / 1'000'000, kMsPerSecond);
  }
  [[nodiscard]] std::int64_t since_ms(const MemberView& member) const { return since_ms(member.since_ns); }
  /// Since the first, or the last, of the members that are away went.
  [[nodiscard]] std::int64_t away_since(bool last) const {
    std::int64_t since = 0;
    for (const RingSeat& seat : board_.members) {
      const MemberView* member = seat.reachable ? nullptr : seen_.view->find(seat.id);
      if (member == nullptr) continue;
      const std::int64_t at = since_ms(*member);
      since = since == 0 ? at : last ? std::max(since, at) : std::min(since, at);
    }
    return since == 0 ? seen_.status.started_ms : since;
  }

  void add_own_place() {
    const NodeStatus& status = seen_.status;
    if (board_.removed) {
      add("REMOVED_NODE", true, status.node,
          "was removed from the ring for good; it owns nothing, and hands on what only it has",
          "when wattringctl shards shows nothing held here: stop it, and start it with an empty data directory",
          status.started_ms);
    } else if (!board_.in_ring && seen_.view->joined && status.now_ms - status.started_ms > kJoiningMs) {
      add("NODE_NOT_IN_RING", false, status.node, "is not in the ring: it takes readings, and owns no shard",
          "wattringctl ring show says what it waits for; wattringctl ring commit --add " + status.node,
          status.started_ms);
    }
  }

  void add_fork() {
    if (board_.forks.empty()) return;
    std::vector<std::string> names;
    std::int64_t since_ns = board_.forks.front().since_ns;
    for (const ForkedNode& fork : board_.forks) {
      names.push_back(fork.name);
      since_ns = std::min(since_ns, fork.since_ns);
    }
    add("RING_FORK", true, "ring",
        fmt::format("two rings of one version are in force: {} and this node (ring {}, {}) follow different ones, and "
                    "disagree about who owns what",
                    fmt::join(names, ", "), board_.ring_version, hash_text(board_.ring_id)),
        "stop and copy nothing yet: wattringctl problems explain RING_FORK says which side to keep, and how",
        since_ms(since_ns));
  }

  void add_shards() {
    const auto in_state = [&](ShardState state) { return std::ranges::count(board_.shards, state, &ShardRow::state); };
    const auto total = board_.shards.size();
    if (const auto nobody = in_state(ShardState::nobody); nobody != 0)
      add("SHARD_NOBODY", true, "shards",
          fmt::format("{} of {} shards: none of their owners can be reached ({} away); readings are taken by others "
                      "and wait there, answers about these meters cannot be given",
                      nobody, total, fmt::join(away_, ", ")),
          "start one of these nodes again; do not remove them: their disks have the data", away_since(true));
    if (const auto degraded = in_state(ShardState::degraded); degraded != 0)
      add("SHARD_DEGRADED", false, "shards",
          fmt::format("{} of {} shards: some of their {} owners cannot be reached ({} away); nothing acknowledged is "
                      "lost",
                      degraded, total, board_.copies, fmt::join(away_, ", ")),
          "start the node again; if its disk is gone for good: wattringctl node remove NODE", away_since(false));
  }

  void add_too_few() {
    const auto reachable = std::ranges::count(board_.members, true, &RingSeat::reachable);
    if (static_cast<std::uint64_t>(reachable) >= board_.acks) return;
    add("TOO_FEW_COPIES", true, "ring",
        fmt::format("{} of {} nodes can be reached, and an acknowledgement needs {}: readings are not acknowledged",
                    reachable, board_.members.size(), board_.acks),
        fmt::format("start {} again, or mend the network to it; senders keep what was not acknowledged",
                    fmt::join(away_, " or ")),
        away_since(true));
  }

  void add_seat(const RingSeat& seat) {
    const MemberView* member = seen_.view->find(seat.id);
    const std::int64_t since = member == nullptr ? seen_.status.started_ms : since_ms(*member);
    if (seat.lagging)
      add("NODE_LAGGING", false, seat.name,
          "takes its copies too slowly; others stand in for it, and it fetches what it misses",
          "look at its disk and its network: wattringctl status --node ITS_ADDRESS, commit p99", since);
    if (seat.draining)
      add("NODE_DRAINING", false, seat.name, "was told to drain: others count on it as little as they can",
          "stop it for its maintenance, or: wattringctl node resume " + seat.name, since);
  }

  void add_outsider(const MemberView& member) {
    const auto in_ring = [&](const RingSeat& seat) { return seat.id == member.record->id; };
    if (member.self || !cluster::is_live(*member.record) || std::ranges::any_of(board_.members, in_ring)) return;
    const std::int64_t since = since_ms(member);
    if (seen_.status.now_ms - since <= kJoiningMs) return;
    add("NODE_NOT_IN_RING", false, member.record->name, "is up, but not in the ring: it owns no shard",
        "wattringctl ring show says what it waits for; wattringctl ring commit --add " + member.record->name, since);
  }

  NodeSeen& seen_;
  const ShardBoard& board_;
  std::vector<std::string> away_;
};

}  // namespace

void add_ring_problems(NodeSeen& seen) {
  RingProblems(seen).add_all();
}

}  // namespace wattring::http
