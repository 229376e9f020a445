// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "node/ctl/session.hpp"
#include "node/meter/zone.hpp"

/// What the meter verbs share: addresses of the API, times as people give them, which registers make up the energy.

namespace wattring::ctl {

struct TimeSpan {
  std::int64_t from_ms = 0;  ///< inclusive
  std::int64_t to_ms = 0;    ///< exclusive
};

/// An instant: RFC 3339, a day ("2026-02-11": its midnight in the zone), or back or ahead of now ("-24h", "+2h").
[[nodiscard]] Outcome<std::int64_t> parse_when(std::string_view text, std::int64_t now_ms, const meter::Zone& zone);
/// from = to - otherwise_ms and to = now when they are empty.
[[nodiscard]] Outcome<TimeSpan> parse_span(const std::string& from, const std::string& to, std::int64_t otherwise_ms,
                                           std::int64_t now_ms, const std::string& zone);
/// The zone, or what is wrong with its name.
[[nodiscard]] Outcome<meter::Zone> find_zone(const std::string& name);

/// GET /api/v1/meters/{id}.
[[nodiscard]] Outcome<Json> fetch_meter(Session& session, const std::string& meter);
/// GET .../intervals for this span.
[[nodiscard]] Outcome<Json> fetch_intervals(Session& session, const std::string& meter,
                                            const std::string& register_name, std::string_view every, TimeSpan span,
                                            const std::string& zone);
/// Visits the readings of all pages of GET .../readings, oldest first; true when the node says they are complete.
[[nodiscard]] Outcome<bool> visit_readings(Session& session, const std::string& meter, const std::string& register_name,
                                           TimeSpan span, const std::function<void(const Json&)>& visit);

enum class Direction { imported, exported };
/// OBIS codes of the registers that add up to the energy of that direction: the total, or else the tariffs.
[[nodiscard]] std::vector<std::string> energy_registers(const Json& meter, Direction direction);
/// OBIS codes of all its registers that only rise.
[[nodiscard]] std::vector<std::string> cumulative_registers(const Json& meter);

/// The `flags` as one word, "gap|pending"; "-" when there is none.
[[nodiscard]] std::string flags_text(const Json& flags, std::string_view otherwise);

}  // namespace wattring::ctl
