// SPDX-License-Identifier: Apache-2.0
#pragma once

/// CHECK: an invariant of our own code. It aborts in every build type, because going on with a broken
/// invariant is how acknowledged data gets lost. Bytes from outside must never be able to reach one.

namespace wattring {

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace wattring

#define WATTRING_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::wattring::check_failed(#condition, __FILE__, __LINE__))
