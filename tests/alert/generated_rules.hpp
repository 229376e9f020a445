// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/prng.hpp"
#include "node/alert/rule.hpp"

/// Valid rules and profiles, drawn from a seed.

namespace wattring::test {

[[nodiscard]] alert::Rule any_rule(Prng& prng);
/// Of that kind.
[[nodiscard]] alert::Rule any_rule(Prng& prng, alert::RuleKind kind);
[[nodiscard]] alert::Profile any_profile(Prng& prng);

}  // namespace wattring::test
