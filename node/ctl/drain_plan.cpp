// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/drain_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

bool works(const Json& seat) {
  return seat["reachable"].boolean() && !seat["draining"].boolean();
}

std::string shards_text(std::int64_t n) {
  return n == 1 ? "1 shard" : grouped(n) + " shards";
}

/// The ring as it is once the node drains.
struct After {
  After(const ShardLook& look, const std::string& node) {
    for (const Json& seat : look.members.items()) {
      const std::string& name = seat["node"].string();
      takes_now[name] = works(seat);
      if (name == node) continue;
      if (works(seat)) ++working;
      if (seat["reachable"].boolean()) ++reachable;
    }
  }
  [[nodiscard]] bool takes(const std::string& name) const {
    const auto found = takes_now.find(name);
    return found != takes_now.end() && found->second;
  }
  std::map<std::string, bool> takes_now;
  std::int64_t working = 0;    ///< of the others: neither away nor draining
  std::int64_t reachable = 0;  ///< of the others
};

struct Moves {
  std::map<std::string, std::int64_t> to;  ///< homes by who serves next
  std::int64_t homes = 0;
  std::int64_t owned = 0;
  std::int64_t filling = 0;  ///< homes whose next server does not have everything yet
  std::int64_t nobody = 0;   ///< homes that no owner is left for
  std::int64_t weaker = 0;   ///< shards whose writes were DURABLE and will be HELD
};

bool names(const Json& list, const std::string& name) {
  return std::ranges::any_of(list.items(), [&](const Json& one) { return one.string() == name; });
}

Moves moves_of(const ShardLook& look, const After& after, const std::string& node) {
  Moves moves;
  const std::int64_t acks = look.ring["acks"].integer();
  for (const Json& row : look.shards.items()) {
    if (!names(row["owners"], node)) continue;
    ++moves.owned;
    std::int64_t others = 0;
    std::string next;
    for (const Json& owner : row["owners"].items()) {
      if (owner.string() == node || !after.takes(owner.string())) continue;
      ++others;
      if (next.empty()) next = owner.string();
    }
    if (row["ack"].string() == "durable" && others < acks) ++moves.weaker;
    if (row["home"].string() != node) continue;
    ++moves.homes;
    if (next.empty()) {
      ++moves.nobody;
    } else {
      ++moves.to[next];
      if (names(row["filling"], next)) ++moves.filling;
    }
  }
  return moves;
}

std::string where_to(const Moves& moves) {
  std::string text;
  for (const auto& [name, n] : moves.to) text += fmt::format("{}{} {}", text.empty() ? ": " : ", ", name, grouped(n));
  return text;
}

/// Too few others are left, so the node works on.
std::string stays(const ShardLook& look, const After& after, const std::string& node, const Moves& moves) {
  const std::int64_t acks = look.ring["acks"].integer();
  std::string text = fmt::format(
      "Plan: {} keeps its {} and takes readings as before: {} of the ring {}, and an acknowledgement needs {}.\n", node,
      plural(static_cast<std::size_t>(moves.homes), "home"),
      after.working == 0 ? "no other node" : "only " + plural(static_cast<std::size_t>(after.working), "other node"),
      after.working > 1 ? "work" : "works", acks);
  if (after.reachable < acks) text += "When it is stopped, readings are not acknowledged until it is back.\n";
  return text;
}

std::string goes(const ShardLook& look, const After& after, const std::string& node, const Moves& moves) {
  std::string text =
      fmt::format("Plan: {} gives up {}{}. Their owners serve from the copies that they have; none is made for it.\n",
                  node, plural(static_cast<std::size_t>(moves.homes), "home"), where_to(moves));
  if (moves.nobody != 0)
    text += fmt::format("No other owner of {} works: nobody serves them meanwhile.\n", shards_text(moves.nobody));
  if (moves.filling != 0)
    text += fmt::format("{} of them are still being filled where they go: answers may lack readings until then.\n",
                        grouped(moves.filling));
  text += fmt::format(
      "New readings of its {} go to the other owners{}; it fetches them when it works again.\n",
      shards_text(moves.owned),
      after.working >= look.ring["copies"].integer() ? ", and to others that keep them in its place" : " alone");
  if (moves.weaker != 0)
    text += fmt::format("Until then writes to {} are HELD instead of DURABLE: too few of their owners are left.\n",
                        shards_text(moves.weaker));
  return text;
}

}  // namespace

DrainPlan drain_plan(const ShardLook& look, const NodeAddress& node) {
  const auto& seats = look.members.items();
  const auto seat = std::ranges::find_if(seats, [&](const Json& one) {
    return node.id.empty() ? one["node"].string() == node.name : one["id"].string() == node.id;
  });
  if (seat == seats.end())
    return {fmt::format("Plan: {} is not in the ring and owns nothing; others pass no readings to it.\n", node.label()),
            false};
  if ((*seat)["draining"].boolean()) return {fmt::format("Plan: {} drains already.\n", node.label()), false, true};
  const std::string& name = (*seat)["node"].string();
  if (std::ranges::count_if(seats, [&](const Json& one) { return one["node"].string() == name; }) > 1)
    return {fmt::format("Plan: {} gives up its homes. How many is not counted: nodes of the ring share the name {}.\n",
                        node.id, name),
            true};
  const After after(look, name);
  const Moves moves = moves_of(look, after, name);
  if (after.working < look.ring["acks"].integer()) return {stays(look, after, name, moves), false};
  return {goes(look, after, name, moves), true};
}

}  // namespace wattring::ctl
