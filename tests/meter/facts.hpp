// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/fact.hpp"
#include "base/time.hpp"

/// Facts for tests, made in one line.

namespace wattring::test {

inline constexpr Register kImport = obis(1, 0, 1, 8, 0);
/// 2023-10-22T00:00:00Z, a Sunday.
inline constexpr std::int64_t kDay0 = 1'697'932'800'000;

inline Fact reading(std::int64_t time_ms, std::int64_t value, Quality quality = Quality::actual) {
  Fact fact;
  fact.reg = kImport;
  fact.start_ms = time_ms;
  fact.end_ms = time_ms;
  fact.value = value;
  fact.quality = quality;
  return fact;
}

inline Fact amount(std::int64_t start_ms, std::int64_t end_ms, std::int64_t value, Quality quality = Quality::actual) {
  Fact fact = reading(start_ms, value, quality);
  fact.end_ms = end_ms;
  return fact;
}

/// Readings at minutes after kDay0.
inline std::vector<Fact> readings(std::initializer_list<std::pair<std::int64_t, std::int64_t>> minute_and_value) {
  std::vector<Fact> facts;
  for (const auto& [minute, value] : minute_and_value) facts.push_back(reading(kDay0 + minute * kMsPerMinute, value));
  return facts;
}

}  // namespace wattring::test
