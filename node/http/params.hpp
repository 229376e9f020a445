// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "node/http/peers_door.hpp"
#include "node/meter/registers.hpp"

/// Query parameters. Strict, because a misspelt parameter that is ignored gives an answer to another question. Every
/// error is invalid_argument and says what was got and what is accepted.

namespace wattring::http {

class Params {
 public:
  /// Refuses names that are not accepted, names given twice and broken percent-encoding.
  [[nodiscard]] static Result<Params> parse(std::string_view query, std::span<const std::string_view> accepted);

  /// Nothing when absent. An empty value counts as absent.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// Parameter "limit": 1..max. more: how to get at what it cuts off.
[[nodiscard]] Result<std::size_t> read_limit(const Params& params, std::size_t otherwise, std::size_t max,
                                             std::string_view more = "page on with \"after\"");

struct TimeRange {
  std::int64_t from_ms = 0;  ///< inclusive
  std::int64_t to_ms = 0;    ///< exclusive
};
/// Parameters "from" and "to": RFC 3339 or integer ms. Without "to": now; without "from": 24 h before "to".
[[nodiscard]] Result<TimeRange> read_range(const Params& params, std::int64_t now_ms, std::int64_t span_max_ms);

/// One instant: RFC 3339 (a "+" of the offset may have become a space) or integer ms, years 1970 to 9999.
[[nodiscard]] Result<std::int64_t> read_time(std::string_view name, std::string_view text);

/// Parameter "register", required: an OBIS code or an alias.
[[nodiscard]] Result<meter::RegisterName> read_register(const Params& params);

struct Consistency {
  Level level = Level::home;
  std::string token;  ///< of an ingest reply, whose readings the answer must include; empty: none
};
/// Parameters "level" (any, home, quorum) and "token" (at most 256 bytes).
[[nodiscard]] Result<Consistency> read_consistency(const Params& params);

}  // namespace wattring::http
