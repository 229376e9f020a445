// SPDX-License-Identifier: Apache-2.0
#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace wattring {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "CHECK failed: %s at %s:%d. This is a bug in wattring; please report it.\n", condition, file,
               line);
  std::abort();
}

}  // namespace wattring
