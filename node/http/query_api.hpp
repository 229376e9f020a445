// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "node/http/alert_door.hpp"
#include "node/http/cluster_reads.hpp"
#include "node/http/doors.hpp"
#include "node/http/exchange.hpp"
#include "node/http/query_door.hpp"

namespace wattring::http {

/// Data out: meters, readings, intervals. Any thread; every request is bounded by a limit or a longest range.
class QueryApi {
 public:
  static constexpr std::size_t kMetersDefault = 100;
  static constexpr std::size_t kMetersMax = 10'000;
  static constexpr std::size_t kReadingsDefault = 1'000;
  static constexpr std::size_t kReadingsMax = 10'000;
  static constexpr std::int64_t kRangeDaysMax = 3'660;   ///< ten years
  static constexpr std::int64_t kIntervalsMax = 40'000;  ///< 15 minutes of 416 days

  QueryApi(QueryDoor& door, const Doors& doors, const Clock& clock, std::string node_name)
      : door_(door), alerts_(doors.alerts), reads_(doors.peers), clock_(clock), node_name_(std::move(node_name)) {}

  [[nodiscard]] Response meters(const Request& request) const;
  [[nodiscard]] Response meter(const Request& request, std::string_view id) const;
  [[nodiscard]] Response readings(const Request& request, std::string_view id) const;
  [[nodiscard]] Response intervals(const Request& request, std::string_view id) const;

 private:
  [[nodiscard]] Response meter_here(std::string_view id, const Standing& standing) const;
  [[nodiscard]] Response readings_here(const ReadingsQuery& query, const meter::RegisterInfo& info,
                                       const Standing& standing) const;
  [[nodiscard]] Response intervals_here(const IntervalsQuery& query, const meter::RegisterInfo& info, bool csv,
                                        const Standing& standing) const;
  void write_open_alerts(JsonWriter& json, std::string_view id) const;

  QueryDoor& door_;
  AlertDoor* alerts_;
  const ClusterReads reads_;
  const Clock& clock_;
  const std::string node_name_;
};

/// The status and body that an Error becomes: invalid_argument 400, not_found 404, busy and no_space 503, else 500.
[[nodiscard]] Response respond_to(const Error& error);

/// What the API calls the quality of a single reading.
[[nodiscard]] std::string_view api_quality(Quality quality);

}  // namespace wattring::http
