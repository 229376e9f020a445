// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/invariants.hpp"

/// The promises of docs/protocols/membership.md. In the program that has the mutants compiled in, each check has to
/// notice its own.

namespace wattring::simulation {
namespace {

class MembershipInvariant : public testing::TestWithParam<Invariant> {};

std::string name_of(const testing::TestParamInfo<Invariant>& instance) {
  const std::string number = std::to_string(instance.param.number);
  return (number.size() < 2 ? "0" + number : number) + std::string(instance.param.promise);
}

#ifdef WATTRING_MUTANTS
TEST_P(MembershipInvariant, KillsItsMutant) {
  cluster::Settings settings;
  settings.mutant = GetParam().mutant;
  const std::vector<Violation> found = GetParam().check(settings);
  EXPECT_NE(std::ranges::count(found, GetParam().number, &Violation::invariant), 0) << to_text(found);
}
#else
TEST_P(MembershipInvariant, Holds) {
  const std::vector<Violation> found = GetParam().check({});
  EXPECT_TRUE(found.empty()) << to_text(found);
}
#endif

INSTANTIATE_TEST_SUITE_P(No, MembershipInvariant, testing::ValuesIn(invariants().begin(), invariants().end()), name_of);

}  // namespace
}  // namespace wattring::simulation
