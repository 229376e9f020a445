// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/alert/rule.hpp"
#include "node/alert/rule_toml.hpp"
#include "node/meter/registers.hpp"

/// The kinds of value a rule document holds. Each reader judges one value; its error goes on the sentence "KEY ...":
/// "needs a unit, for example ...". Pure.

namespace wattring::alert {

/// What a threshold counts, and how people write it.
struct Measure {
  meter::Dimension dimension = meter::Dimension::active_power;
  std::int64_t per_percent = 0;  ///< base units a percent; 0 = not written in percent, else in nothing else
  std::int64_t nominal = 0;      ///< voltage: percent of this are taken too
};
/// Of above, below and clear. reg: of the kinds that have a register.
[[nodiscard]] Measure measure_of(RuleKind kind, Register reg);

inline constexpr std::int64_t kQuantityMax = 1'000'000'000'000'000;  ///< base units, either sign

[[nodiscard]] Result<std::int64_t> as_quantity(const TomlValue& value, const Measure& measure);
/// What as_quantity() reads back: "9200W", "211.6V", "2.5%".
[[nodiscard]] std::string quantity_text(std::int64_t value, const Measure& measure);
/// percent % of the nominal value, half-even.
[[nodiscard]] std::int64_t percent_of(std::int64_t nominal, std::int64_t percent);

[[nodiscard]] Result<std::int64_t> as_duration(const TomlValue& value, std::int64_t min_ms, std::int64_t max_ms);
[[nodiscard]] Result<std::uint32_t> as_count(const TomlValue& value, std::uint32_t min, std::uint32_t max);
[[nodiscard]] Result<bool> as_bool(const TomlValue& value);
/// A TOML time with offset, or the same in quotes.
[[nodiscard]] Result<std::int64_t> as_time(const TomlValue& value);
/// 1..48 of a-z, 0-9 and "-".
[[nodiscard]] Result<std::string> as_name(const TomlValue& value);
/// Without control characters.
[[nodiscard]] Result<std::string> as_text(const TomlValue& value, std::size_t bytes_max);
/// One text or a list of them, each 1..64 bytes.
[[nodiscard]] Result<std::vector<std::string>> as_patterns(const TomlValue& value);
[[nodiscard]] Result<std::vector<std::string>> as_roster(const TomlValue& value);
[[nodiscard]] Result<std::string> as_zone(const TomlValue& value);
/// By alias, name or OBIS code; of a kind of register that the rule can use.
[[nodiscard]] Result<Register> as_register(const TomlValue& value, RuleKind kind);

}  // namespace wattring::alert
