// SPDX-License-Identifier: Apache-2.0
#include "node/meter/decimal.hpp"

#include <gtest/gtest.h>

#include <string>

namespace wattring::meter {
namespace {

void expect_decimal(std::string_view text, std::int64_t digits, int scale) {
  const Result<Decimal> value = parse_decimal(text);
  ASSERT_TRUE(value.has_value()) << text;
  EXPECT_EQ(value->digits, digits) << text;
  EXPECT_EQ(value->scale, scale) << text;
}

TEST(Decimal, KeepsEveryDigit) {
  expect_decimal("0", 0, 0);
  expect_decimal("3432.827", 3432827, 3);
  expect_decimal("-12.5", -125, 1);
  expect_decimal("+7", 7, 0);
  expect_decimal(".06", 6, 2);
  expect_decimal("5.", 5, 0);
  expect_decimal("00032549.5061662", 325495061662, 7);
  expect_decimal("999999999999999999", 999999999999999999, 0);
  expect_decimal("0.000000000000000001", 1, 18);
}

TEST(Decimal, ZerosThatSayNothingAreDropped) {
  expect_decimal("1.500", 15, 1);
  expect_decimal("1.000", 1, 0);
  expect_decimal("0.000", 0, 0);
  expect_decimal("-0", 0, 0);
  expect_decimal("000000000000000000000000000012", 12, 0);
  expect_decimal("1.20000000000000000000000000000000", 12, 1);
  expect_decimal("0.00000000000000000000000000000001", 1, 32);
  expect_decimal("100.05", 10005, 2);
}

TEST(Decimal, Exponents) {
  expect_decimal("1e3", 1, -3);
  expect_decimal("1.5E+3", 15, -2);
  expect_decimal("25e-2", 25, 2);
  expect_decimal("100e-2", 1, 0);
  expect_decimal("0e999999999999999999999", 0, 0);
  EXPECT_EQ(parse_decimal("1e99999999999999999999")->scale, -10'000);
}

TEST(Decimal, WhatIsNoNumberIsRefused) {
  for (const std::string_view text : {"", ".", "-", "+", "e5", "1e", "1e+", "1e5x", "NaN", "inf", "0x10", " 1", "1 ",
                                      "1,5", "1.2.3", "--1", "1-", "\xEF\xBC\x91"})
    EXPECT_FALSE(parse_decimal(text)) << text;
}

TEST(Decimal, MoreThan18SignificantDigitsAreRefused) {
  EXPECT_FALSE(parse_decimal("1234567890123456789"));
  EXPECT_FALSE(parse_decimal("0.1234567890123456789"));
  EXPECT_FALSE(parse_decimal("1000000000000000000000000000"));
  EXPECT_TRUE(parse_decimal("0.0000123456789012345678"));
}

void expect_scaled(std::string_view text, std::int64_t numerator, std::int64_t denominator, std::int64_t value,
                   Fit fit) {
  const Scaled scaled = to_base_units(*parse_decimal(text), {Dimension::active_energy, numerator, denominator});
  EXPECT_EQ(scaled.fit, fit) << text;
  if (fit != Fit::out_of_range) {
    EXPECT_EQ(scaled.value, value) << text;
  }
}

TEST(ToBaseUnits, ExactWhenTheUnitHoldsEveryDigit) {
  expect_scaled("3432.827", 1000, 1, 3432827, Fit::exact);
  expect_scaled("-0.5", 1000, 1, -500, Fit::exact);
  expect_scaled("7200", 1, 3600, 2, Fit::exact);
  expect_scaled("1e6", 1000, 1, 1'000'000'000, Fit::exact);
  expect_scaled("9223372036854.775", 1000, 1, 9'223'372'036'854'775, Fit::exact);
}

TEST(ToBaseUnits, HalvesGoToTheEvenNeighbour) {
  expect_scaled("0.5", 1, 1, 0, Fit::rounded);
  expect_scaled("1.5", 1, 1, 2, Fit::rounded);
  expect_scaled("2.5", 1, 1, 2, Fit::rounded);
  expect_scaled("-0.5", 1, 1, 0, Fit::rounded);
  expect_scaled("-1.5", 1, 1, -2, Fit::rounded);
  expect_scaled("-2.5", 1, 1, -2, Fit::rounded);
  expect_scaled("2.5000000000000001", 1, 1, 3, Fit::rounded);
  expect_scaled("2.4999999999999999", 1, 1, 2, Fit::rounded);
  expect_scaled("32549.5061662", 1000, 1, 32549506, Fit::rounded);
  expect_scaled("1800", 1, 3600, 0, Fit::rounded);
  expect_scaled("5400", 1, 3600, 2, Fit::rounded);
}

TEST(ToBaseUnits, TinyValuesRoundToZeroAndHugeOnesDoNotFit) {
  expect_scaled("1e-300", 1000, 1, 0, Fit::rounded);
  expect_scaled("0.00000000000000000000000000000000001", 1'000'000'000, 1, 0, Fit::rounded);
  expect_scaled("1e18", 10, 1, 0, Fit::out_of_range);
  expect_scaled("1e300", 1, 3600, 0, Fit::out_of_range);
  expect_scaled("-1e19", 1, 1, 0, Fit::out_of_range);
  expect_scaled("1e19", 1, 3600, 2'777'777'777'777'778, Fit::rounded);
  expect_scaled("0e300", 1, 1, 0, Fit::exact);
}

}  // namespace
}  // namespace wattring::meter
