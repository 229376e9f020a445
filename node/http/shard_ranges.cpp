// SPDX-License-Identifier: Apache-2.0
#include "node/http/shard_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/limits.hpp"

namespace wattring::http {
namespace {

std::optional<std::uint16_t> number_of(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string shard_ranges(const std::vector<std::uint16_t>& shards) {
  std::string out;
  for (std::size_t i = 0; i < shards.size();) {
    std::size_t last = i;
    while (last + 1 < shards.size() && shards[last + 1] == shards[last] + 1) ++last;
    out += (out.empty() ? "" : ",") + std::to_string(shards[i]);
    if (last > i) out += "-" + std::to_string(shards[last]);
    i = last + 1;
  }
  return out;
}

Result<std::vector<std::uint16_t>> read_shard_ranges(std::string_view text) {
  std::vector<std::uint16_t> shards;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    const std::size_t dash = std::min(one.find('-'), one.size());
    const auto first = number_of(one.substr(0, dash));
    const auto last = dash == one.size() ? first : number_of(one.substr(dash + 1));
    if (!first || !last || *last < *first || *last >= kShardsMax)
      return fail(ErrorCode::invalid_argument, "\"" + std::string(one.substr(0, 40)) + "\" is no shard",
                  "numbers and ranges of them, as the refusal lists them: 12,40-43");
    for (std::uint16_t shard = *first; shard <= *last; ++shard) shards.push_back(shard);
  }
  std::ranges::sort(shards);
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  return shards;
}

}  // namespace wattring::http
