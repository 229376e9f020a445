// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/invariants.hpp"

#include <array>

namespace wattring::simulation {

using cluster::Mutant;

std::span<const Invariant> invariants() {
  static constexpr std::array<Invariant, 15> kAll{{
      {1, "WhatIsBelievedIsAFunctionOfTheRecordsHeard", Mutant::merge_last_wins, check_merge},
      {2, "NothingGoesBackAndOnlyTheOwnerRaisesItsIncarnation", Mutant::others_raise_incarnation, check_no_step_back},
      {3, "ACrashedNodeIsDeadEverywhereInTimeEvenWithAllItsMonitors", Mutant::suspicion_never_expires, check_crash},
      {4, "DelayAndLossAreNoDeath", Mutant::no_suspicion, check_bad_network},
      {5, "AStalledMinorityBlamesNobody", Mutant::no_local_health, check_stalled_minority},
      {6, "AShortPauseIsNoEventAndALongOneIsOneFailureAndOneReturn", Mutant::ignore_own_pause, check_pause},
      {7, "OneWayCutsConvergeAndRemoveNobodyHealthy", Mutant::no_edge_quorum, check_one_way},
      {8, "PartsHealAndWhoLeftStaysAway", Mutant::no_heal, check_split},
      {9, "LeavingIsNoFailure", Mutant::leave_is_failure, check_leave},
      {10, "ARestartIsAcceptedInTwoSecondsAndTheEarlierLifeIsOver", Mutant::same_epoch_on_restart, check_restart},
      {11, "OfTwoHoldersOfAnIdOneStays", Mutant::keep_duplicate, check_duplicate},
      {12, "ClustersNeverMix", Mutant::ignore_cluster_hash, check_strangers},
      {13, "WhatDoesNotDecodeHasNoEffect", Mutant::apply_in_part, check_any_bytes},
      {14, "QueuesLinksAndTrafficAreBounded", Mutant::unbounded_queue, check_bounds},
      {15, "TheSameSeedGivesTheSameTrace", Mutant::unordered_iteration, check_same_seed},
  }};
  return kAll;
}

}  // namespace wattring::simulation
