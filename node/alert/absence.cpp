// SPDX-License-Identifier: Apache-2.0
#include "node/alert/absence.hpp"

namespace wattring::alert {
namespace {
constexpr std::string_view kSourcePrefix = "source:";
}
std::string source_of(const Rule& rule, std::string_view meter) {
  if (rule.group_separator.empty()) return rule.name;
  const std::size_t end = meter.find(rule.group_separator);
  return std::string(meter.substr(0, end));
}

std::string source_meter(std::string_view source) {
  return std::string(kSourcePrefix) + std::string(source);
}

bool is_source(std::string_view meter) {
  return meter.starts_with(kSourcePrefix);
}

void count(Tallies& tallies, const Rule& rule, std::string_view meter, bool silent) {
  Tally& tally = tallies[{rule.name, source_of(rule, meter)}];
  ++tally.meters;
  tally.silent += silent ? 1 : 0;
  tally.permille = rule.group_permille;
}

}  // namespace wattring::alert
