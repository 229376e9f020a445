// SPDX-License-Identifier: Apache-2.0
#include "cluster/swim_state.hpp"

/// Messages: who may speak, and what the small ones do. The others stand with what they are about.

namespace wattring::cluster {
namespace {

constexpr std::int64_t kGreetEveryNs = 20 * kNsPerMs;

}  // namespace

void SwimState::receive(const Route& from, const Message& message) {
  if (stopped || left || !admit(from, message)) return;
  const Header& header = message.header;
  if (header.view_hash != table.view_hash() && !leaving) {
    // Time for gossip to level it first.
    next_sync_ns = std::min(next_sync_ns, now + jitter(settings.sync_differs_ns));
    if (known(header.source) != nullptr) differing = header.source;
  }
  std::visit([&](const auto& body) { on(from, header, body); }, message.body);
  if (!std::holds_alternative<JoinReq>(message.body) && !std::holds_alternative<Leave>(message.body))
    greet_stranger(from, header);
}

/// False: nothing of the message counts.
bool SwimState::admit(const Route& from, const Message& message) {
  const Header& header = message.header;
  const auto* join = std::get_if<JoinReq>(&message.body);
  if (header.major != kProtocolMajor) {
    ++stats.ignored_version;
    if (join != nullptr)
      send(from,
           Reject{RejectReason::version,
                  "this cluster speaks protocol " + std::to_string(kProtocolMajor) + ", not " +
                      std::to_string(header.major),
                  {}},
           header.source_nonce);
    return false;
  }
  const bool describe = join != nullptr && join->describe && header.cluster == 0;
  if (header.cluster != cluster && !describe && !settings.mutated(Mutant::ignore_cluster_hash)) {
    ++stats.ignored_cluster;
    if (join != nullptr)
      send(from,
           Reject{RejectReason::cluster_mismatch,
                  "this is cluster \"" + object.name + "\" (id " + to_hex(object.id.bytes).substr(0, 8) +
                      "), yours has another name or id",
                  {}},
           header.source_nonce);
    // The only word of another cluster that counts, and only as an answer to what this life asked.
    const auto* reject = std::get_if<Reject>(&message.body);
    if (reject != nullptr && reject->reason == RejectReason::cluster_mismatch && is_answer(header)) rejected(*reject);
    return false;
  }
  if (header.source == self->id && header.source_nonce == self->life.nonce) return false;  // our own address
  if (header.destination_nonce != 0 && header.destination_nonce != self->life.nonce &&
      !settings.mutated(Mutant::same_epoch_on_restart)) {
    ++stats.ignored_other_life;
    return false;
  }
  return true;
}

/// Whoever speaks is alive. One who is held dead is told so that it can refute; with one who is not known, or in
/// another life than known, records are exchanged.
void SwimState::greet_stranger(const Route& from, const Header& header) {
  if (header.source == self->id || leaving) return;
  const MemberTable::Slot* slot = table.find(header.source);
  if (slot != nullptr && slot->record->life.nonce == header.source_nonce) {
    if (slot->record->state != MemberState::dead) return;
    Side& side = sides[header.source];
    if (now - side.told_dead_ns < settings.you_are_dead_ns) return;
    side.told_dead_ns = now;
    send(from, YouAreDead{slot->record}, header.source_nonce);
    return;
  }
  if (now - greeted_ns < kGreetEveryNs) return;
  greeted_ns = now;
  if (slot != nullptr) {
    // Its other life is what we know: it has to hear of that, to tell a zombie from a duplicate.
    send(from, Gossip{{news_of(slot->record)}}, header.source_nonce);
    return;
  }
  send(from, SyncDigest{0, table.buckets(0), catalog.hash()}, header.source_nonce);
}

void SwimState::on(const Route& /*from*/, const Header& /*header*/, const Gossip& body) {
  hear_all(body.news, Source::gossip);
}

void SwimState::on(const Route& from, const Header& header, const Leave& body) {
  if (body.self->id == header.source) hear({body.self, {}, 0}, Source::gossip);
  send(from, LeaveAck{}, header.source_nonce);
}

void SwimState::on(const Route& /*from*/, const Header& /*header*/, const LeaveAck& /*body*/) {
  ++leave_acks;
}

void SwimState::on(const Route& from, const Header& header, const YouAreDead& body) {
  if (body.record->id != self->id) return;
  hear_of_self({body.record, {}, 0});
  if (!stopped && !leaving) send(from, Gossip{{News{self, {}, 0}}}, header.source_nonce);
}

}  // namespace wattring::cluster
