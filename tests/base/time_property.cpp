// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/time.hpp"

namespace wattring {
namespace {

const std::int64_t kYear0Ms = days_from_civil({0, 1, 1}) * kMsPerDay;
const std::int64_t kYear10000Ms = days_from_civil({10000, 1, 1}) * kMsPerDay;

rc::Gen<std::int64_t> any_printable_ms() {
  return rc::gen::inRange(kYear0Ms, kYear10000Ms);
}

TEST(TimeProperty, EveryTimeIsReadBackFromItsText) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t time_ms = *any_printable_ms();
    const auto parsed = parse_rfc3339(format_rfc3339(time_ms));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == time_ms);
  }));
}

TEST(TimeProperty, TextsSortLikeTheirTimes) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t a = floor_to(*any_printable_ms(), kMsPerSecond);
    const std::int64_t b = floor_to(*any_printable_ms(), kMsPerSecond);
    RC_ASSERT((a < b) == (format_rfc3339(a) < format_rfc3339(b)));
  }));
}

TEST(TimeProperty, TheCalendarAgreesWithCountingDayByDay) {
  static constexpr int kDaysOf[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t day = days_from_civil({1896, 1, 1});
  for (int year = 1896; year < 2110; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    for (int month = 1; month <= 12; ++month) {
      const int days = kDaysOf[month - 1] + (month == 2 && leap ? 1 : 0);
      for (int date = 1; date <= days; ++date, ++day) {
        ASSERT_EQ(days_from_civil({year, month, date}), day);
        const CivilDate back = civil_from_days(day);
        ASSERT_EQ(back.year * 10000 + back.month * 100 + back.day, year * 10000 + month * 100 + date);
      }
    }
  }
}

TEST(TimeProperty, FloorAndCeilingEncloseTheTime) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t time_ms = *any_printable_ms();
    const std::int64_t step_ms = *rc::gen::inRange<std::int64_t>(1, kMsPerDay);
    const std::int64_t below = floor_to(time_ms, step_ms);
    const std::int64_t above = ceil_to(time_ms, step_ms);
    RC_ASSERT(below <= time_ms && time_ms <= above);
    RC_ASSERT(below % step_ms == 0 && above % step_ms == 0);
    RC_ASSERT(above - below == (time_ms % step_ms == 0 ? 0 : step_ms));
  }));
}

TEST(TimeProperty, DurationsAreReadBackFromTheirText) {
  EXPECT_TRUE(rc::check([] {
    const auto duration_ms = *rc::gen::inRange<std::int64_t>(0, 30 * 365 * kMsPerDay);
    RC_ASSERT(parse_duration_ms(format_duration_ms(duration_ms)).value() == duration_ms);
  }));
}

TEST(TimeProperty, AnyTextIsATimeOrARefusal) {
  EXPECT_TRUE(rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789-:.TZ+ ms")));
    if (const auto parsed = parse_rfc3339(text); parsed.has_value()) {
      RC_ASSERT(parse_rfc3339(format_rfc3339(*parsed)).value() == *parsed);
    }
    if (const auto parsed = parse_duration_ms(text); parsed.has_value()) RC_ASSERT(*parsed >= 0);
  }));
}

}  // namespace
}  // namespace wattring
