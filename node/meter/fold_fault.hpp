// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/fact.hpp"

namespace wattring::meter {

/// A door for tests: called for each fact before it is folded; may throw, or end the process. Nobody has one in
/// production.
class FoldFault {
 public:
  virtual ~FoldFault() = default;
  virtual void folding(std::string_view meter, const Fact& fact) = 0;
};

}  // namespace wattring::meter
