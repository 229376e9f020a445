// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "base/fact.hpp"

namespace wattring {
namespace {

/// Few distinct values, so that ties in every field are common.
rc::Gen<Fact> conflicting_fact() {
  return rc::gen::build<Fact>(
      rc::gen::set(&Fact::value, rc::gen::inRange<std::int64_t>(0, 4)),
      rc::gen::set(&Fact::revision, rc::gen::inRange<std::uint64_t>(0, 3)),
      rc::gen::set(&Fact::quality, rc::gen::map(rc::gen::inRange(0, 6), [](int q) { return static_cast<Quality>(q); })),
      rc::gen::set(&Fact::method, rc::gen::inRange<std::uint8_t>(0, 3)),
      rc::gen::set(&Fact::flags, rc::gen::inRange<std::uint8_t>(0, 8)));
}

TEST(FactProperty, EveryRegisterIsReadBackFromItsText) {
  EXPECT_TRUE(rc::check([] {
    const auto groups = *rc::gen::container<std::vector<unsigned>>(6, rc::gen::inRange(0U, 256U));
    const Register reg = obis(groups[0], groups[1], groups[2], groups[3], groups[4], groups[5]);
    const auto parsed = parse_obis(format_obis(reg));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == reg);
  }));
}

TEST(FactProperty, AnyTextIsACodeOrARefusal) {
  EXPECT_TRUE(rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789-:.* x")));
    const auto parsed = parse_obis(text);
    if (parsed.has_value()) RC_ASSERT(parse_obis(format_obis(*parsed)).value() == *parsed);
  }));
}

TEST(FactProperty, TheConflictOrderIsTotalOverIdentities) {
  EXPECT_TRUE(rc::check([] {
    const Fact a = *conflicting_fact();
    const Fact b = *conflicting_fact();
    const Fact c = *conflicting_fact();
    const auto less = [](const Fact& x, const Fact& y) { return compare_for_conflict(x, y) < 0; };
    const bool equal = compare_for_conflict(a, b) == 0;
    RC_ASSERT(equal == same_identity(a, b));
    RC_ASSERT(equal || less(a, b) != less(b, a));
    RC_ASSERT(!(less(a, b) && less(b, c)) || less(a, c));
  }));
}

TEST(FactProperty, TheWinnerDoesNotDependOnTheOrderOfArrival) {
  EXPECT_TRUE(rc::check([] {
    auto facts = *rc::gen::nonEmpty(rc::gen::container<std::vector<Fact>>(conflicting_fact()));
    const auto less = [](const Fact& a, const Fact& b) { return compare_for_conflict(a, b) < 0; };
    const Fact winner = *std::max_element(facts.begin(), facts.end(), less);
    std::reverse(facts.begin(), facts.end());
    std::rotate(facts.begin(), facts.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(facts)), facts.end());
    RC_ASSERT(same_identity(winner, *std::max_element(facts.begin(), facts.end(), less)));
  }));
}

}  // namespace
}  // namespace wattring
