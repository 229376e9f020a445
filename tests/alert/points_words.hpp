// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "node/alert/points.hpp"
#include "node/alert/rule_document.hpp"
#include "tests/support/meter_fake.hpp"

/// What tests of points say in one line.

namespace wattring::alert {

inline std::int64_t at(std::string_view time) {
  return *parse_rfc3339(time);
}
inline constexpr std::int64_t kMin = kMsPerMinute;
inline constexpr std::int64_t kLater = 4'000'000'000'000;  ///< a wall clock at which every grace is over

inline Rule rule_of(std::string_view kind, std::string_view lines = {}) {
  const ParsedDocuments parsed =
      parse_documents("[[rule]]\nname = \"r\"\nkind = \"" + std::string(kind) + "\"\n" + std::string(lines) + "\n", 0);
  for (const DocumentError& error : parsed.errors) ADD_FAILURE() << kind << ": " << error.message;
  return parsed.documents.rules.empty() ? Rule{} : parsed.documents.rules.front();
}

/// (time, x, phase) with "fires", "clears" or "" between the two thresholds.
struct Seen {
  std::int64_t at_ms;
  std::int64_t x;
  std::string does;
  int phase = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << format_rfc3339(seen.at_ms) << " " << seen.x << " " << seen.does << " L" << seen.phase;
  }
};

inline std::vector<Seen> seen(const Rule& rule, test::MeterFake& meter, std::int64_t from_ms, std::int64_t to_ms,
                              std::int64_t now_ms = kLater) {
  std::vector<Seen> out;
  const auto points = derive_points(rule, meter, from_ms, to_ms, now_ms);
  if (!points) ADD_FAILURE() << points.error().text();
  for (const Point& point : points ? *points : std::vector<Point>{})
    out.push_back({point.at_ms, point.x,
                   std::string(point.fires ? "fires" : "") + std::string(point.clears ? "clears" : ""), point.phase});
  return out;
}

}  // namespace wattring::alert
