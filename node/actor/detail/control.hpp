// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "node/actor/ask.hpp"
#include "node/actor/supervision.hpp"

/// Payloads of the runtime's own messages.

namespace wattring::actor::detail {

struct ChildFailure {
  Failure failure;
  std::uint32_t forgiven = 0;  ///< failures of a message now set aside
  bool quarantined = false;    ///< so that this failure does not count either
};

struct RestartOrder {
  std::int64_t delay_ms = 0;
  Failure failure;
};

struct TimerFired {
  std::string key;
  std::uint64_t number = 0;
};

struct Answered {
  std::uint64_t number = 0;
  AskResult result;
};

}  // namespace wattring::actor::detail
