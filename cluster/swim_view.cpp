// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "cluster/swim_state.hpp"

/// What is shown to others.

namespace wattring::cluster {
namespace {

constexpr std::size_t kPeerCacheMax = 64;

/// A dead member whose address another node has is replaced: it cannot come back there, and nobody should wait for it.
std::unordered_set<std::string_view> places_of_the_living(const SwimState& state) {
  std::unordered_set<std::string_view> places;
  if (state.table.count(MemberState::dead) == 0) return places;
  for (const MemberTable::Slot& slot : state.table.slots())
    if (slot.record && is_live(*slot.record)) places.insert(slot.record->endpoints.membership);
  return places;
}

}  // namespace

std::shared_ptr<const View> Swim::view(std::int64_t now_ns) const {
  const SwimState& state = *state_;
  auto view = std::make_shared<View>();
  view->version = state.version;
  view->hash = state.table.view_hash();
  view->at_ns = now_ns;
  view->joined = state.joined;
  view->local_health = static_cast<std::uint8_t>(state.health.value());
  view->catalog_hash = state.catalog.hash();
  view->self = state.self->id;
  const std::unordered_set<std::string_view> taken = places_of_the_living(state);
  for (const MemberTable::Slot& slot : state.table.slots()) {
    if (!slot.record) continue;
    if (slot.record->state == MemberState::dead && taken.contains(slot.record->endpoints.membership)) continue;
    MemberView member;
    member.record = slot.record;
    member.self = slot.record->id == state.self->id;
    member.since_ns = slot.since_ns;
    const auto side = state.sides.find(slot.record->id);
    if (side != state.sides.end()) {
      member.flapping = side->second.flapping;
      if (slot.record->state != MemberState::alive) member.accusations = side->second.accusations;
    }
    const auto round_trip = state.round_trips_ns.find(slot.record->id);
    if (round_trip != state.round_trips_ns.end()) member.round_trip_ns = round_trip->second;
    view->members.push_back(std::move(member));
  }
  std::ranges::sort(view->members, [](const MemberView& a, const MemberView& b) {
    return std::tie(a.record->name, a.record->id) < std::tie(b.record->name, b.record->id);
  });
  return view;
}

std::uint64_t Swim::view_version() const {
  return state_->version;
}
std::uint64_t Swim::view_hash() const {
  return state_->table.view_hash();
}
const Record& Swim::self() const {
  return *state_->self;
}
const Catalog& Swim::catalog() const {
  return state_->catalog;
}
std::size_t Swim::live_count() const {
  return state_->table.live_count();
}
const Swim::Stats& Swim::stats() const {
  return state_->stats;
}

RecordPtr Swim::record_of(const NodeId& id) const {
  const MemberTable::Slot* slot = state_->table.find(id);
  return slot == nullptr ? nullptr : slot->record;
}

std::string_view Swim::metadata_of(const NodeId& id) const {
  if (id == state_->self->id) return state_->metadata;
  const auto found = state_->metas.find(id);
  return found == state_->metas.end() ? std::string_view{} : std::string_view(found->second.document);
}

std::vector<std::string> Swim::peer_cache() const {
  const SwimState& state = *state_;
  std::vector<std::string> peers;
  for (const NodeId& id : state.overlay.neighbours()) peers.push_back(state.known(id)->endpoints.membership);
  // Those that are gone may be back when this node is.
  for (const bool live : {true, false}) {
    for (const MemberTable::Slot& slot : state.table.slots()) {
      if (peers.size() >= kPeerCacheMax) return peers;
      if (!slot.record || slot.record->id == state.self->id || is_live(*slot.record) != live) continue;
      if (!state.overlay.watches(slot.record->id)) peers.push_back(slot.record->endpoints.membership);
    }
  }
  return peers;
}

Swim::Load Swim::load() const {
  return {state_->queue.size(), state_->probes.size() + state_->relays.size() + state_->held_joins.size(),
          state_->suspects.size(), state_->sides.size()};
}

}  // namespace wattring::cluster
