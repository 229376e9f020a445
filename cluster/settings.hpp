// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.hpp"

namespace wattring::cluster {

/// Deliberate defects, one for each invariant: a test that does not notice its own is no test. They exist only where
/// WATTRING_MUTANTS is defined (the library that the simulation tests link).
enum class Mutant : std::uint8_t {
  none,
  merge_last_wins,           ///< 1: the record that came last wins
  others_raise_incarnation,  ///< 2: an accuser raises the incarnation
  suspicion_never_expires,   ///< 3
  no_suspicion,              ///< 4: a missed probe is a death
  no_local_health,           ///< 5
  ignore_own_pause,          ///< 6: timers fire before inputs, pauses go unnoticed
  no_edge_quorum,            ///< 7: refutations always win
  no_heal,                   ///< 8: the dead are never tried again
  leave_is_failure,          ///< 9: who leaves is said to be dead
  same_epoch_on_restart,     ///< 10: lives are not told apart
  keep_duplicate,            ///< 11: both holders of an id go on
  ignore_cluster_hash,       ///< 12
  apply_in_part,             ///< 13: a bad record in a message does not stop the good ones before it (codec)
  unbounded_queue,           ///< 14: news are never dropped from the queue
  unordered_iteration        ///< 15: something depends on addresses in memory
};

#ifdef WATTRING_MUTANTS
inline constexpr bool kMutants = true;
#else
inline constexpr bool kMutants = false;
#endif

/// Defaults are the product's; the simulator varies them.
struct Settings {
  std::size_t rings = 8;                          ///< K: monitors are the successor and predecessor on each
  std::int64_t probe_interval_ns = kNsPerSecond;  ///< T, above small_cluster members
  std::int64_t probe_interval_small_ns = 300 * kNsPerMs;
  std::size_t small_cluster = 16;
  std::int64_t probe_timeout_min_ns = 200 * kNsPerMs;
  std::int64_t probe_timeout_max_ns = 500 * kNsPerMs;
  std::size_t indirect_helpers = 3;
  std::int64_t gossip_interval_ns = 200 * kNsPerMs;
  std::int64_t gossip_urgent_ns = 20 * kNsPerMs;  ///< least gap before fresh news of a failure go out
  std::size_t gossip_fanout = 3;
  std::size_t retransmit_factor = 4;  ///< times ceil(log10(N + 1))
  std::int64_t suspicion_min_ns = 3'500 * kNsPerMs;
  std::int64_t suspicion_factor = 4;      ///< times max(1, log10 N) * T
  std::int64_t suspicion_max_factor = 6;  ///< Tmax = 6 * Tmin
  std::int64_t suspicion_refused_ns = 500 * kNsPerMs;
  std::size_t confirmations = 3;                   ///< k
  std::int64_t refused_again_ns = 100 * kNsPerMs;  ///< between the two refusals that make an accusation
  std::int64_t sync_differs_ns = kNsPerSecond;
  std::int64_t sync_equal_ns = 30 * kNsPerSecond;
  std::int64_t tombstone_keep_ns = 24 * (3600 * kNsPerSecond);
  std::int64_t join_retry_min_ns = kNsPerSecond;
  std::int64_t join_retry_max_ns = 30 * kNsPerSecond;
  std::int64_t heal_interval_ns = 30 * kNsPerSecond;
  double heal_tries = 3;          ///< cluster-wide per interval
  double heal_tries_recent = 60;  ///< likewise, while somebody died not long ago
  std::int64_t heal_recent_ns = 600 * kNsPerSecond;
  std::int64_t flap_half_life_ns = 60 * kNsPerSecond;
  double flap_threshold = 3;
  std::int64_t edge_window_ns = 30 * kNsPerSecond;  ///< how long a failing monitor edge counts
  double edge_dead_share = 0.75;                    ///< of the monitors: dead in spite of refutations
  std::int64_t you_are_dead_ns = 5 * kNsPerSecond;  ///< at most one a peer
  std::int64_t leave_timeout_ns = 2 * kNsPerSecond;
  int local_health_max = 7;         ///< 0: a node never thinks itself slow
  std::size_t serves_at_once = 16;  ///< large answers per 100 ms
  Mutant mutant = Mutant::none;

  [[nodiscard]] constexpr bool mutated(Mutant which) const { return kMutants && mutant == which; }
};

}  // namespace wattring::cluster
