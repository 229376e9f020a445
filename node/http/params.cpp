// SPDX-License-Identifier: Apache-2.0
#include "node/http/params.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/nearest.hpp"
#include "base/time.hpp"
#include "node/http/answers.hpp"
#include "node/http/exchange.hpp"

namespace wattring::http {
namespace {

constexpr std::size_t kTokenBytesMax = 256;
constexpr std::array<std::string_view, 3> kLevels{"any", "home", "quorum"};
constexpr std::int64_t kLatestMs = 253'402'300'799'999;  ///< end of year 9999

Failure unknown_parameter(std::string_view name, std::span<const std::string_view> accepted) {
  const std::string message = "unknown query parameter " + in_quotes(name);
  if (accepted.empty()) return invalid(message, "this path takes none");
  const auto meant = nearest(name, accepted);
  const std::string hint = meant ? "did you mean " + in_quotes(*meant) + "? " : "";
  return invalid(message, hint + "accepted: " + joined(accepted));
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "import" + "Wh" -> "import_wh", where that is a name that is understood.
std::vector<std::string> known_aliases() {
  std::vector<std::string> aliases;
  for (const meter::RegisterInfo& info : meter::all_registers()) {
    std::string alias(info.name);
    if (!meter::resolve_register(alias)) {
      alias += "_";
      for (const char c : meter::base_unit(info.dimension))
        alias.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    if (meter::resolve_register(alias)) aliases.push_back(std::move(alias));
  }
  return aliases;
}

std::string register_hint(std::string_view name) {
  const std::vector<std::string> aliases = known_aliases();
  const std::vector<std::string_view> views(aliases.begin(), aliases.end());
  const auto meant = nearest(name, views);
  return (meant ? "did you mean " + in_quotes(*meant) + "? " : "") +
         "accepted: an OBIS code such as 1-0:1.8.0, or an alias such as import_wh";
}

}  // namespace

Result<Params> Params::parse(std::string_view query, std::span<const std::string_view> accepted) {
  Params params;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == pair.npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value) return invalid("broken percent-encoding in " + in_quotes(pair), "write a literal % as %25");
    if (std::find(accepted.begin(), accepted.end(), *name) == accepted.end()) return unknown_parameter(*name, accepted);
    if (!params.values_.emplace(*name, std::move(*value)).second)
      return invalid("query parameter " + in_quotes(*name) + " is given twice", "give it once");
  }
  return params;
}

std::optional<std::string_view> Params::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<std::size_t> read_limit(const Params& params, std::size_t otherwise, std::size_t max, std::string_view more) {
  const auto text = params.get("limit");
  if (!text) return otherwise;
  const auto value = parse_integer(*text);
  if (!value || *value < 1 || static_cast<std::uint64_t>(*value) > max)
    return invalid("limit=" + std::string(text->substr(0, 40)) + " is not accepted",
                   "an integer from 1 to " + std::to_string(max) + "; " + std::string(more));
  return static_cast<std::size_t>(*value);
}

Result<std::int64_t> read_time(std::string_view name, std::string_view text) {
  std::optional<std::int64_t> value = parse_integer(text);
  if (!value) {
    std::string candidate(text);
    // An offset's plus that was not percent-encoded has been decoded to a space.
    if (const std::size_t space = candidate.rfind(' '); space != candidate.npos && space > 10) candidate[space] = '+';
    if (const auto parsed = parse_rfc3339(candidate)) value = *parsed;
  }
  if (!value || *value < 0 || *value > kLatestMs)
    return invalid(std::string(name) + "=" + std::string(text.substr(0, 40)) + " is not a time",
                   "RFC 3339 with an offset, such as 2026-02-11T13:02:11Z, or integer milliseconds since 1970");
  return *value;
}

Result<TimeRange> read_range(const Params& params, std::int64_t now_ms, std::int64_t span_max_ms) {
  TimeRange range{0, now_ms};
  if (const auto text = params.get("to")) {
    const auto to = read_time("to", *text);
    if (!to) return tl::unexpected(to.error());
    range.to_ms = *to;
  }
  range.from_ms = std::max<std::int64_t>(0, range.to_ms - kMsPerDay);
  if (const auto text = params.get("from")) {
    const auto from = read_time("from", *text);
    if (!from) return tl::unexpected(from.error());
    range.from_ms = *from;
  }
  if (range.from_ms >= range.to_ms)
    return invalid("from " + format_rfc3339(range.from_ms) + " is not before to " + format_rfc3339(range.to_ms),
                   "from is inclusive, to is exclusive; without \"to\" it is now");
  if (range.to_ms - range.from_ms > span_max_ms)
    return invalid("the range is " + std::to_string((range.to_ms - range.from_ms) / kMsPerDay) + " days long",
                   "at most " + std::to_string(span_max_ms / kMsPerDay) + " days in one request; ask in parts");
  return range;
}

Result<meter::RegisterName> read_register(const Params& params) {
  const auto text = params.get("register");
  if (!text) return invalid("the query parameter \"register\" is missing", register_hint({}));
  const auto found = meter::resolve_register(*text);
  if (!found) return invalid("unknown register " + in_quotes(*text), register_hint(*text));
  return *found;
}

Result<Consistency> read_consistency(const Params& params) {
  Consistency wanted;
  if (const auto level = params.get("level")) {
    const auto found = std::find(kLevels.begin(), kLevels.end(), *level);
    if (found == kLevels.end())
      return invalid("level=" + std::string(level->substr(0, 40)) + " is not accepted", "accepted: " + joined(kLevels));
    wanted.level = static_cast<Level>(found - kLevels.begin());
  }
  if (const auto token = params.get("token")) {
    if (token->size() > kTokenBytesMax)
      return invalid("the token is " + std::to_string(token->size()) + " bytes long",
                     "give it as an ingest reply gave it; at most 256 bytes");
    wanted.token = *token;
  }
  return wanted;
}

}  // namespace wattring::http
