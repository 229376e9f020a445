// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "cluster/swim_state.hpp"

/// Coming, finding each other again, going; and whose id it is.

namespace wattring::cluster {
namespace {

constexpr std::size_t kSeedsAtOnce = 3;
constexpr std::size_t kHeldJoinsMax = 64;
constexpr std::int64_t kHolderAnswersNs = 700 * kNsPerMs;
constexpr std::int64_t kRefusalCountsNs = 5 * kNsPerSecond;  // after a request
constexpr int kRivalTries = 5;
constexpr std::int64_t kRivalEveryNs = kNsPerSecond;
constexpr std::int64_t kLeaveEveryNs = 200 * kNsPerMs;
constexpr std::size_t kLeaveAcksEnough = 3;
constexpr std::size_t kJoinPageRecords = 200;

}  // namespace

void SwimState::send_join(const std::string& endpoint) {
  if (endpoint == self->endpoints.membership) return;
  asked_ns = now;
  send(Route::to(endpoint), JoinReq{self, false});
}

/// To what this life asked, and not long ago: nobody is stopped or led astray by an answer that was not asked for.
bool SwimState::is_answer(const Header& header) const {
  return header.destination_nonce == self->life.nonce && asked_ns && now - *asked_ns < kRefusalCountsNs;
}

/// Until somebody lets us in, and for ever after: seeds that are no members are tried again, in case the cluster was
/// cut in two.
void SwimState::join_due() {
  if (now < next_join_ns) return;
  next_join_ns = kNever;
  if (seeds.empty()) return;
  const bool alone = table.live_count() <= 1;
  if (!alone) {
    next_join_ns = now + jitter(settings.join_retry_max_ns);
    const std::string& seed = seeds[next_seed++ % seeds.size()];
    if (!live_at(seed) && !settings.mutated(Mutant::no_heal)) send_join(seed);
    return;
  }
  join_backoff_ns =
      join_backoff_ns == 0 ? settings.join_retry_min_ns : std::min(2 * join_backoff_ns, settings.join_retry_max_ns);
  // Full jitter, but never at once: a crowd of nodes that starts together spreads out.
  next_join_ns = now + settings.join_retry_min_ns / 4 +
                 static_cast<std::int64_t>(static_cast<double>(join_backoff_ns) * prng.unit());
  for (std::size_t i = 0; i < std::min(kSeedsAtOnce, seeds.size()); ++i) send_join(seeds[next_seed++ % seeds.size()]);
}

/// So often that the whole cluster makes a few tries in an interval, more while somebody died not long ago.
void SwimState::schedule_heal() {
  if (settings.mutated(Mutant::no_heal)) return;
  const bool recent = now - last_death_ns < settings.heal_recent_ns;
  const double tries = recent ? settings.heal_tries_recent : settings.heal_tries;
  const double gap =
      static_cast<double>(settings.heal_interval_ns) * std::max(1.0, static_cast<double>(table.live_count())) / tries;
  const double most = static_cast<double>(settings.heal_interval_ns) * 20;
  next_heal_ns = now + static_cast<std::int64_t>(std::min(gap, most) * (0.5 + prng.unit()));
}

void SwimState::heal_due() {
  if (now < next_heal_ns) return;
  schedule_heal();
  const std::size_t dead = table.count(MemberState::dead);
  if (dead == 0) return;
  std::size_t chosen = prng.below(dead);
  for (const MemberTable::Slot& slot : table.slots()) {
    if (!slot.record || slot.record->state != MemberState::dead || chosen-- != 0) continue;
    return send_join(slot.record->endpoints.membership);
  }
}

void SwimState::on(const Route& from, const Header& header, const JoinReq& body) {
  if (leaving) return;
  if (body.describe) {
    send(from, JoinAck{object, self, 0, {}}, header.source_nonce);
    return;
  }
  const RecordPtr& joiner = body.self;
  if (joiner->id != header.source || joiner->life.nonce != header.source_nonce) return;
  if (joiner->id == self->id) {
    if (!settings.mutated(Mutant::keep_duplicate)) refuse_duplicate(from, *self, joiner->life.nonce);
    return;
  }
  const MemberTable::Slot* slot = table.find(joiner->id);
  const bool other_life = slot != nullptr && slot->record->life.nonce != joiner->life.nonce && is_live(*slot->record);
  // A listener on the same address proves that the former life is gone.
  const bool same_place = other_life && slot->record->endpoints.membership == joiner->endpoints.membership;
  if (!other_life || same_place || settings.mutated(Mutant::keep_duplicate)) return let_in(from, joiner);
  if (held_joins.size() >= kHeldJoinsMax) return;
  const bool held =
      std::ranges::any_of(held_joins, [&](const HeldJoin& join) { return join.joiner->life == joiner->life; });
  if (held) return;
  held_joins.push_back({next_sequence++, from, joiner, now + kHolderAnswersNs});
  send_to(*slot->record, Ping{held_joins.back().sequence, {}});
}

/// The holder of the id did not answer: it is gone, or cannot tell.
void SwimState::held_joins_due() {
  std::vector<HeldJoin> due;
  for (const HeldJoin& join : held_joins)
    if (now >= join.until_ns) due.push_back(join);
  std::erase_if(held_joins, [&](const HeldJoin& join) { return now >= join.until_ns; });
  for (const HeldJoin& join : due) let_in(join.back, join.joiner);
}

void SwimState::let_in(const Route& from, const RecordPtr& joiner) {
  const MemberTable::Slot* slot = table.find(joiner->id);
  JoinAck ack{object, self, 0, {}};
  const bool other_life = slot != nullptr && slot->record->life.nonce != joiner->life.nonce;
  if (other_life && slot->record->life > joiner->life) {
    ack.epoch_floor = slot->record->life.epoch;
    send(from, std::move(ack), joiner->life.nonce);
    return;
  }
  if (!may_serve(table.size())) {
    send(from, Reject{RejectReason::busy, "too many joiners at once", alternatives()}, joiner->life.nonce);
    return;
  }
  const bool dead_here = slot != nullptr && !other_life && slot->record->state == MemberState::dead;
  hear({joiner, {}, 0}, Source::gossip);
  const auto& slots = table.slots();
  const std::size_t start = prng.below(slots.size());
  for (std::size_t i = 0; i < slots.size() && ack.members.size() < kJoinPageRecords; ++i) {
    const RecordPtr& record = slots[(start + i) & (slots.size() - 1)].record;
    if (record && record->id != joiner->id) ack.members.push_back(news_of(record));
  }
  send(from, std::move(ack), joiner->life.nonce);
  if (dead_here) send(from, YouAreDead{table.find(joiner->id)->record}, joiner->life.nonce);
}

void SwimState::on(const Route& /*from*/, const Header& header, const JoinAck& body) {
  if (leaving || !(body.object == object)) return;
  if (body.epoch_floor >= self->life.epoch && body.epoch_floor != 0) {
    if (!is_answer(header) || body.epoch_floor > self->life.epoch + kEpochJump) return;
    raise_epoch(body.epoch_floor);
    next_join_ns = now + jitter(settings.join_retry_min_ns) / 8;
    join_backoff_ns = 0;
    return;
  }
  joined = true;
  join_backoff_ns = 0;
  if (body.self->id == header.source) hear({body.self, {}, 0}, Source::page);
  hear_all(body.members, Source::page);
  next_sync_ns = std::min(next_sync_ns, now + jitter(settings.sync_differs_ns) / 2);
}

void SwimState::on(const Route& /*from*/, const Header& header, const Reject& body) {
  if (!is_answer(header)) return;
  if (body.reason == RejectReason::duplicate_id && table.live_count() <= 1 && !leaving) {
    stopped = true;
    out->push_back(effect::Stop{body.reason, body.text});
    return;
  }
  if (body.reason == RejectReason::busy) {
    for (const std::string& endpoint : body.alternatives) {
      if (table.live_count() > 1) break;
      send_join(endpoint);
      break;
    }
    return;
  }
  rejected(body);
}

/// Asked again and again, told once.
void SwimState::rejected(const Reject& by) {
  std::string why = std::string(to_string(by.reason)) + ": " + by.text;
  if (why == told_rejection) return;
  told_rejection = why;
  emit(by.reason == RejectReason::duplicate_id ? EventKind::conflict : EventKind::rejected, self, std::move(why));
}

void SwimState::refuse_duplicate(const Route& from, const Record& holder, std::uint64_t joiner_nonce) {
  send(from,
       Reject{RejectReason::duplicate_id,
              "node id " + to_hex(holder.id.bytes).substr(0, 8) + " is held by the running node \"" + holder.name +
                  "\" at " + holder.endpoints.membership,
              {}},
       joiner_nonce);
}

/// A newer life has our id. Either it is an earlier start of this very node that had a faster clock, or somebody
/// started a copy of our data: then the newer one has to stop, and hears it from us.
void SwimState::meet_rival(const RecordPtr& record) {
  if (leaving || settings.mutated(Mutant::keep_duplicate)) return;
  if (!is_live(*record) || record->endpoints.membership == self->endpoints.membership)
    return raise_epoch(record->life.epoch);
  if (rival && rival->record->life == record->life) return;
  rival = Rival{record, 0, now};
  emit(EventKind::conflict, self, "another process with this node's id is at " + record->endpoints.membership);
}

void SwimState::rival_due() {
  if (!rival || now < rival->next_ns) return;
  if (rival->tries++ >= kRivalTries) {
    const std::uint64_t epoch = rival->record->life.epoch;
    rival.reset();
    return raise_epoch(epoch);
  }
  rival->next_ns = now + kRivalEveryNs;
  send(Route::to(rival->record->endpoints.membership), Conflict{self}, rival->record->life.nonce);
}

void SwimState::on(const Route& from, const Header& header, const Conflict& body) {
  if (body.self->id != self->id || body.self->life == self->life || leaving || settings.mutated(Mutant::keep_duplicate))
    return;
  if (body.self->life > self->life) {
    send(from, Conflict{self}, header.source_nonce);
    return;
  }
  // Anybody can say so. It counts when that life answers at its own address.
  if (claim && now < claim->until_ns) return;
  claim = Claim{next_sequence++, body.self, now + kHolderAnswersNs};
  send_to(*body.self, Ping{claim->sequence, {}});
}

/// The older holder of our id has answered: this one goes.
void SwimState::give_way(const Record& older) {
  const RecordPtr gone = with_state(*self, MemberState::left);
  for (const NodeId& id : overlay.neighbours())
    if (const Record* member = known(id)) send_to(*member, Leave{gone});
  send_to(older, Leave{gone});
  stopped = true;
  out->push_back(effect::Stop{RejectReason::duplicate_id, "node id " + to_hex(self->id.bytes).substr(0, 8) +
                                                              " is held by the older node \"" + older.name + "\" at " +
                                                              older.endpoints.membership});
}

void SwimState::raise_epoch(std::uint64_t above) {
  if (rival && rival->record->life.epoch <= above) rival.reset();
  Record raised = *self;
  raised.life.epoch = std::min(std::max(raised.life.epoch, above) + 1, kEpochMax);
  raised.incarnation = 0;
  self = std::make_shared<const Record>(std::move(raised));
  out->push_back(effect::KeepEpoch{self->life.epoch});
  publish_self();
}

void SwimState::leave() {
  if (leaving || left) return;
  leaving = true;
  self = with_state(*self, settings.mutated(Mutant::leave_is_failure) ? MemberState::dead : MemberState::left);
  leave_until_ns = now + settings.leave_timeout_ns;
  leave_again_ns = now;
  enqueue(self, true);
  leave_due();
}

void SwimState::leave_due() {
  const std::size_t enough = std::min(kLeaveAcksEnough, overlay.neighbours().size());
  if (leave_acks >= enough || now >= leave_until_ns) {
    left = true;
    out->push_back(effect::LeaveDone{});
    return;
  }
  if (now < leave_again_ns) return;
  leave_again_ns = now + kLeaveEveryNs;
  for (const NodeId& id : overlay.neighbours())
    if (const Record* member = known(id)) send_to(*member, Leave{self});
}

}  // namespace wattring::cluster
