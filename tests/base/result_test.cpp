// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace wattring {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::invalid_argument, "7 is odd", "use an even number");
  return n / 2;
}

TEST(Result, HoldsAValueOrAnErrorThatSaysWhatToDo) {
  EXPECT_EQ(half(8).value(), 4);
  const auto odd = half(7);
  ASSERT_FALSE(odd.has_value());
  EXPECT_EQ(odd.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(odd.error().text(), "7 is odd (use an even number)");
}

TEST(Result, AnErrorWithoutAHintIsItsMessageAlone) {
  const Result<int> failed = fail(ErrorCode::io, "disk went away");
  EXPECT_EQ(failed.error().text(), "disk went away");
}

TEST(Result, CarriesTypesThatOnlyMove) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 5);
}

TEST(Result, AResultOfNothingStillFails) {
  const Result<void> done{};
  EXPECT_TRUE(done.has_value());
  const Result<void> failed = fail(ErrorCode::busy, "full");
  EXPECT_FALSE(failed.has_value());
}

}  // namespace
}  // namespace wattring
