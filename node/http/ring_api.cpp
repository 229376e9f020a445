// SPDX-License-Identifier: Apache-2.0
#include "node/http/ring_api.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json_writer.hpp"
#include "node/http/answers.hpp"
#include "node/http/json_body.hpp"
#include "node/http/node_seen.hpp"
#include "node/http/query_api.hpp"
#include "node/http/shard_api.hpp"

namespace wattring::http {
namespace {

constexpr std::array<std::string_view, 5> kMembers{"add", "remove", "weight", "lose_shards", "ring"};

/// The front of "a,b,c".
std::string_view take_word(std::string_view& list) {
  const std::string_view one = list.substr(0, list.find(','));
  list.remove_prefix(std::min(one.size() + 1, list.size()));
  return one;
}

void write_plan(JsonWriter& json, const RingPlan& plan) {
  json.object("plan").key("version").count(plan.version).field("made_from", hash_text(plan.made_from));
  json.key("members").count(plan.members).key("copies").count(plan.copies).key("acks").count(plan.acks);
  json.key("copies_moved").count(plan.copies_moved).key("optimum").count(plan.optimum);
  json.key("homes_moved").count(plan.homes_moved).key("balance_homes").number(plan.balance_homes);
  json.key("balance_copies").number(plan.balance_copies).array("nodes");
  for (const RingPlan::Seat& seat : plan.seats) {
    json.begin_object().field("node", seat.name).field("id", to_hex(seat.id.bytes));
    json.key("homes_before").count(seat.homes_before).key("homes_after").count(seat.homes_after);
    json.key("copies_before").count(seat.copies_before).key("copies_after").count(seat.copies_after).end_object();
  }
  json.end_array();
  write_names(json, "warnings", plan.warnings);
  json.field("would_lose", shard_ranges(plan.lost)).key("would_lose_count").count(plan.lost.size());
  json.field("held_by_removed", shard_ranges(plan.held));
  write_names(json, "unreachable", plan.missing);
  json.end_object();
}

/// Why it must not be done; nothing when it may.
std::optional<Response> refusal(const RingPlan& plan, const RingRequest& request) {
  if (!plan.missing.empty())
    return error_response(409,
                          {"NO_MAJORITY",
                           fmt::format("the ring is changed by a majority of its members, and {} cannot be reached",
                                       fmt::join(plan.missing, ", ")),
                           "start one of them again; nothing was changed"});
  std::vector<std::uint16_t> unnamed;
  std::ranges::set_difference(plan.lost, request.lose_shards, std::back_inserter(unnamed));
  if (unnamed.empty()) return std::nullopt;
  std::string message = fmt::format("{} shards have too few full copies at nodes that stay and can be reached: {}",
                                    unnamed.size(), shard_ranges(unnamed));
  if (!plan.held.empty())
    message += fmt::format("; of these {}, readings wait at the removed node until their owners can take them",
                           shard_ranges(plan.held));
  return error_response(
      409, {"WOULD_LOSE_DATA", std::move(message),
            "start the nodes that are away, or wait for what is filling; last resort, loses data: --lose-shards " +
                shard_ranges(plan.lost)});
}

/// Why nobody would be left; nothing when somebody is.
std::optional<Response> nobody_stays(const ShardBoard& board, const RingRequest& request) {
  const auto goes = [&](const RingSeat& seat) {
    return std::ranges::find(request.remove, seat.id) != request.remove.end();
  };
  if (board.members.empty() || !std::ranges::all_of(board.members, goes)) return std::nullopt;
  return error_response(
      409, {"NOBODY_STAYS",
            board.members.size() == 1
                ? board.members.front().name + " is the only node of the ring: nobody else has its data"
                : "these are all nodes of the ring: nobody would be left who has the data",
            "take in another node first, and wait: wattringctl wait shards-settled; to give a cluster up, stop its "
            "nodes"});
}

Response outcome_of(RingOutcome outcome, const RingPlan& plan) {
  if (outcome == RingOutcome::other_decided)
    return error_response(409, {"RING_CHANGED", "another ring was decided meanwhile; nothing of this one was done",
                                "look at it, and plan again: wattringctl ring show"});
  if (outcome == RingOutcome::no_majority)
    return error_response(409, {"NO_MAJORITY",
                                "no majority of the members answered in time; the ring may still be decided when they "
                                "are back",
                                "wattringctl ring show tells which ring is in force; wattringctl members who is away"});
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.ring-commit/1").field("outcome", to_string(outcome));
  write_plan(json, plan);
  json.end_object();
  return line_of(std::move(body));
}

}  // namespace

Result<NodeId> RingApi::node_of(std::string_view name, const ShardBoard& board) const {
  std::vector<NodeId> found;
  std::vector<std::string> known;
  const auto meet = [&](const NodeId& id, const std::string& of_it) {
    if (std::ranges::find(known, of_it) == known.end()) known.push_back(of_it);
    const bool is_it = of_it == name || to_hex(id.bytes) == name;
    if (is_it && std::ranges::find(found, id) == found.end()) found.push_back(id);
  };
  for (const RingSeat& seat : board.members) meet(seat.id, seat.name);
  const auto view = cluster_ == nullptr ? nullptr : cluster_->view();
  if (view != nullptr)
    for (const cluster::MemberView& member : view->members) meet(member.record->id, member.record->name);
  if (found.size() == 1) return found.front();
  const std::string quoted = "\"" + std::string(name.substr(0, 64)) + "\"";
  if (found.empty())
    return fail(ErrorCode::not_found, "no node " + quoted, fmt::format("known: {}", fmt::join(known, ", ")));
  std::vector<std::string> which;
  for (const NodeId& id : found) {
    const cluster::MemberView* member = view == nullptr ? nullptr : view->find(id);
    const std::string address = member == nullptr ? std::string() : member->record->endpoints.http;
    which.push_back(to_hex(id.bytes) + (address.empty() ? "" : " at " + address));
  }
  return invalid(fmt::format("{} nodes have the name {}", found.size(), quoted),
                 fmt::format("give the id of the one that is meant: {}", fmt::join(which, ", ")));
}

Result<std::vector<NodeId>> RingApi::nodes_of(std::string_view names, const ShardBoard& board) const {
  std::vector<NodeId> out;
  while (!names.empty()) {
    auto node = node_of(take_word(names), board);
    if (!node) return Failure(node.error());
    out.push_back(*node);
  }
  return out;
}

Result<RingApi::Wanted> RingApi::read(const Request& request) const {
  const auto body = JsonBody::parse(request.body, kMembers);
  if (!body) return Failure(body.error());
  const auto board = door_.board();
  Wanted out;
  auto add = nodes_of(body->get("add").value_or(""), *board);
  if (!add) return Failure(add.error());
  auto remove = nodes_of(body->get("remove").value_or(""), *board);
  if (!remove) return Failure(remove.error());
  out.request.add = std::move(*add);
  out.request.remove = std::move(*remove);
  for (std::string_view list = body->get("weight").value_or(""); !list.empty();) {
    const std::string_view one = take_word(list);
    const std::size_t equals = std::min(one.rfind('='), one.size());
    auto node = node_of(one.substr(0, equals), *board);
    if (!node) return Failure(node.error());
    const std::string_view digits = one.substr(std::min(equals + 1, one.size()));
    std::uint16_t weight = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
      return invalid("\"" + std::string(one.substr(0, 80)) + "\" is no weight", "NODE=WEIGHT, 100 is an ordinary node");
    out.request.weights.push_back({*node, weight});
  }
  auto lose = read_shard_ranges(body->get("lose_shards").value_or(""));
  if (!lose) return Failure(lose.error());
  out.request.lose_shards = std::move(*lose);
  out.made_from = body->get("ring").value_or("");
  return out;
}

Response RingApi::show() const {
  const auto board = door_.board();
  const RingLook look = door_.ring();
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.ring/1").field("at", format_rfc3339(clock_.wall_ms()));
  write_ring(json, *board);
  json.key("majority").count(look.majority).key("automatic").boolean(look.automatic);
  json.key("proposing").boolean(look.proposing).key("proposes_in_s");
  if (look.in_s) {
    json.integer(*look.in_s);
  } else {
    json.null();
  }
  write_names(json, "unreachable", look.unreachable);
  json.array("nodes");
  for (const RingSeat& seat : board->members) {
    json.begin_object().field("node", seat.name).field("id", to_hex(seat.id.bytes)).key("weight").count(seat.weight);
    json.field("zone", seat.zone).key("reachable").boolean(seat.reachable).key("draining").boolean(seat.draining);
    json.key("homes").count(seat.homes).key("copies").count(seat.copies).end_object();
  }
  json.end_array().array("waiting");
  for (const RingNewcomer& one : look.waiting) {
    json.begin_object().field("node", one.name).field("id", to_hex(one.id.bytes)).key("weight").count(one.weight);
    json.field("zone", one.zone).key("seen_s").integer(one.seen_s).end_object();
  }
  json.end_array().end_object();
  return line_of(std::move(body));
}

Response RingApi::plan(const Request& request) const {
  const auto wanted = read(request);
  if (!wanted) return respond_to(wanted.error());
  if (auto refused = nobody_stays(*door_.board(), wanted->request)) return std::move(*refused);
  const auto plan = door_.plan(wanted->request);
  if (!plan) return respond_to(plan.error());
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.ring-plan/1").field("at", format_rfc3339(clock_.wall_ms()));
  json.key("refused").boolean(refusal(*plan, wanted->request).has_value());
  write_plan(json, *plan);
  json.end_object();
  return line_of(std::move(body));
}

Response RingApi::commit(const Request& request) const {
  const auto wanted = read(request);
  if (!wanted) return respond_to(wanted.error());
  if (auto refused = nobody_stays(*door_.board(), wanted->request)) return std::move(*refused);
  const auto plan = door_.plan(wanted->request);
  if (!plan) return respond_to(plan.error());
  if (!wanted->made_from.empty() && wanted->made_from != hash_text(plan->made_from))
    return outcome_of(RingOutcome::other_decided, *plan);
  if (auto refused = refusal(*plan, wanted->request)) return std::move(*refused);
  const auto outcome = door_.commit(wanted->request, plan->made_from);
  if (!outcome) return respond_to(outcome.error());
  return outcome_of(*outcome, *plan);
}

}  // namespace wattring::http
