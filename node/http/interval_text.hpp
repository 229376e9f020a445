// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "node/http/query_door.hpp"
#include "node/meter/registers.hpp"

/// An answer about intervals as text.

namespace wattring::http {

[[nodiscard]] std::string intervals_json(const IntervalsQuery& query, const meter::RegisterInfo& info,
                                         const IntervalsAnswer& answer);

/// RFC 4180 with a header line and LF line ends; flags joined by "|", nothing for a missing value or method.
[[nodiscard]] std::string intervals_csv(const IntervalsQuery& query, const meter::RegisterInfo& info,
                                        const IntervalsAnswer& answer);

/// In quotes where a comma, a quote or a line end demands it.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace wattring::http
