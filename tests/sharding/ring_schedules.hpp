// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "sharding/ring_keeper.hpp"
#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {

/// One keeper whose disk is as quick as it gets, for schedules written by hand: messages go where the test puts them.
struct HandKeeper {
  HandKeeper(NodeId node, const Ring& founding, RingMutant mutant) : id(node) {
    settings.mutant = mutant;
    disk = encode(RingState{{founding}, {}, {}});
    restart();
  }
  void restart() { keeper = std::make_unique<RingKeeper>(settings, id, *decode_ring_state(disk), Prng(1)); }
  /// What it says when it hears this.
  std::vector<ring_effect::Send> hear(const NodeId& from, const RingMessage& message) {
    RingEffects effects;
    keeper->handle(0, from, message, effects);
    return carry_out(effects);
  }
  std::vector<ring_effect::Send> propose(const Ring& next) {
    RingEffects effects;
    if (!keeper->propose(0, next, effects)) return {};
    return carry_out(effects);
  }

  NodeId id;
  RingKeeperSettings settings;
  std::string disk;
  std::unique_ptr<RingKeeper> keeper;
  std::set<std::uint64_t> decided;  ///< ids of rings that held here, the founding one apart

 private:
  std::vector<ring_effect::Send> carry_out(const RingEffects& first) {
    std::vector<ring_effect::Send> sent;
    RingEffects effects = first;
    for (std::size_t i = 0; i < effects.size(); ++i) {
      const RingEffect effect = effects[i];
      if (const auto* persist = std::get_if<ring_effect::Persist>(&effect)) {
        disk = persist->state;
        keeper->persisted(persist->token, effects);
      } else if (const auto* out = std::get_if<ring_effect::Send>(&effect)) {
        sent.push_back(*out);
      } else if (const auto* changed = std::get_if<ring_effect::RingChanged>(&effect)) {
        decided.insert(ring_id(*changed->ring));
      }
    }
    return sent;
  }
};

/// The message for one of them; the first of the kind.
template <class Message>
Message message_to(const NodeId& to, const std::vector<ring_effect::Send>& sent) {
  for (const ring_effect::Send& each : sent)
    if (each.to == to && std::holds_alternative<Message>(each.message)) return std::get<Message>(each.message);
  return {};
}

/// a gets b's promise; c gets a later one of b; b restarts; then both go on. Random schedules hardly ever find it.
/// How many different rings came to hold.
inline std::size_t rings_after_a_voter_restarts_between_two_promises(RingMutant mutant) {
  const Ring founding = sample_ring(1, 3);
  HandKeeper a(founding.members[0].id, founding, mutant);
  HandKeeper b(founding.members[1].id, founding, mutant);
  HandKeeper c(founding.members[2].id, founding, mutant);
  Ring one = successor_of(founding);
  one.members[0].weight = 1;
  Ring other = successor_of(founding);
  other.members[0].weight = 2;

  const auto promise_a = message_to<RingPromise>(a.id, b.hear(a.id, message_to<RingPrepare>(b.id, a.propose(one))));
  const auto accept_a = message_to<RingAccept>(b.id, a.hear(b.id, promise_a));
  const auto promise_c = message_to<RingPromise>(c.id, b.hear(c.id, message_to<RingPrepare>(b.id, c.propose(other))));
  const auto accept_c = message_to<RingAccept>(b.id, c.hear(b.id, promise_c));
  b.restart();
  a.hear(b.id, message_to<RingAccepted>(a.id, b.hear(a.id, accept_a)));
  c.hear(b.id, message_to<RingAccepted>(c.id, b.hear(c.id, accept_c)));
  std::set<std::uint64_t> all = a.decided;
  all.insert(c.decided.begin(), c.decided.end());
  return all.size();
}

}  // namespace wattring::sharding
