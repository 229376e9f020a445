// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "tests/bench/peers/options.hpp"

namespace wattring::bench {

/// One connection to a store. One thread.
class Door {
 public:
  virtual ~Door() = default;
  /// Sends one batch and waits until the store has answered for it. True: taken; false: turned away for now.
  virtual Result<bool> send(std::string_view body, std::size_t lines) = 0;
  /// Waits for whatever the store still owes.
  virtual Result<void> finish() { return {}; }
};

[[nodiscard]] Result<std::unique_ptr<Door>> open_door(const Options& options);

}  // namespace wattring::bench
