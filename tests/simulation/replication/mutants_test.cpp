// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "tests/simulation/replication/run.hpp"

/// Each rule that carries safety, broken: random runs have to notice. What they meet too seldom is in situations_test.

namespace wattring::replication {
namespace {

using sharding::Mutant;

constexpr std::uint64_t kSeedsMax = 400;

/// The first seed that shows it; 0: none did.
std::uint64_t killer(Mutant mutant, ShellMutant shell) {
  RunOptions options;
  options.mutant = mutant;
  options.shell = shell;
  for (options.seed = 1; options.seed <= kSeedsMax; ++options.seed)
    if (!run(options).violations.empty()) return options.seed;
  return 0;
}

struct CoreDefect {
  const char* name;
  Mutant mutant;
};

class CoreDefects : public testing::TestWithParam<CoreDefect> {};

TEST_P(CoreDefects, AreNoticed) {
  const std::uint64_t seed = killer(GetParam().mutant, ShellMutant::none);
  RecordProperty("seeds", std::to_string(seed));
  EXPECT_NE(seed, 0U);
}

INSTANTIATE_TEST_SUITE_P(Of, CoreDefects,
                         testing::Values(CoreDefect{"ReceiptBeforeCommit", Mutant::receipt_before_commit},
                                         CoreDefect{"AcksOfTheLiving", Mutant::acks_of_the_living},
                                         CoreDefect{"StandInCountsAsOwner", Mutant::stand_in_counts_as_owner},
                                         CoreDefect{"IgnoreReceiptRing", Mutant::ignore_receipt_ring},
                                         CoreDefect{"NoWriteFence", Mutant::no_write_fence},
                                         CoreDefect{"DropWhenNotMine", Mutant::drop_when_not_mine},
                                         CoreDefect{"DropAfterOne", Mutant::drop_after_one},
                                         CoreDefect{"TellBeforeCommit", Mutant::tell_before_commit},
                                         CoreDefect{"ClaimPrefix", Mutant::claim_prefix},
                                         CoreDefect{"RememberClaims", Mutant::remember_claims},
                                         CoreDefect{"FillFromOne", Mutant::fill_from_one},
                                         CoreDefect{"FillBeforeAdopt", Mutant::fill_before_adopt},
                                         CoreDefect{"CompleteUnfilled", Mutant::complete_unfilled},
                                         CoreDefect{"CompleteFromOne", Mutant::complete_from_one},
                                         CoreDefect{"IgnoreZones", Mutant::ignore_zones},
                                         CoreDefect{"IgnoreContent", Mutant::ignore_content}),
                         [](const auto& instance) { return std::string(instance.param.name); });

class ShellDefects : public testing::TestWithParam<ShellMutant> {};

TEST_P(ShellDefects, AreNoticed) {
  const std::uint64_t seed = killer(Mutant::none, GetParam());
  RecordProperty("seeds", std::to_string(seed));
  EXPECT_NE(seed, 0U) << to_string(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Of, ShellDefects,
                         testing::Values(ShellMutant::transfer_replaces, ShellMutant::transfer_claims_union,
                                         ShellMutant::facts_outside_claim, ShellMutant::boot_wipes_holder,
                                         ShellMutant::sequence_reused_after_commit_error,
                                         ShellMutant::old_writer_id_after_restore),
                         [](const auto& instance) { return std::string(to_string(instance.param)); });

}  // namespace
}  // namespace wattring::replication
