// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "node/alert/rule.hpp"

/// Silence of meters and of whole sources (docs/metering/alerts.md, No data).

namespace wattring::alert {

/// Which source a meter belongs to under a no_data rule.
[[nodiscard]] std::string source_of(const Rule& rule, std::string_view meter);
/// The name under which a source has alerts.
[[nodiscard]] std::string source_meter(std::string_view source);
[[nodiscard]] bool is_source(std::string_view meter);

/// Rule and source.
using SourceKey = std::pair<std::string, std::string>;
struct Tally {
  std::uint64_t meters = 0;
  std::uint64_t silent = 0;
  std::uint32_t permille = 0;  ///< the rule's group share
};
using Tallies = std::map<SourceKey, Tally>;
void count(Tallies& tallies, const Rule& rule, std::string_view meter, bool silent);

}  // namespace wattring::alert
