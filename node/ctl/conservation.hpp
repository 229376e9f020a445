// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// An independent check of the promise that a register's intervals add up to what the register rose by. Pure.

namespace wattring::ctl {

struct Sample {
  std::int64_t time_ms;
  std::int64_t value;  ///< of the register, base units
};
struct Slot {
  std::int64_t start_ms;
  std::int64_t end_ms;
  std::optional<std::int64_t> value;  ///< base units; nothing when missing
  std::vector<std::string> flags;
};

struct Conservation {
  std::uint64_t checked = 0;                      ///< intervals inside what was compared
  std::map<std::string, std::uint64_t> left_out;  ///< why -> intervals: a flag, "missing", or "edge"
  std::int64_t sum = 0;                           ///< of the checked intervals
  std::int64_t rise = 0;                          ///< of the register over them
  struct Difference {
    std::int64_t from_ms;
    std::int64_t to_ms;
    std::int64_t sum;
    std::int64_t rise;
  };
  std::vector<Difference> differences;
};

/// Samples and slots ascending by time, slots without overlap. Cuts the slots at what one subtraction cannot judge (a
/// missing value, an exchange, reset, rollover, glitch, jitter, fall, a partial or open interval) and compares each
/// piece between its first and last boundary at which the register is known: by a reading there, or between two
/// readings at most two hours apart, where R(b) = R0 + floor((R1 - R0) * (b - t0) / (t1 - t0)).
[[nodiscard]] Conservation check_conservation(std::span<const Sample> samples, std::span<const Slot> slots);

}  // namespace wattring::ctl
