// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace wattring::sharding {

/// Deliberate defects of RingKeeper, one for each rule it rests on: a test that does not notice is no test. They exist
/// only where WATTRING_MUTANTS is defined.
enum class RingMutant : std::uint8_t {
  none,
  send_before_persist,    ///< messages leave before the state they speak of is durable
  majority_of_living,     ///< who does not answer is not counted among the members
  forget_vote,            ///< a promise does not say what was accepted before
  keep_own_value,         ///< a proposer goes on with its own ring although another may have been decided
  accept_below_promise,   ///< an accept below what was promised is taken
  reuse_ballot,           ///< a proposer does not promise its ballot to itself, and counts anew after a restart
  adopt_when_accepting,   ///< a ring holds as soon as one has accepted it
  vote_of_anyone,         ///< votes of those who are no members of the parent ring count
  forget_promise_on_disk  ///< promises are not persisted
};

inline constexpr RingMutant kLastRingMutant = RingMutant::forget_promise_on_disk;

#ifdef WATTRING_MUTANTS
inline constexpr bool kRingMutants = true;
#else
inline constexpr bool kRingMutants = false;
#endif

}  // namespace wattring::sharding
