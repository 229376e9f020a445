// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "cluster/swim_state.hpp"

/// What is believed: the merge of records, suspicion and its end, refutation.

namespace wattring::cluster {
namespace {

constexpr std::size_t kMonitorsForQuorum = 4;
constexpr std::size_t kAccusersBelieved = 3;  // fewer than so many whom the accused refutes have a problem of their own
constexpr std::int64_t kLookAtSuspectsNs = 100 * kNsPerMs;
constexpr std::int64_t kTombstoneMarginNs = 600 * kNsPerSecond;

std::size_t count_of(const std::vector<Accusation>& accusations, Evidence evidence) {
  return static_cast<std::size_t>(std::ranges::count(accusations, evidence, &Accusation::evidence));
}

/// Union by accuser; refused and unheard say more than silent. More silence than shortens the doubt is not kept: half a
/// cluster that is cut off would tell of it for long. True when something was new.
bool unite(const Settings& settings, std::vector<Accusation>& into, const std::vector<Accusation>& from) {
  bool grew = false;
  for (const Accusation& accusation : from) {
    const auto same = std::ranges::find(into, accusation.accuser, &Accusation::accuser);
    if (same == into.end()) {
      const bool silent = accusation.evidence == Evidence::silent;
      if (into.size() >= (silent ? settings.confirmations + 1 : kAccusationsMax)) continue;
      into.push_back(accusation);
      grew = true;
    } else if (accusation.evidence > same->evidence) {
      same->evidence = accusation.evidence;
      grew = true;
    }
  }
  return grew;
}

}  // namespace

/// Stores a record and what follows from its state for overlay and suspects.
void SwimState::put(RecordPtr record) {
  const NodeId id = record->id;
  const MemberTable::Slot* slot = table.find(id);
  const bool was_live = slot != nullptr && is_live(*slot->record);
  const bool was_suspect = was_live && slot->record->state == MemberState::suspect;
  const bool changed = slot == nullptr || slot->record->state != record->state || slot->record->life != record->life ||
                       is_draining(*slot->record) != is_draining(*record);
  const std::int64_t since = changed ? now : slot->since_ns;
  const bool live = is_live(*record);
  const bool suspect = record->state == MemberState::suspect;
  if (record->meta_hash != 0 && id != self->id && (slot == nullptr || slot->record->meta_hash != record->meta_hash))
    if (metas_wanted.size() < kNewsQueueMax) metas_wanted.push_back(id);
  table.put(std::move(record), since);
  ++version;
  if (live && !was_live) overlay.add(id);
  if (!live && was_live) {
    overlay.remove(id, table);
    round_trips_ns.erase(id);
    std::erase_if(probes, [&](const Probe& probe) { return probe.target == id; });
  }
  if (suspect && !was_suspect) suspects.push_back(id);
  if (!suspect && was_suspect) std::erase(suspects, id);
}

News SwimState::news_of(const RecordPtr& record) const {
  News news{record, {}, 0};
  const auto side = sides.find(record->id);
  if (side == sides.end()) return news;
  if (record->state != MemberState::alive) news.accusations = side->second.accusations;
  if (!is_live(*record)) news.age_s = static_cast<std::uint32_t>((now - side->second.ended_ns) / kNsPerSecond);
  return news;
}

void SwimState::hear_all(const std::vector<News>& news, Source source) {
  for (const News& item : news) hear(item, source);
}

void SwimState::hear(const News& news, Source source) {
  const RecordPtr& record = news.record;
  if (record->id == self->id) return hear_of_self(news);
  const MemberTable::Slot* slot = table.find(record->id);
  if (slot == nullptr) return meet(news, source);
  if (slot->record == record && record->state == MemberState::alive) return;  // most of every page
  const RecordPtr known_record = slot->record;
  if (record->life.epoch > known_record->life.epoch + kEpochJump) {
    ++stats.ignored_limits;
    return;
  }
  bool newer = supersedes(*record, *known_record);
  if (settings.mutated(Mutant::merge_last_wins)) newer = true;
  if (settings.mutated(Mutant::same_epoch_on_restart) && record->life != known_record->life)
    newer = std::pair(record->incarnation, record->state) > std::pair(known_record->incarnation, known_record->state);
  if (newer) return replace(known_record, news, source);
  if (same_life(*record, *known_record) && record->incarnation == known_record->incarnation &&
      record->state == known_record->state && record->state != MemberState::alive)
    confirm(record->id, news.accusations);
}

/// Somebody who was not known.
void SwimState::meet(const News& news, Source source) {
  const RecordPtr& record = news.record;
  const bool live = is_live(*record);
  const auto age_ns = static_cast<std::int64_t>(news.age_s) * kNsPerSecond;
  if (!live && age_ns > settings.tombstone_keep_ns - kTombstoneMarginNs) return;
  if (table.size() >= kMembersMax) {
    ++stats.ignored_limits;
    return;
  }
  if (record->state != MemberState::alive) {
    Side& side = sides[record->id];
    unite(settings, side.accusations, news.accusations);
    if (live) {
      side.suspected_ns = now;
      note_accusers(side, *record, news.accusations);
    } else {
      side.ended_ns = now - age_ns;
    }
  }
  put(record);
  if (record->state == MemberState::suspect) doubt_until(record->id);
  if (live) {
    joined = true;
    emit(EventKind::joined, record);
  }
  if (source == Source::gossip) enqueue(record, !live);
}

/// A newer record of a known member.
void SwimState::replace(const RecordPtr& old, const News& news, Source source) {
  RecordPtr record = news.record;
  const NodeId id = record->id;
  const bool new_life = record->life != old->life;
  Side& side = sides[id];
  if (new_life) {
    side.accusations.clear();
    side.edges.clear();
    side.misses = 0;
    metas.erase(id);
  }
  if (!new_life && is_live(*record)) note_accusers(side, *record, news.accusations);
  // Word of a death that nobody doubted here before is doubted first, so that the member can refute: after a split
  // heals, each half holds the other dead.
  const bool proven = count_of(news.accusations, Evidence::refused) >= refusals_needed();
  if (record->state == MemberState::dead && old->state == MemberState::alive && !new_life && !proven)
    record = with_state(*record, MemberState::suspect);
  const bool held_dead = is_live(*record) && old->state == MemberState::dead && !new_life && edge_quorum(side);
  const bool voted_out = record->state == MemberState::suspect && !new_life && edge_quorum(side);
  if (held_dead || voted_out) record = with_state(*record, MemberState::dead);

  if (record->state == MemberState::alive) {
    side.accusations.clear();
    side.refusals = 0;
    connects_again.erase(id);
  } else if (record->incarnation != old->incarnation || record->state != old->state) {
    if (record->incarnation != old->incarnation) side.accusations.clear();
    unite(settings, side.accusations, news.accusations);
  }
  if (record->state == MemberState::suspect) {
    side.suspected_ns = now;
    side.refused_ns = kNever;
  }
  if (!is_live(*record)) {
    side.ended_ns = now - static_cast<std::int64_t>(news.age_s) * kNsPerSecond;
    if (record->state == MemberState::dead) last_death_ns = now;
  }
  put(record);
  if (record->state == MemberState::suspect) {
    check_refused(side);
    doubt_until(id);
  }

  // It refuted once more: our own word against it is renewed or withdrawn by another try.
  if (record->state == MemberState::dead && !new_life && old->state == MemberState::dead &&
      std::ranges::find(side.edges, self->id, &Edge::accuser) != side.edges.end())
    start_probe(id);
  tell_change(old, record, side);
  // Hearing a suspicion about whom we watch: look for ourselves, at once.
  if (record->state == MemberState::suspect && overlay.watches(id)) {
    start_probe(id);
    if (count_of(side.accusations, Evidence::refused) != 0)
      out->push_back(effect::CheckConnect{record->endpoints.membership});
  }
  if (source == Source::gossip || record->state != MemberState::alive)
    enqueue(record, record->state != MemberState::alive || old->state != MemberState::alive);
  tidy_side(id);
}

/// What the new record means to those who look on.
void SwimState::tell_change(const RecordPtr& old, const RecordPtr& record, Side& side) {
  if (record->life != old->life && is_live(*record)) {
    emit(EventKind::rejoined, record,
         "epoch " + std::to_string(old->life.epoch) + " -> " + std::to_string(record->life.epoch));
    if (old->state != MemberState::alive) side.flaps.add(now, settings.flap_half_life_ns);
  } else if (record->state == MemberState::alive) {
    if (old->state != MemberState::alive) {
      emit(EventKind::recovered, record);
      side.flaps.add(now, settings.flap_half_life_ns);
    }
    if (record->endpoints != old->endpoints) emit(EventKind::moved, record, "was " + old->endpoints.membership);
  } else if (record->state == MemberState::suspect) {
    if (old->state == MemberState::alive) emit(EventKind::suspected, record);
  } else if (record->state == MemberState::dead) {
    if (is_live(*old)) emit(EventKind::failed, record);
  } else {
    emit(EventKind::left, record);
  }
  settle_flaps(record, side);
}

/// The same suspicion or death, from more accusers.
void SwimState::confirm(const NodeId& id, const std::vector<Accusation>& accusations) {
  Side& side = sides[id];
  if (!unite(settings, side.accusations, accusations)) return;
  ++version;
  const RecordPtr record = table.find(id)->record;
  note_accusers(side, *record, accusations);
  if (record->state == MemberState::suspect) {
    check_refused(side);
    if (overlay.watches(id) && count_of(side.accusations, Evidence::refused) != 0 && side.refusals == 0)
      out->push_back(effect::CheckConnect{record->endpoints.membership});
    if (edge_quorum(side)) return declare_dead(id);
    doubt_until(id);
  }
  enqueue(record, side.accusations.size() <= settings.confirmations + 1);
}

void SwimState::note_accusers(Side& side, const Record& record, const std::vector<Accusation>& accusations) {
  if (settings.mutated(Mutant::no_edge_quorum)) return;
  for (const Accusation& accusation : accusations) {
    auto edge = std::ranges::find(side.edges, accusation.accuser, &Edge::accuser);
    if (edge == side.edges.end()) {
      if (side.edges.size() >= kAccusationsMax) continue;
      side.edges.push_back({accusation.accuser, accusation.evidence == Evidence::unheard, record.incarnation, 1, now});
      continue;
    }
    if (record.incarnation < edge->incarnation) continue;
    edge->unheard = accusation.evidence == Evidence::unheard;
    if (now - edge->at_ns > settings.edge_window_ns) edge->strikes = 0;
    if (edge->incarnation < record.incarnation || edge->strikes == 0) ++edge->strikes;
    edge->incarnation = record.incarnation;
    edge->at_ns = now;
  }
}

/// Most monitors get no answer from it, time after time, however often it refuted: it cannot be used. A network that
/// loses messages makes accusers of all monitors too, but every one of them hears from it in between.
bool SwimState::edge_quorum(const Side& side) const {
  const std::size_t live = table.live_count();
  const std::size_t monitors = std::min(2 * settings.rings, live > 1 ? live - 1 : 0);
  if (monitors < kMonitorsForQuorum) return false;
  const auto failing = std::ranges::count_if(
      side.edges, [&](const Edge& edge) { return edge.unheard && now - edge.at_ns <= settings.edge_window_ns; });
  return static_cast<double>(failing) >= settings.edge_dead_share * static_cast<double>(monitors);
}

/// We keep accusing, it keeps refuting, and hardly anybody agrees with us.
bool SwimState::own_problem(const Side& side) const {
  const auto mine = std::ranges::find(side.edges, self->id, &Edge::accuser);
  if (mine == side.edges.end() || mine->strikes < 2 || now - mine->at_ns > settings.edge_window_ns) return false;
  const auto accusers =
      std::ranges::count_if(side.edges, [&](const Edge& edge) { return now - edge.at_ns <= settings.edge_window_ns; });
  return static_cast<std::size_t>(accusers) < kAccusersBelieved && table.live_count() > kAccusersBelieved;
}

std::size_t SwimState::refusals_needed() const {
  return std::max<std::size_t>(1, std::min<std::size_t>(3, table.count(MemberState::alive)));
}

void SwimState::check_refused(Side& side) {
  if (side.refused_ns == kNever && count_of(side.accusations, Evidence::refused) >= refusals_needed())
    side.refused_ns = now;
}

/// Our own evidence against a member. `since`: when the first sign of life was missed.
void SwimState::accuse(const NodeId& id, Evidence evidence, std::int64_t since_ns) {
  const MemberTable::Slot* slot = table.find(id);
  if (slot == nullptr || slot->record->state == MemberState::left) return;
  const RecordPtr old = slot->record;
  Side& side = sides[id];
  const std::vector<Accusation> mine{{self->id, evidence}};
  if (old->state == MemberState::dead) {
    note_accusers(side, *old, mine);
    if (unite(settings, side.accusations, mine)) enqueue(old, false);
    return;
  }
  if (evidence != Evidence::refused && old->state == MemberState::alive && own_problem(side)) {
    worsen(1);
    return;
  }
  if (old->state == MemberState::suspect) return confirm(id, mine);
  side.accusations = mine;
  side.suspected_ns = since_ns;
  side.refused_ns = kNever;
  note_accusers(side, *old, mine);
  Record accused = *old;
  accused.state = MemberState::suspect;
  if (settings.mutated(Mutant::others_raise_incarnation)) ++accused.incarnation;
  const auto record = std::make_shared<const Record>(std::move(accused));
  put(record);
  check_refused(side);
  if (settings.mutated(Mutant::no_suspicion)) return declare_dead(id);
  emit(EventKind::suspected, record);
  enqueue(record, true);
  if (edge_quorum(side)) return declare_dead(id);
  doubt_until(id);
}

void SwimState::declare_dead(const NodeId& id) {
  const RecordPtr record = with_state(*table.find(id)->record, MemberState::dead);
  sides[id].ended_ns = now;
  last_death_ns = now;
  put(record);
  emit(EventKind::failed, record);
  enqueue(record, true);
  schedule_heal();
}

std::int64_t SwimState::suspicion_deadline(const NodeId& id) const {
  if (settings.mutated(Mutant::suspicion_never_expires)) return kNever;
  const Side& side = sides.at(id);
  const std::size_t accusers = std::max<std::size_t>(1, side.accusations.size());
  // Own slowness lengthens the doubt, but never beyond the longest.
  const std::int64_t silent = side.suspected_ns + std::min(health.stretch(doubt_ns(accusers - 1)), doubt_ns(0));
  return side.refused_ns == kNever ? silent : std::min(silent, side.refused_ns + settings.suspicion_refused_ns);
}

std::int64_t SwimState::doubt_ns(std::size_t confirmations) const {
  if (doubts_for != table.live_count()) {
    doubts_for = table.live_count();
    doubts_ns.clear();
    for (std::size_t c = 0; c <= settings.confirmations; ++c)
      doubts_ns.push_back(suspicion_timeout_ns(settings, doubts_for, c));
  }
  return doubts_ns[std::min(confirmations, settings.confirmations)];
}

/// All are looked at only now and then: half of a large cluster may be suspect at once.
void SwimState::suspicions_due() {
  if (suspects.empty() || now < suspicions_at_ns) return;
  suspicions_at_ns = now + kLookAtSuspectsNs;
  const std::vector<NodeId> doubted = suspects;  // declaring changes it
  for (const NodeId& id : doubted) {
    check_refused(sides[id]);  // fewer refusals are needed when others are suspect too
    const std::int64_t deadline = suspicion_deadline(id);
    if (deadline <= now)
      declare_dead(id);
    else
      suspicions_at_ns = std::min(suspicions_at_ns, deadline);
  }
}

/// Something was said about a suspect: its suspicion may end earlier now.
void SwimState::doubt_until(const NodeId& id) {
  const std::int64_t look = suspects.size() == 1 ? kNever : suspicions_at_ns;
  suspicions_at_ns = std::min({look, suspicion_deadline(id), now + kLookAtSuspectsNs});
}

/// Somebody says something about this node.
void SwimState::hear_of_self(const News& news) {
  const Record& said = *news.record;
  if (said.life == self->life) {
    const bool ours =
        said.incarnation < self->incarnation || (said.incarnation == self->incarnation && said.state == self->state);
    if (ours || leaving) return;
    worsen(1);
    return refute(said.incarnation);
  }
  if (said.life < self->life) {
    // An earlier life of ours is still talked about.
    if (!queue.contains(self->id) && !leaving) enqueue(self, false);
    return;
  }
  if (said.life.epoch > self->life.epoch + kEpochJump) {
    ++stats.ignored_limits;
    return;
  }
  meet_rival(news.record);
}

void SwimState::refute(std::uint32_t above) {
  ++stats.refutations;
  Record refuted = *self;
  refuted.incarnation = std::max(refuted.incarnation, above);
  publish_change(std::move(refuted));
  emit(EventKind::refuted, self, "held suspect or dead by others; incarnation " + std::to_string(self->incarnation));
}

/// Under the next incarnation, or after the last one in the next epoch.
void SwimState::publish_change(Record changed) {
  const bool last = changed.incarnation >= kIncarnationMax;
  if (!last) ++changed.incarnation;
  self = std::make_shared<const Record>(std::move(changed));
  if (last) return raise_epoch(self->life.epoch);
  publish_self();
}

void SwimState::publish_self() {
  put(self);
  enqueue(self, true);
}

void SwimState::settle_flaps(const RecordPtr& record, Side& side) {
  const double score = side.flaps.at(now, settings.flap_half_life_ns);
  if (!side.flapping && score > settings.flap_threshold) {
    side.flapping = true;
    ++version;
    emit(EventKind::flapping, record);
  } else if (side.flapping && score < settings.flap_threshold / 2) {
    side.flapping = false;
    ++version;
    emit(EventKind::steady, record);
  }
}

/// Drops what is kept of a member about which nothing is out of the ordinary any more.
void SwimState::tidy_side(const NodeId& id) {
  const auto found = sides.find(id);
  if (found == sides.end()) return;
  Side& side = found->second;
  std::erase_if(side.edges, [&](const Edge& edge) { return now - edge.at_ns > settings.edge_window_ns; });
  const Record* record = known(id);
  const bool alive = record != nullptr && record->state == MemberState::alive;
  const bool quiet = side.edges.empty() && !side.flapping && side.refusals == 0 && side.misses == 0 &&
                     side.flaps.at(now, settings.flap_half_life_ns) < 0.1 &&
                     now - side.told_dead_ns > settings.you_are_dead_ns;
  if (record == nullptr || (alive && quiet)) sides.erase(found);
}

}  // namespace wattring::cluster
