// SPDX-License-Identifier: Apache-2.0
#include "node/sim/shapes.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

std::int64_t at(std::string_view text) {
  return *parse_rfc3339(text);
}

TEST(LocalTime, ChangesOnTheLastSundaysOfMarchAndOctober) {
  EXPECT_FALSE(local_time(at("2024-03-31T00:59:59Z")).summer);
  EXPECT_TRUE(local_time(at("2024-03-31T01:00:00Z")).summer);
  EXPECT_EQ(local_time(at("2024-03-31T01:00:00Z")).hour, 3);
  EXPECT_TRUE(local_time(at("2025-10-26T00:59:59Z")).summer);
  EXPECT_FALSE(local_time(at("2025-10-26T01:00:00Z")).summer);
  EXPECT_EQ(local_time(at("2025-10-26T01:00:00Z")).hour, 2);
}

TEST(LocalTime, KnowsDateAndWeekdayAcrossMidnight) {
  const LocalTime time = local_time(at("2023-12-31T23:30:05Z"));
  EXPECT_EQ(time.year, 2024);
  EXPECT_EQ(time.month, 1);
  EXPECT_EQ(time.day, 1);
  EXPECT_EQ(time.weekday, 0);
  EXPECT_EQ(time.hour, 0);
  EXPECT_EQ(time.minute, 30);
  EXPECT_EQ(time.second, 5);
  EXPECT_EQ(time.day_of_year, 0);
}

TEST(LocalTime, IsInvertedByUtcFromLocal) {
  for (std::int64_t ms = at("2024-01-01T00:00:00Z"); ms < at("2025-01-01T00:00:00Z"); ms += 47 * kMsPerMinute) {
    const LocalTime time = local_time(ms);
    EXPECT_EQ(utc_from_local(time.year, time.month, time.day, time.hour, time.minute, time.second, time.summer), ms);
  }
}

TEST(Shape, TheSunShinesAtNoonAndNotAtNight) {
  for (const std::string_view day : {"2024-01-15", "2024-06-21", "2024-10-01"}) {
    EXPECT_EQ(shape_at(at(std::string(day) + "T00:30:00Z"), 1).solar_w, 0) << day;
    EXPECT_GT(shape_at(at(std::string(day) + "T12:00:00Z"), 1).solar_w, 100) << day;
  }
}

TEST(Shape, SummerDaysAreLongerThanWinterDays) {
  EXPECT_GT(shape_at(at("2024-06-21T18:00:00Z"), 1).solar_w, 0);
  EXPECT_EQ(shape_at(at("2024-12-21T18:00:00Z"), 1).solar_w, 0);
}

TEST(Shape, PlantsWorkOnWorkingDays) {
  const std::int64_t tuesday = shape_at(at("2024-06-18T09:00:00Z"), 1).industry_w;
  const std::int64_t sunday = shape_at(at("2024-06-16T09:00:00Z"), 1).industry_w;
  EXPECT_GT(tuesday, 4 * sunday);
}

TEST(Shape, HomesPeakInTheEvening) {
  EXPECT_GT(shape_at(at("2024-06-18T17:00:00Z"), 1).household_w,
            3 * shape_at(at("2024-06-18T01:00:00Z"), 1).household_w);
}

TEST(Shape, TheDayTariffHoldsFromSevenToTenOnWorkingDays) {
  EXPECT_FALSE(shape_at(at("2024-06-18T04:59:59Z"), 1).day_tariff);
  EXPECT_TRUE(shape_at(at("2024-06-18T05:00:00Z"), 1).day_tariff);
  EXPECT_TRUE(shape_at(at("2024-06-18T19:59:59Z"), 1).day_tariff);
  EXPECT_FALSE(shape_at(at("2024-06-18T20:00:00Z"), 1).day_tariff);
  EXPECT_FALSE(shape_at(at("2024-06-16T10:00:00Z"), 1).day_tariff);
}

}  // namespace
}  // namespace wattring::sim
