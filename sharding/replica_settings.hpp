// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.hpp"

namespace wattring::sharding {

/// Deliberate defects, one for each rule that carries safety: a test that does not notice its own is no test. They
/// exist only where WATTRING_MUTANTS is defined (the library that the simulation tests link).
enum class Mutant : std::uint8_t {
  none,
  receipt_before_commit,     ///< R3: a receipt when the bytes came, not when they are on the disk
  acks_of_the_living,        ///< R4: W = min(W, usable nodes)
  stand_in_counts_as_owner,  ///< R4b: DURABLE by any W receipts
  ignore_receipt_ring,       ///< R4b: receipts with a newer ring neither adopted nor judged
  no_write_fence,            ///< R4c: older rings need not be retired
  drop_when_not_mine,        ///< R9: no confirmation at all
  drop_after_one,            ///< R9: one owner's confirmation is enough
  drop_ignores_ring,         ///< R9: confirmations under another ring count
  tell_before_commit,        ///< R9, R11: tells what is still on its way to the disk
  claim_prefix,              ///< coverage: a sequence claims all before it
  remember_claims,           ///< R6: never asks a peer's present coverage again
  fill_from_one,             ///< R11: FILLED after one answer
  fill_before_adopt,         ///< R11: answers under the older ring count for a fill
  complete_unfilled,         ///< R11: complete without a FILLED owner
  complete_from_one,         ///< R11: complete without asking others
  complete_stays,            ///< H6: what was complete before a pause or long ago still is
  ignore_amnesia,            ///< H14: a disk that lost what it promised still counts
  ignore_forks,              ///< H12: a receipt for an entry whose name another content has
  ignore_content,            ///< R6: equal coverage is taken for equal facts
  ignore_zones,              ///< H8: both copies may be in one zone
  held_at_once,              ///< R4: who stands in is not waited past, though owners are about to answer
  no_hedge                   ///< R1: waits for the first targets, however long
};

#ifdef WATTRING_MUTANTS
inline constexpr bool kMutants = true;
#else
inline constexpr bool kMutants = false;
#endif

/// Defaults are the product's; the simulator varies them.
struct ReplicaSettings {
  std::int64_t hedge_ns = 250 * kNsPerMs;             ///< without a receipt for so long: to the next node too
  std::int64_t resend_max_ns = 2 * kNsPerSecond;      ///< the pause between sends of one pack doubles up to this
  std::int64_t write_timeout_ns = 10 * kNsPerSecond;  ///< then the outcome of a write is unknown
  std::int64_t digest_ns = 2 * kNsPerSecond;          ///< between two comparisons with a peer
  std::int64_t answer_ns = kNsPerSecond;              ///< an unanswered question is asked anew
  std::int64_t exchange_timeout_ns = 2 * kNsPerSecond;
  std::int64_t pull_timeout_ns = 10 * kNsPerSecond;
  std::int64_t content_ns = 60 * kNsPerSecond;     ///< between two shards whose facts are hashed and compared
  std::int64_t drop_wait_ns = 600 * kNsPerSecond;  ///< T_drop: without a ring change
  std::size_t window_bytes = 32U << 20U;           ///< sent to a peer and not receipted
  std::int64_t window_ns = kNsPerSecond;
  std::int64_t home_steady_ns = 60 * kNsPerSecond;  ///< a node that came back gets its homes back after so long
  std::int64_t home_steady_max_ns = 600 * kNsPerSecond;
  std::int64_t fresh_ns = kNsPerSecond;  ///< T_fresh: an exchange this old still makes an answer complete
  Mutant mutant = Mutant::none;

  [[nodiscard]] constexpr bool mutated(Mutant which) const { return kMutants && mutant == which; }
};

}  // namespace wattring::sharding
