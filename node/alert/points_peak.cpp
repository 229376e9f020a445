// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "node/alert/points_parts.hpp"
#include "node/meter/zone.hpp"

namespace wattring::alert {
namespace {

using meter::Wide;
using meter::Zone;

/// The greatest peak that the meter has told of since the month began; asked in ascending time.
class MonthPeak {
 public:
  MonthPeak(const Zone& zone, std::vector<Fact> facts) : zone_(zone), facts_(std::move(facts)) {}

  std::optional<std::int64_t> at(std::int64_t at_ms) {
    if (at_ms >= month_.end_ms) {
      month_ = zone_.local_month(at_ms);
      peak_.reset();
    }
    for (; next_ < facts_.size() && facts_[next_].start_ms <= at_ms; ++next_)
      if (facts_[next_].start_ms >= month_.begin_ms)
        peak_ = std::max(peak_.value_or(facts_[next_].value), facts_[next_].value);
    return peak_;
  }

 private:
  const Zone& zone_;
  const std::vector<Fact> facts_;
  std::size_t next_ = 0;
  Zone::Span month_{0, std::numeric_limits<std::int64_t>::min()};
  std::optional<std::int64_t> peak_;
};

Result<std::vector<Fact>> month_peaks(MeterData& data, const Zone& zone, std::int64_t first_ms, std::int64_t to_ms) {
  if (!data.has(kMonthPeak)) return std::vector<Fact>{};
  return data.facts(kMonthPeak, zone.local_month(first_ms).begin_ms, to_ms);
}

/// A power reading in whose quarter hour stands a demand: what the quarter will be if the power stays.
struct Projection {
  std::int64_t at_ms;
  std::int64_t quarter_ms;
  Wide watts;
};

std::vector<Projection> projections(const std::vector<Fact>& powers, const std::vector<Fact>& demands) {
  std::vector<Projection> found;
  std::size_t next = 0;
  for (const Fact& power : powers) {
    while (next < demands.size() && demands[next].start_ms <= power.start_ms) ++next;
    const std::int64_t quarter_ms = floor_to(power.start_ms, kQuarterMs);
    if (next == 0 || demands[next - 1].start_ms < quarter_ms) continue;
    const std::int64_t left_ms = kQuarterMs - (power.start_ms - quarter_ms);
    const Wide rest = meter::floor_div_wide(Wide{power.value} * left_ms, kQuarterMs);
    found.push_back({power.start_ms, quarter_ms, demands[next - 1].value + rest});
  }
  return found;
}

}  // namespace

Result<Points> peak_points(const Rule& rule, MeterData& data, PointRange range) {
  Points points;
  if (!data.has(kPower) || !data.has(kDemand)) return points;
  // A quarter that ends just when the range begins has its last point in it.
  const std::int64_t begin_ms = floor_to(range.from_ms - 1, kQuarterMs);
  const auto powers = data.facts(kPower, begin_ms, range.to_ms);
  if (!powers) return Failure(powers.error());
  if (powers->empty()) return points;
  const auto demands = data.facts(kDemand, begin_ms, range.to_ms);
  if (!demands) return Failure(demands.error());
  const std::vector<Projection> found = projections(*powers, *demands);
  if (found.empty()) return points;

  const auto zone = rule.zone == "UTC" ? Result<Zone>(Zone::utc()) : Zone::find(rule.zone);
  if (!zone) return Failure(zone.error());
  auto peaks = month_peaks(data, *zone, std::max(range.from_ms, found.front().at_ms), range.to_ms);
  if (!peaks) return Failure(peaks.error());
  MonthPeak month_peak(*zone, std::move(*peaks));
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Projection& each = found[i];
    if (each.at_ms >= range.from_ms) {
      const std::int64_t peak_w = std::max(rule.peak_floor_w, month_peak.at(each.at_ms).value_or(rule.peak_floor_w));
      points.push_back(point_of(rule, each.at_ms, saturated(each.watts - peak_w)));
    }
    const std::int64_t end_ms = each.quarter_ms + kQuarterMs;
    const bool last = i + 1 == found.size() || found[i + 1].quarter_ms != each.quarter_ms;
    if (last && range.has(end_ms)) points.push_back(point_of(rule, end_ms, rule.clear));
  }
  return points;
}

}  // namespace wattring::alert
