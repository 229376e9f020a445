// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_desk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "node/app/shard_board.hpp"
#include "node/http/relay.hpp"
#include "sharding/promises.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kBoardNs = 250'000'000;
constexpr std::int64_t kAskMs = 2'000;
constexpr std::int64_t kBallotNs = 20'000'000'000;  ///< a ballot gives up before
constexpr std::size_t kRingIdDigits = 16;

Failure no_ring() {
  return fail(ErrorCode::busy, "this node knows no ring yet", "ask again in a moment, or another node");
}

http::PromiseRow row_of(const sharding::Promise& promise) {
  http::PromiseRow row;
  row.failed = promise.failed;
  row.zone = promise.zone;
  row.acked = promise.acked;
  row.held = promise.held.mean;
  row.held_worst = promise.held.worst;
  row.incomplete = promise.incomplete.mean;
  row.incomplete_worst = promise.incomplete.worst;
  row.nobody = promise.nobody.mean;
  row.nobody_worst = promise.nobody.worst;
  row.at_risk = promise.at_risk.mean;
  row.at_risk_worst = promise.at_risk.worst;
  row.sets = promise.sets;
  row.exact = promise.exact;
  return row;
}

void add_seats(http::RingPlan& plan, const sharding::Placement& before, const sharding::Placement& after,
               const cluster::View* view) {
  const auto seat_for = [&](const NodeId& id) -> http::RingPlan::Seat& {
    const auto known = std::ranges::find(plan.seats, id, &http::RingPlan::Seat::id);
    if (known != plan.seats.end()) return *known;
    plan.seats.push_back({id, node_name(id, view)});
    return plan.seats.back();
  };
  const auto had = sharding::loads(before);
  for (std::size_t i = 0; i < had.size(); ++i) {
    http::RingPlan::Seat& seat = seat_for(before.ring().members[i].id);
    seat.homes_before = had[i].homes;
    seat.copies_before = had[i].copies;
  }
  const auto has = sharding::loads(after);
  for (std::size_t i = 0; i < has.size(); ++i) {
    http::RingPlan::Seat& seat = seat_for(after.ring().members[i].id);
    seat.homes_after = has[i].homes;
    seat.copies_after = has[i].copies;
  }
  std::ranges::sort(plan.seats, {}, &http::RingPlan::Seat::name);
}

void add_warnings(http::RingPlan& plan, const sharding::Placement& before, const sharding::Placement& after) {
  for (const sharding::ZoneLoad& heavy : sharding::heavy_zones(after))
    plan.warnings.push_back(
        fmt::format("zone \"{}\" gets {:.2f} times its share: no zone may hold a reading twice while "
                    "another has it not at all; give it more nodes, or less zones",
                    heavy.zone, heavy.times));
  const sharding::Ring& next = after.ring();
  if (next.effective_copies() < before.ring().effective_copies())
    plan.warnings.push_back(fmt::format("{} copies of each reading instead of {}", next.effective_copies(),
                                        before.ring().effective_copies()));
  if (next.effective_acks() == next.members.size() && next.members.size() > 1)
    plan.warnings.push_back("no node may fail: without all of them nothing is acknowledged");
}

void add_losses(http::RingPlan& plan, const sharding::Placement& before, const sharding::RingChange& change,
                const std::vector<sharding::FilledOwner>& owners, const cluster::View* view) {
  const std::vector<ShardId> lost = sharding::endangered(before, change, owners);
  for (const ShardId shard : lost) plan.lost.push_back(shard.value);
  for (const ShardId shard : sharding::held_by_removed(lost, change, owners)) plan.held.push_back(shard.value);
  for (const NodeId& id : change.remove)
    if (std::ranges::find(owners, id, &sharding::FilledOwner::id) == owners.end())
      plan.warnings.push_back(node_name(id, view) +
                              " does not say what it holds for others: readings that were acknowledged as HELD while "
                              "their owners were away may be on its disk and one other alone");
}

}  // namespace

std::shared_ptr<const http::ShardBoard> ShardDesk::board() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = doors_.clock.monotonic_ns();
  if (board_ != nullptr && now_ns - board_ns_ < kBoardNs) return board_;
  const auto view = doors_.cluster.view();
  board_ = std::make_shared<const http::ShardBoard>(
      make_board(options_.self, *doors_.replication.routes(), doors_.replication.holding(), view.get()));
  board_ns_ = now_ns;
  return board_;
}

http::RingLook ShardDesk::ring() {
  const auto now = board();
  const ReplicationService::Holding holding = doors_.replication.holding();
  const auto view = doors_.cluster.view();
  const std::int64_t now_ns = doors_.clock.monotonic_ns();
  http::RingLook look;
  look.automatic = options_.automatic;
  look.proposing = holding.ring.proposing;
  look.majority = now->members.size() / 2 + 1;
  for (const http::RingSeat& seat : now->members)
    if (!seat.reachable) look.unreachable.push_back(seat.name);
  for (const sharding::LiveMember& each : holding.ring.newcomers)
    look.waiting.push_back({each.id, node_name(each.id, view.get()), each.weight, each.zone,
                            std::max<std::int64_t>(0, now_ns - each.since_ns) / kNsPerSecond});
  if (!look.waiting.empty() && look.automatic && holding.ring.again_ns != INT64_MAX)
    look.in_s = std::max<std::int64_t>(0, holding.ring.again_ns - now_ns + kNsPerSecond - 1) / kNsPerSecond;
  return look;
}

