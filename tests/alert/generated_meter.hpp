// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/prng.hpp"
#include "node/alert/rule.hpp"
#include "tests/support/meter_fake.hpp"

namespace wattring::test {

/// A rule, a meter with what it looks at, and the time in which that happens.
struct Scene {
  alert::Rule rule;
  MeterFake meter;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::int64_t now_ms = 0;
};
/// Gaps, falls, glitches, conflicts, missing values and dark registers; thresholds that the values cross.
[[nodiscard]] Scene any_scene(Prng& prng, alert::RuleKind kind);
/// Another fact of a register that the meter has.
[[nodiscard]] Fact another_fact(Prng& prng, Scene& scene, Register reg);

}  // namespace wattring::test
