// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>

#include "node/meter/decimal.hpp"

namespace wattring::meter {
namespace {

/// Writes digits * 10^-scale the long way.
std::string write(std::int64_t digits, int scale) {
  std::string text = std::to_string(digits < 0 ? -digits : digits);
  if (scale > 0) {
    if (text.size() <= static_cast<std::size_t>(scale))
      text.insert(0, static_cast<std::size_t>(scale) + 1 - text.size(), '0');
    text.insert(text.size() - static_cast<std::size_t>(scale), ".");
  }
  return (digits < 0 ? "-" : "") + text;
}

TEST(DecimalProperty, WhatIsWrittenIsReadBackExactly) {
  EXPECT_TRUE(rc::check([] {
    const auto digits = *rc::gen::inRange<std::int64_t>(-999'999'999'999'999'999, 1'000'000'000'000'000'000);
    const int scale = *rc::gen::inRange(0, 19);
    const Result<Decimal> read = parse_decimal(write(digits, scale));
    RC_ASSERT(read.has_value());
    std::int64_t back = read->digits;
    RC_ASSERT(read->scale <= scale);
    for (int i = read->scale; i < scale; ++i) back *= 10;
    RC_ASSERT(back == digits);
  }));
}

TEST(DecimalProperty, RoundingIsNeverOffByMoreThanHalfAndTiesAreEven) {
  EXPECT_TRUE(rc::check([] {
    const auto digits = *rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000);
    const int scale = *rc::gen::inRange(0, 6);
    const auto numerator = *rc::gen::element<std::int64_t>(1, 10, 1000);
    const auto denominator = *rc::gen::element<std::int64_t>(1, 3, 100, 3600);
    const Scaled scaled = to_base_units({digits, scale}, {Dimension::active_energy, numerator, denominator});
    std::int64_t divisor = denominator;
    for (int i = 0; i < scale; ++i) divisor *= 10;
    const std::int64_t error = scaled.value * divisor - digits * numerator;
    RC_ASSERT((error == 0) == (scaled.fit == Fit::exact));
    RC_ASSERT(2 * std::abs(error) <= divisor);
    if (2 * std::abs(error) == divisor) RC_ASSERT(scaled.value % 2 == 0);
  }));
}

TEST(DecimalProperty, AnyBytesAreReadOrRefusedWithoutHarm) {
  EXPECT_TRUE(rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789.+-eE xX\xFF")));
    if (const Result<Decimal> read = parse_decimal(text)) {
      (void)to_base_units(*read, {Dimension::active_energy, 1'000'000'000, 1});
      (void)to_base_units(*read, {Dimension::active_energy, 1, 3600});
    }
  }));
}

}  // namespace
}  // namespace wattring::meter
