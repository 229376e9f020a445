// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "node/meter/intervals.hpp"

namespace wattring::meter {
namespace {

constexpr std::array<std::string_view, 4> kEveryNames{"15m", "1h", "1d", "1mo"};
constexpr std::array<std::string_view, 5> kQualityNames{"actual", "interpolated", "estimated", "edited", "missing"};
/// By bit of IntervalFlag.
constexpr std::array<std::string_view, 11> kFlagNames{"gap",     "exchange", "glitch",   "rollover", "jitter", "reset",
                                                      "suspect", "pending",  "conflict", "rounded",  "partial"};

}  // namespace

std::optional<Every> parse_every(std::string_view text) {
  for (std::size_t i = 0; i < kEveryNames.size(); ++i)
    if (text == kEveryNames[i]) return static_cast<Every>(i);
  return std::nullopt;
}

std::string_view to_string(Every every) {
  return kEveryNames[static_cast<std::size_t>(every)];
}

std::string_view to_string(IntervalQuality quality) {
  return kQualityNames[static_cast<std::size_t>(quality)];
}

std::vector<std::string_view> flag_names(std::uint32_t flags) {
  std::vector<std::string_view> names;
  for (std::size_t bit = 0; bit < kFlagNames.size(); ++bit)
    if ((flags & (1U << bit)) != 0) names.push_back(kFlagNames[bit]);
  return names;
}

}  // namespace wattring::meter
