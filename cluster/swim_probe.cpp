// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cluster/swim_state.hpp"

/// Who answers: pings, helpers, and what a connect of our own comes to.

namespace wattring::cluster {
namespace {

constexpr std::size_t kProbesMax = 64;
constexpr std::size_t kRelaysMax = 64;
constexpr std::uint32_t kMissesUnheard = 6;  // with a fifth of all messages lost, about one in 500
constexpr std::uint64_t kWalkEvery = 4;      // one probe in so many goes to somebody out of the whole cluster

}  // namespace

std::int64_t SwimState::probe_interval() const {
  return health.stretch(probe_interval_ns(settings, table.live_count()));
}

/// Neighbours in shuffled rounds; every fourth time the next of all members, so that nobody is missed for ever when
/// all who watch it die with it.
std::optional<NodeId> SwimState::next_target() {
  if (probe_count++ % kWalkEvery == kWalkEvery - 1) {
    const auto& slots = table.slots();
    for (std::size_t i = 0; i < slots.size(); ++i) {
      walk_at = (walk_at + walk_stride) & (slots.size() - 1);
      // An odd stride visits each slot of a power of two once in a round.
      if (walk_at == 0) walk_stride = 2 * prng.below(slots.size() / 2) + 1;
      const RecordPtr& record = slots[walk_at].record;
      if (record && record->id != self->id && is_live(*record)) return record->id;
    }
    return std::nullopt;
  }
  while (true) {
    if (round.empty()) {
      round = overlay.neighbours();
      if (round.empty()) return std::nullopt;
      for (std::size_t i = round.size() - 1; i > 0; --i) std::swap(round[i], round[prng.below(i + 1)]);
    }
    const NodeId id = round.back();
    round.pop_back();
    const Record* record = known(id);
    if (record != nullptr && is_live(*record)) return id;
  }
}

void SwimState::probe_due() {
  if (now < next_probe_ns) return;
  next_probe_ns = now + probe_interval();
  if (const auto target = next_target()) start_probe(*target);
}

void SwimState::start_probe(const NodeId& id) {
  const bool running = std::ranges::any_of(probes, [&](const Probe& probe) { return probe.target == id; });
  const Record* target = known(id);
  if (running || target == nullptr || probes.size() >= kProbesMax) return;
  ++stats.probes;
  const auto measured = round_trips_ns.find(id);
  const std::int64_t usual = measured == round_trips_ns.end() ? 0 : 4 * measured->second;
  const std::int64_t wait =
      health.stretch(std::clamp(usual, settings.probe_timeout_min_ns, settings.probe_timeout_max_ns));
  Probe probe;
  probe.sequence = next_sequence++;
  probe.target = id;
  probe.sent_ns = now;
  probe.direct_until_ns = now + wait;
  probe.until_ns = now + wait + health.stretch(settings.probe_timeout_max_ns);
  send_to(*target, Ping{probe.sequence, piggyback(id)});
  probes.push_back(probe);
}

void SwimState::probes_due() {
  std::vector<Probe> failed;
  for (Probe& probe : probes) {
    if (!probe.indirect && now >= probe.direct_until_ns) probe_missed(probe);
    if (probe.indirect && now >= probe.until_ns) failed.push_back(probe);
  }
  std::erase_if(probes, [&](const Probe& probe) { return probe.indirect && now >= probe.until_ns; });
  for (const Probe& probe : failed) probe_failed(probe);
}

/// No answer to our own ping. Helpers may know better, but not about one who is held dead in spite of its word:
/// there, only the direct way counts.
void SwimState::probe_missed(Probe& probe) {
  probe.indirect = true;
  const Record* target = known(probe.target);
  if (target == nullptr) return;
  ++sides[probe.target].misses;
  if (target->state == MemberState::dead) {
    probe.until_ns = now;
    return;
  }
  ask_helpers(probe);
}

void SwimState::ask_helpers(Probe& probe) {
  const Record* target = known(probe.target);
  if (target == nullptr) return;
  out->push_back(effect::CheckConnect{target->endpoints.membership});
  std::vector<NodeId> helpers;
  for (const NodeId& id : overlay.neighbours()) {
    const Record* helper = known(id);
    if (id != probe.target && helper != nullptr && helper->state == MemberState::alive) helpers.push_back(id);
  }
  for (std::size_t i = 0; i < settings.indirect_helpers && i < helpers.size(); ++i) {
    std::swap(helpers[i], helpers[i + prng.below(helpers.size() - i)]);
    const Record* helper = known(helpers[i]);
    send_to(*helper, PingReq{probe.sequence, probe.target, target->life.nonce, target->endpoints.membership,
                             piggyback(helpers[i])});
    ++probe.nacks_missing;
  }
}

/// Neither it nor a helper answered. Helpers that did not even say no hint at a problem of our own.
void SwimState::probe_failed(const Probe& probe) {
  ++stats.probes_failed;
  worsen(probe.nacks_missing);
  const auto side = sides.find(probe.target);
  const bool unheard = side != sides.end() && side->second.misses >= kMissesUnheard;
  accuse(probe.target, unheard ? Evidence::unheard : Evidence::silent, probe.sent_ns);
}

void SwimState::probe_answered(std::uint32_t sequence, bool direct) {
  const auto probe = std::ranges::find(probes, sequence, &Probe::sequence);
  if (probe == probes.end()) return;
  if (direct && overlay.watches(probe->target)) {
    std::int64_t& smoothed = round_trips_ns[probe->target];
    const std::int64_t measured = std::max<std::int64_t>(1, now - probe->sent_ns);
    smoothed = smoothed == 0 ? measured : smoothed + (measured - smoothed) / 8;
  }
  if (direct) {
    const auto side = sides.find(probe->target);
    if (side != sides.end()) {
      side->second.misses = 0;
      for (Edge& edge : side->second.edges)
        if (edge.accuser == self->id) edge.unheard = false;
      const Record* record = known(probe->target);
      if (record != nullptr && record->state != MemberState::suspect)
        std::erase_if(side->second.edges, [&](const Edge& edge) { return edge.accuser == self->id; });
    }
  }
  health.improve();
  probes.erase(probe);
}

void SwimState::relays_due() {
  for (Relay& relay : relays) {
    if (now < relay.nack_ns) continue;
    if (relay.nack_ns < relay.until_ns) send(relay.back, Nack{relay.asked});
    relay.nack_ns = relay.until_ns;
  }
  std::erase_if(relays, [&](const Relay& relay) { return now >= relay.until_ns; });
}

void SwimState::on(const Route& from, const Header& header, const Ping& body) {
  hear_all(body.news, Source::gossip);
  send(from, Ack{body.sequence, piggyback(header.source)}, header.source_nonce);
}

void SwimState::on(const Route& /*from*/, const Header& header, const Ack& body) {
  hear_all(body.news, Source::gossip);
  if (claim && body.sequence == claim->sequence) {
    const RecordPtr older = claim->older;
    claim.reset();
    if (header.source == self->id && header.source_nonce == older->life.nonce) give_way(*older);
    return;
  }
  const auto relay = std::ranges::find(relays, body.sequence, &Relay::sequence);
  if (relay != relays.end()) {
    send(relay->back, IndAck{relay->asked});
    relays.erase(relay);
    return;
  }
  const auto held = std::ranges::find(held_joins, body.sequence, &HeldJoin::sequence);
  if (held != held_joins.end()) {
    const Route back = held->back;
    const RecordPtr joiner = held->joiner;
    held_joins.erase(held);
    if (const Record* holder = known(joiner->id)) refuse_duplicate(back, *holder, joiner->life.nonce);
    return;
  }
  probe_answered(body.sequence, true);
}

void SwimState::on(const Route& from, const Header& /*header*/, const PingReq& body) {
  hear_all(body.news, Source::gossip);
  if (relays.size() >= kRelaysMax || body.target == self->id) return;
  Relay relay;
  relay.sequence = next_sequence++;
  relay.asked = body.sequence;
  relay.back = from;
  relay.until_ns = now + settings.probe_timeout_max_ns;
  relay.nack_ns = now + settings.probe_timeout_max_ns * 4 / 5;
  relays.push_back(relay);
  send(Route::to(body.target_endpoint), Ping{relay.sequence, piggyback(body.target)}, body.target_nonce);
}

void SwimState::on(const Route& /*from*/, const Header& /*header*/, const IndAck& body) {
  probe_answered(body.sequence, false);
}

void SwimState::on(const Route& /*from*/, const Header& /*header*/, const Nack& body) {
  const auto probe = std::ranges::find(probes, body.sequence, &Probe::sequence);
  if (probe != probes.end() && probe->nacks_missing > 0) --probe->nacks_missing;
}

RecordPtr SwimState::live_at(const std::string& endpoint) const {
  for (const NodeId& id : overlay.neighbours()) {
    const MemberTable::Slot* slot = table.find(id);
    if (slot != nullptr && slot->record->endpoints.membership == endpoint) return slot->record;
  }
  for (const MemberTable::Slot& slot : table.slots())
    if (slot.record && is_live(*slot.record) && slot.record->endpoints.membership == endpoint) return slot.record;
  return nullptr;
}

/// A broken link is a hint worth an immediate look: a killed process shows itself by it.
void SwimState::link_changed(const std::string& endpoint, LinkChange change) {
  if (change != LinkChange::down || leaving || left) return;
  const RecordPtr member = live_at(endpoint);
  if (!member || member->id == self->id) return;
  start_probe(member->id);
  out->push_back(effect::CheckConnect{endpoint});
}

/// Refused twice in a row is evidence: the machine is there and the process is not. Once may be a restart.
void SwimState::connect_checked(const std::string& endpoint, ConnectOutcome outcome) {
  const RecordPtr member = live_at(endpoint);
  if (!member || member->id == self->id || leaving || left) return;
  const auto found = sides.find(member->id);
  if (outcome != ConnectOutcome::refused) {
    if (found == sides.end()) return;
    found->second.refusals = 0;
    connects_again.erase(member->id);
    tidy_side(member->id);
    return;
  }
  Side& side = sides[member->id];
  ++side.refusals;
  if (side.refusals >= 2) {
    connects_again.erase(member->id);
    accuse(member->id, Evidence::refused, now);
  } else {
    connects_again[member->id] = now + settings.refused_again_ns;
  }
}

void SwimState::connects_due() {
  for (auto again = connects_again.begin(); again != connects_again.end();) {
    if (again->second > now) {
      ++again;
      continue;
    }
    const Record* member = known(again->first);
    if (member != nullptr && is_live(*member)) out->push_back(effect::CheckConnect{member->endpoints.membership});
    again = connects_again.erase(again);
  }
}

}  // namespace wattring::cluster
