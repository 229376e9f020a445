// SPDX-License-Identifier: Apache-2.0
#include "cluster/swim.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "cluster/swim_state.hpp"

namespace wattring::cluster {
namespace {

constexpr std::int64_t kHousekeepingNs = 10 * kNsPerSecond;
constexpr std::int64_t kPauseLeastNs = 600 * kNsPerMs;

std::uint64_t metadata_hash(std::string_view document) {
  return document.empty() ? 0 : hash64(document);
}

}  // namespace

SwimState::SwimState(Settings chosen, Swim::Self me, Catalog documents, Prng random)
    : settings(chosen),
      object(std::move(me.cluster)),
      cluster(cluster_hash(object.id, object.name)),
      prng(random),
      seeds_pending(me.seeds_pending),
      metadata(std::move(me.metadata)),
      overlay(me.record.id, chosen.rings),
      catalog(std::move(documents)) {
  me.record.state = MemberState::alive;
  me.record.meta_version = metadata.empty() ? 0 : 1;
  me.record.meta_hash = metadata_hash(metadata);
  self = std::make_shared<const Record>(std::move(me.record));
}

void SwimState::begin(std::int64_t now_ns, Effects& effects) {
  WATTRING_CHECK(now_ns >= last_turn_ns);
  const std::int64_t expected = std::max(last_turn_ns, promised_ns == kNever ? now_ns : promised_ns);
  now = now_ns;
  out = &effects;
  last_turn_ns = now_ns;
  const std::int64_t gap = now_ns - expected;
  const std::int64_t bearable = std::max(kPauseLeastNs, 2 * probe_interval_ns(settings, table.live_count()));
  if (gap > bearable && !settings.mutated(Mutant::ignore_own_pause)) note_pause(gap);
}

/// Nobody is to blame for what went unanswered while we stood still.
void SwimState::note_pause(std::int64_t gap_ns) {
  ++stats.own_pauses;
  worsen(LocalHealth::kMax);
  for (Probe& probe : probes) {
    probe.sent_ns += gap_ns;
    probe.direct_until_ns += gap_ns;
    probe.until_ns += gap_ns;
  }
  for (const NodeId& id : suspects) {
    Side& side = sides[id];
    side.suspected_ns += gap_ns;
    if (side.refused_ns != kNever) side.refused_ns += gap_ns;
  }
  for (HeldJoin& join : held_joins) join.until_ns += gap_ns;
  emit(EventKind::own_pause, self, "this node stood still for " + std::to_string(gap_ns / kNsPerMs) + " ms");
}

void SwimState::tick() {
  if (stopped || left) return;
  if (leaving) {
    gossip_due();
    leave_due();
    return;
  }
  probes_due();
  relays_due();
  connects_due();
  held_joins_due();
  suspicions_due();
  rival_due();
  probe_due();
  join_due();
  heal_due();
  sync_due();
  gossip_due();
  housekeeping();
}

std::int64_t SwimState::next_deadline() const {
  if (stopped || left) return kNever;
  std::int64_t next = queue.empty() ? kNever : next_gossip_ns;
  if (leaving) return std::min({next, leave_until_ns, leave_again_ns});
  next = std::min({next, next_probe_ns, next_sync_ns, next_join_ns, next_heal_ns, next_housekeeping_ns});
  for (const Probe& probe : probes) next = std::min(next, probe.indirect ? probe.until_ns : probe.direct_until_ns);
  for (const Relay& relay : relays) next = std::min(next, relay.nack_ns);
  for (const HeldJoin& join : held_joins) next = std::min(next, join.until_ns);
  if (!suspects.empty()) next = std::min(next, suspicions_at_ns);
  for (const auto& [id, again_ns] : connects_again) next = std::min(next, again_ns);
  if (rival) next = std::min(next, rival->next_ns);
  return std::max(next, last_turn_ns);
}

/// Forgets who has been gone for long, and lets flapping members become steady.
void SwimState::housekeeping() {
  if (now < next_housekeeping_ns) return;
  next_housekeeping_ns = now + kHousekeepingNs;
  std::vector<std::pair<std::int64_t, NodeId>> ended;
  std::vector<NodeId> ordinary;
  for (auto& [id, side] : sides) {
    const MemberTable::Slot* slot = table.find(id);
    if (slot == nullptr || is_live(*slot->record)) {
      if (slot != nullptr) settle_flaps(slot->record, side);
      ordinary.push_back(id);
    } else {
      ended.emplace_back(side.ended_ns, id);
    }
  }
  for (const NodeId& id : ordinary) tidy_side(id);
  std::ranges::sort(ended);
  const std::size_t most = std::max<std::size_t>(64, 2 * table.live_count());
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const bool too_many = ended.size() - i > most;
    if (!too_many && now - ended[i].first < settings.tombstone_keep_ns) break;
    emit(EventKind::forgotten, table.find(ended[i].second)->record);
    table.erase(ended[i].second);
    queue.drop(ended[i].second);
    sides.erase(ended[i].second);
    metas.erase(ended[i].second);
    ++version;
  }
}

void SwimState::send(const Route& to, Body body, std::uint64_t destination_nonce) {
  Header header;
  header.cluster = cluster;
  header.source = self->id;
  header.source_nonce = self->life.nonce;
  header.destination_nonce = destination_nonce;
  header.view_hash = table.view_hash();
  out->push_back(effect::Send{to, {header, std::move(body)}});
}

void SwimState::send_to(const Record& member, Body body) {
  send(Route::to(member.endpoints.membership), std::move(body), member.life.nonce);
}

