// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "node/alert/evaluation.hpp"
#include "node/alert/rule.hpp"

namespace wattring::alert {

/// The first end of a window of the rule that lies behind the instant.
[[nodiscard]] Result<std::int64_t> next_window_end_ms(const Rule& rule, std::int64_t time_ms);

/// Start of the first fact of the register that a rule may look at and that starts after the instant.
[[nodiscard]] Result<std::optional<std::int64_t>> first_fact_after(MeterHistory& data, Register reg,
                                                                   std::int64_t time_ms);

/// Start of the first fact after the instant that repeats the value of the one before it.
[[nodiscard]] Result<std::optional<std::int64_t>> first_repeat_after(MeterHistory& data, Register reg,
                                                                     std::int64_t time_ms);

/// End of the last window of the rule that a fact at that time can still be in: what is known of it is final only when
/// the meter's readings have passed it. For daily kinds: of the first night or day that ends after it.
[[nodiscard]] Result<std::int64_t> window_end_ms(const Rule& rule, std::int64_t time_ms);

/// Start of the first reading (no text, not missing) that starts after the instant; nothing when there is none.
[[nodiscard]] Result<std::optional<std::int64_t>> first_reading_after(MeterHistory& data, std::int64_t time_ms);

}  // namespace wattring::alert
