// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/refusal.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/utf8.hpp"
#include "node/gateway/ingest_door.hpp"

namespace wattring::gateway {
namespace {

TEST(Refusals, EveryReasonHasItsOwnNameInTheApi) {
  std::set<std::string_view> names;
  for (int i = 1; i <= kReasonCount; ++i) names.insert(to_string(static_cast<Reason>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kReasonCount));
  EXPECT_FALSE(names.contains(""));
  EXPECT_EQ(to_string(Reason::bad_frame), "BAD_FRAME");
  EXPECT_EQ(to_string(Reason::precision), "PRECISION");
  EXPECT_EQ(to_string(Reason::ts_in_future), "TS_IN_FUTURE");
  EXPECT_EQ(to_string(Reason::not_enough_copies), "NOT_ENOUGH_COPIES");
  EXPECT_EQ(to_string(static_cast<Reason>(200)), "");
}

TEST(Refusals, ListsTheFirstHundredAndCountsTheRest) {
  Refusals refusals;
  for (std::uint32_t i = 1; i <= 250; ++i) refusals.add(i, i % 2 == 0 ? Reason::syntax : Reason::bad_unit, "x", "y");
  EXPECT_EQ(refusals.listed().size(), 100U);
  EXPECT_EQ(refusals.listed().back().line, 100U);
  EXPECT_EQ(refusals.total(), 250U);
  EXPECT_EQ(refusals.count(Reason::syntax), 125U);
  EXPECT_EQ(refusals.count(Reason::too_large), 0U);
}

TEST(Refusals, GotIsCutAndPrintable) {
  Refusals refusals;
  refusals.add(1, Reason::syntax, std::string("a\nb\0c\xFF", 6) + "\xC3\xA9");
  EXPECT_EQ(refusals.listed()[0].got, "a?b?c?\xC3\xA9");
  refusals.add(2, Reason::syntax, std::string(79, 'x') + "\xC3\xA9");
  EXPECT_EQ(refusals.listed()[1].got, std::string(79, 'x'));  // half a character would not be UTF-8
  refusals.add(3, Reason::syntax, std::string(1000, '\x01'));
  EXPECT_EQ(refusals.listed()[2].got, std::string(80, '?'));
  for (const Refusal& refusal : refusals.listed()) EXPECT_TRUE(valid_utf8(refusal.got));
}

TEST(AckClass, NamesAreThoseOfTheApi) {
  EXPECT_EQ(to_string(AckClass::single), "SINGLE");
  EXPECT_EQ(to_string(AckClass::held), "HELD");
  EXPECT_EQ(to_string(AckClass::durable), "DURABLE");
  EXPECT_EQ(to_string(AckClass::none), "NONE");
}

}  // namespace
}  // namespace wattring::gateway