void SwimState::emit(EventKind kind, RecordPtr record, std::string detail) {
  MemberEvent event{kind, now, std::move(record), {}, std::move(detail)};
  const auto side = sides.find(event.record->id);
  if (side != sides.end() && (kind == EventKind::suspected || kind == EventKind::failed))
    event.accusations = side->second.accusations;
  out->push_back(std::move(event));
}

const Record* SwimState::known(const NodeId& id) const {
  const MemberTable::Slot* slot = table.find(id);
  return slot == nullptr ? nullptr : slot->record.get();
}

/// A live member that is not this node, from a random place on; null when alone.
RecordPtr SwimState::random_live(bool strangers_too) {
  const auto& slots = table.slots();
  const std::size_t start = prng.below(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const RecordPtr& record = slots[(start + i) & (slots.size() - 1)].record;
    if (!record || record->id == self->id || !is_live(*record)) continue;
    if (strangers_too || record->state == MemberState::alive) return record;
  }
  return nullptr;
}

Swim::Swim(Settings settings, Self self, Catalog catalog, Prng prng)
    : state_(std::make_unique<SwimState>(settings, std::move(self), std::move(catalog), prng)) {}
Swim::~Swim() = default;

void Swim::start(std::int64_t now_ns, std::vector<std::string> seeds, Effects& out) {
  SwimState& state = *state_;
  state.last_turn_ns = now_ns;
  state.begin(now_ns, out);
  state.put(state.self);
  out.push_back(effect::KeepEpoch{state.self->life.epoch});
  state.seeds = std::move(seeds);
  state.joined = state.seeds.empty() && !state.seeds_pending;
  state.last_gossip_ns = now_ns - state.settings.gossip_interval_ns;
  const std::int64_t interval = state.probe_interval();
  state.next_probe_ns = now_ns + static_cast<std::int64_t>(static_cast<double>(interval) * state.prng.unit());
  state.next_sync_ns = now_ns + state.jitter(state.settings.sync_differs_ns);
  state.next_housekeeping_ns = now_ns + kHousekeepingNs;
  state.next_join_ns = now_ns;
  state.schedule_heal();
  state.join_due();
  state.promised_ns = state.next_deadline();
}

void Swim::handle(std::int64_t now_ns, const Route& from, const Message& message, Effects& out) {
  state_->begin(now_ns, out);
  state_->receive(from, message);
  state_->promised_ns = state_->next_deadline();
}

void Swim::handle_link(std::int64_t now_ns, const std::string& endpoint, LinkChange change, Effects& out) {
  state_->begin(now_ns, out);
  state_->link_changed(endpoint, change);
  state_->promised_ns = state_->next_deadline();
}

void Swim::handle_connect(std::int64_t now_ns, const std::string& endpoint, ConnectOutcome outcome, Effects& out) {
  state_->begin(now_ns, out);
  state_->connect_checked(endpoint, outcome);
  state_->promised_ns = state_->next_deadline();
}

void Swim::tick(std::int64_t now_ns, Effects& out) {
  state_->begin(now_ns, out);
  state_->tick();
  state_->promised_ns = state_->next_deadline();
}

std::int64_t Swim::next_deadline_ns() const {
  return state_->promised_ns;
}

void Swim::leave(std::int64_t now_ns, Effects& out) {
  state_->begin(now_ns, out);
  state_->leave();
  state_->promised_ns = state_->next_deadline();
}

void Swim::set_endpoints(std::int64_t now_ns, Endpoints endpoints, Effects& out) {
  state_->begin(now_ns, out);
  Record changed = *state_->self;
  changed.endpoints = std::move(endpoints);
  state_->publish_change(std::move(changed));
  state_->promised_ns = state_->next_deadline();
}

void Swim::set_metadata(std::int64_t now_ns, std::string document, Effects& out) {
  WATTRING_CHECK(document.size() <= kMetadataBytesMax);
  state_->begin(now_ns, out);
  Record changed = *state_->self;
  changed.meta_hash = metadata_hash(document);
  ++changed.meta_version;
  state_->metadata = std::move(document);
  state_->publish_change(std::move(changed));
  state_->promised_ns = state_->next_deadline();
}

void Swim::set_draining(std::int64_t now_ns, bool draining, Effects& out) {
  if (is_draining(*state_->self) == draining) return;
  state_->begin(now_ns, out);
  Record changed = *state_->self;
  changed.features ^= kDrainingFeature;
  state_->publish_change(std::move(changed));
  state_->promised_ns = state_->next_deadline();
}

Result<Catalog::Added> Swim::publish(std::int64_t now_ns, Document document, Effects& out) {
  state_->begin(now_ns, out);
  auto added = state_->catalog.add(document);
  if (added && *added == Catalog::Added::added) {
    // The others see another catalog hash in the next digest; make that soon.
    state_->next_sync_ns = now_ns;
    ++state_->version;
    const CatalogPage page{{document}, {}};
    out.push_back(effect::CatalogGrew{{std::move(document)}});
    for (const NodeId& id : state_->overlay.neighbours())
      if (const Record* member = state_->known(id)) state_->send_to(*member, page);
  }
  state_->promised_ns = state_->next_deadline();
  return added;
}

void Swim::add_seeds(std::int64_t now_ns, std::vector<std::string> seeds, Effects& out) {
  state_->begin(now_ns, out);
  for (std::string& seed : seeds)
    if (std::ranges::find(state_->seeds, seed) == state_->seeds.end()) state_->seeds.push_back(std::move(seed));
  state_->next_join_ns = now_ns;
  state_->join_due();
  state_->promised_ns = state_->next_deadline();
}

}  // namespace wattring::cluster
