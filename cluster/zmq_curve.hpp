// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "cluster/curve_keys.hpp"

namespace wattring::cluster {

/// Drawn from the operating system's randomness.
[[nodiscard]] CurvePair new_curve_pair();
/// Whether the halves of the pairs belong together and the list fits; what is said names no secret.
[[nodiscard]] Result<void> check_curve_keys(const CurveKeys& keys);

}  // namespace wattring::cluster