std::vector<http::PromiseRow> ShardDesk::promises() {
  const auto routes = doors_.replication.routes();
  if (routes->ring == nullptr) return {};
  const std::lock_guard lock(mutex_);
  if (promised_ring_ == routes->ring->ring_id()) return promises_;
  const sharding::Promises found = sharding::promises(*routes->ring);
  promises_.clear();
  for (const sharding::Promise& promise : found.by_failed) promises_.push_back(row_of(promise));
  for (const sharding::Promise& promise : found.by_zone) promises_.push_back(row_of(promise));
  promised_ring_ = routes->ring->ring_id();
  return promises_;
}

Result<ShardDesk::Wanted> ShardDesk::read(const http::RingRequest& request) const {
  Wanted wanted;
  wanted.current = doors_.replication.routes()->ring;
  if (wanted.current == nullptr) return no_ring();
  const auto view = doors_.cluster.view();
  for (const NodeId& id : request.add) {
    const cluster::MemberView* member = view == nullptr ? nullptr : view->find(id);
    if (member == nullptr || !cluster::is_live(*member->record))
      return fail(ErrorCode::invalid_argument, node_name(id, view.get()) + " is not up, so it cannot own anything",
                  "start it first: it is taken in by itself then");
    wanted.change.add.push_back({id, member->record->weight, member->record->zone});
  }
  wanted.change.remove = request.remove;
  for (const auto& each : request.weights) wanted.change.weights.push_back({each.id, each.weight});
  auto next = sharding::changed_ring(wanted.current->ring(), wanted.change);
  if (!next) return Failure(next.error());
  wanted.next = std::move(*next);
  return wanted;
}

std::optional<sharding::FilledOwner> ShardDesk::ask_filled(const http::PeersDoor::Peer& peer,
                                                           const sharding::Placement& current) const {
  http::Request question;
  question.method = "GET";
  question.path = "/api/v1/shards";
  question.query = "form=roles";
  const auto bytes = doors_.peers->call(peer.id, http::encode_request(question), kAskMs);
  if (!bytes) return std::nullopt;
  const auto answer = http::decode_response(*bytes);
  // Another ring: what it says is of other shards than are meant.
  if (!answer || answer->status != 200 || !answer->body.starts_with(fmt::format("{:016x} ", current.ring_id())) ||
      answer->body.size() != kRingIdDigits + 1 + current.shard_count())
    return std::nullopt;
  sharding::FilledOwner owner{peer.id, {}, {}};
  for (const char role : answer->body.substr(kRingIdDigits + 1)) {
    owner.filled.push_back(role == 'o');
    owner.holds.push_back(role == 'h');
  }
  return owner;
}

std::vector<sharding::FilledOwner> ShardDesk::filled_owners(const sharding::Placement& current) const {
  std::vector<sharding::FilledOwner> owners;
  sharding::FilledOwner own{options_.self, {}, {}};
  for (const auto role : doors_.replication.holding().roles) {
    own.filled.push_back(role == sharding::Replica::Role::owner);
    own.holds.push_back(role == sharding::Replica::Role::holder);
  }
  owners.push_back(std::move(own));
  if (doors_.peers == nullptr) return owners;
  for (const http::PeersDoor::Peer& peer : doors_.peers->members().reachable)
    if (!peer.self)
      if (auto owner = ask_filled(peer, current)) owners.push_back(std::move(*owner));
  return owners;
}

Result<http::RingPlan> ShardDesk::plan(const http::RingRequest& request) {
  const auto wanted = read(request);
  if (!wanted) return Failure(wanted.error());
  const auto view = doors_.cluster.view();
  const sharding::Placement& before = *wanted->current;
  const sharding::Placement after(wanted->next, before.shard_count(), options_.hash_key);
  const sharding::Movement moved = sharding::movement(before, after);
  const sharding::Balance balance = sharding::balance(after);
  http::RingPlan plan;
  plan.version = wanted->next.version;
  plan.made_from = before.ring_id();
  plan.members = wanted->next.members.size();
  plan.copies = wanted->next.effective_copies();
  plan.acks = wanted->next.effective_acks();
  plan.copies_moved = moved.copies;
  plan.optimum = moved.optimum;
  plan.homes_moved = moved.homes;
  plan.balance_homes = balance.homes;
  plan.balance_copies = balance.copies;
  add_seats(plan, before, after, view.get());
  add_warnings(plan, before, after);
  const auto now = board();
  const auto reachable = static_cast<std::size_t>(std::ranges::count(now->members, true, &http::RingSeat::reachable));
  if (reachable < before.ring().majority())
    for (const http::RingSeat& seat : now->members)
      if (!seat.reachable) plan.missing.push_back(seat.name);
  if (!request.remove.empty()) add_losses(plan, before, wanted->change, filled_owners(before), view.get());
  return plan;
}

Result<http::RingOutcome> ShardDesk::commit(const http::RingRequest& request, std::uint64_t made_from) {
  auto wanted = read(request);
  if (!wanted) return Failure(wanted.error());
  if (wanted->current->ring_id() != made_from) return http::RingOutcome::other_decided;
  const auto outcome = doors_.replication.propose(std::move(wanted->next), kBallotNs);
  if (!outcome) return Failure(outcome.error());
  switch (*outcome) {
    case sharding::ProposalOutcome::decided:
      return http::RingOutcome::decided;
    case sharding::ProposalOutcome::other_decided:
      return http::RingOutcome::other_decided;
    case sharding::ProposalOutcome::no_majority:
      break;
  }
  return http::RingOutcome::no_majority;
}

}  // namespace wattring::app
