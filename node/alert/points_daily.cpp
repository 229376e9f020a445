// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "node/alert/points_parts.hpp"
#include "node/meter/zone.hpp"

// Kinds with one point a local day: this night or day beside those before it.

namespace wattring::alert {
namespace {

using meter::Wide;
using meter::Zone;

constexpr std::int64_t kNightBeginMs = 2 * kMsPerHour;
constexpr std::int64_t kNightEndMs = 5 * kMsPerHour;
constexpr std::size_t kNightsMin = 7;
constexpr std::int64_t kWeek = 7;
constexpr std::int64_t kWeekdaysMin = 2;
constexpr Wide kUsualMeanMin = 1000;  // Wh a day: below it everything is a drop

/// The night or the day of a local date (days since 1970); nothing where the calendar left it out.
std::optional<Zone::Span> span_of(RuleKind kind, const Zone& zone, std::int64_t date) {
  const bool night = kind == RuleKind::night_baseline;
  const Zone::Resolved begin = zone.to_utc(date * kMsPerDay + (night ? kNightBeginMs : 0));
  const Zone::Resolved end = zone.to_utc(date * kMsPerDay + (night ? kNightEndMs : kMsPerDay));
  if (begin.utc_ms >= end.utc_ms || (night && end.skipped)) return std::nullopt;
  return Zone::Span{begin.utc_ms, end.utc_ms};
}

/// Imported energy by quarter hours.
class Import {
 public:
  /// Nothing when the meter has no such register.
  static std::vector<Register> registers(const MeterData& data) {
    if (data.has(kImportTotal)) return {kImportTotal};
    if (data.has(kImportTariff1) && data.has(kImportTariff2)) return {kImportTariff1, kImportTariff2};
    return {};
  }

  Result<void> load(MeterData& data, std::int64_t from_ms, std::int64_t to_ms) {
    begin_ms_ = floor_to(from_ms, kQuarterMs);
    for (const Register reg : registers(data)) {
      const auto intervals = data.intervals(reg, begin_ms_, to_ms);
      if (!intervals) return Failure(intervals.error());
      const bool first = values_.empty();
      values_.resize(intervals->size());
      for (std::size_t i = 0; i < values_.size(); ++i) add((*intervals)[i], first, values_[i]);
    }
    return {};
  }

  /// Of the intervals that start in the span: the least for a night, the sum for a day; nothing when one is not known.
  [[nodiscard]] std::optional<std::int64_t> value(RuleKind kind, const Zone::Span& span) const {
    const auto begin = (ceil_to(span.begin_ms, kQuarterMs) - begin_ms_) / kQuarterMs;
    const auto end = (ceil_to(span.end_ms, kQuarterMs) - begin_ms_) / kQuarterMs;
    if (begin < 0 || begin >= end || end > static_cast<std::int64_t>(values_.size())) return std::nullopt;
    Wide sum = 0;
    Wide least = std::numeric_limits<std::int64_t>::max();
    for (auto i = begin; i < end; ++i) {
      const auto& value = values_[static_cast<std::size_t>(i)];
      if (!value) return std::nullopt;
      sum += *value;
      least = std::min<Wide>(least, *value);
    }
    return saturated(kind == RuleKind::night_baseline ? least : sum);
  }

 private:
  static void add(const meter::Interval& interval, bool first, std::optional<std::int64_t>& value) {
    if (!is_known(interval)) {
      value.reset();
    } else if (first) {
      value = interval.value;
    } else if (value) {
      value = saturated(Wide{*value} + *interval.value);
    }
  }

  std::int64_t begin_ms_ = 0;
  std::vector<std::optional<std::int64_t>> values_;
};

/// Tonight's least quarter against the lower median of the nights before, in 1/1000.
std::optional<std::int64_t> baseline(std::int64_t tonight, std::vector<std::int64_t> before) {
  if (before.size() < kNightsMin) return std::nullopt;
  const auto median = before.begin() + static_cast<std::ptrdiff_t>((before.size() - 1) / 2);
  std::nth_element(before.begin(), median, before.end());
  return saturated(meter::floor_div_wide(Wide{tonight} * 1000, std::max<std::int64_t>(*median, 1)));
}

/// Today's use against the mean of the same weekdays before, in 1/1000.
std::optional<std::int64_t> drop(std::int64_t today, const std::vector<std::int64_t>& before) {
  const auto count = static_cast<std::int64_t>(before.size());
  if (count < kWeekdaysMin) return std::nullopt;
  Wide sum = 0;
  for (const std::int64_t value : before) sum += value;
  const Wide mean = meter::floor_div_wide(sum, count);
  if (mean < kUsualMeanMin) return std::nullopt;
  return saturated(meter::floor_div_wide(Wide{today} * 1000, mean));
}

/// The spans of the dates from `first` - 28 on, with their values.
class Dates {
 public:
  Dates(RuleKind kind, const Zone& zone, std::int64_t first, std::int64_t last)
      : kind_(kind), begin_(first - kNightsBack) {
    for (std::int64_t date = begin_; date <= last; ++date) spans_.push_back(span_of(kind, zone, date));
  }
  Result<void> load(MeterData& data) {
    std::int64_t from_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t to_ms = std::numeric_limits<std::int64_t>::min();
    for (const auto& span : spans_) {
      if (!span) continue;
      from_ms = std::min(from_ms, span->begin_ms);
      to_ms = std::max(to_ms, span->end_ms);
    }
    Import import;
    if (auto loaded = import.load(data, from_ms, to_ms); !loaded) return loaded;
    for (const auto& span : spans_) values_.push_back(span ? import.value(kind_, *span) : std::nullopt);
    return {};
  }
  [[nodiscard]] std::optional<std::int64_t> x(std::int64_t date) const {
    const auto value = value_of(date);
    if (!value) return std::nullopt;
    std::vector<std::int64_t> before;
    const std::int64_t step = kind_ == RuleKind::night_baseline ? 1 : kWeek;
    for (std::int64_t back = step; back <= kNightsBack; back += step)
      if (const auto earlier = value_of(date - back)) before.push_back(*earlier);
    return kind_ == RuleKind::night_baseline ? baseline(*value, std::move(before)) : drop(*value, before);
  }

 private:
  [[nodiscard]] std::optional<std::int64_t> value_of(std::int64_t date) const {
    return values_[static_cast<std::size_t>(date - begin_)];
  }
  const RuleKind kind_;
  const std::int64_t begin_;
  std::vector<std::optional<Zone::Span>> spans_;
  std::vector<std::optional<std::int64_t>> values_;
};

}  // namespace

Result<Points> daily_points(const Rule& rule, MeterData& data, PointRange range) {
  Points points;
  if (Import::registers(data).empty()) return points;
  const auto zone = rule.zone == "UTC" ? Result<Zone>(Zone::utc()) : Zone::find(rule.zone);
  if (!zone) return Failure(zone.error());
  std::vector<std::pair<std::int64_t, std::int64_t>> ends;  // date, end
  const std::int64_t last = floor_div(zone->to_local_ms(range.to_ms), kMsPerDay) + 1;
  for (std::int64_t date = floor_div(zone->to_local_ms(range.from_ms), kMsPerDay) - 1; date <= last; ++date)
    if (const auto span = span_of(rule.kind, *zone, date); span && range.has(span->end_ms))
      ends.emplace_back(date, span->end_ms);
  if (ends.empty()) return points;
  Dates dates(rule.kind, *zone, ends.front().first, ends.back().first);
  if (auto loaded = dates.load(data); !loaded) return Failure(loaded.error());
  for (const auto& [date, end_ms] : ends)
    if (const auto x = dates.x(date)) points.push_back(point_of(rule, end_ms, *x));
  return points;
}

}  // namespace wattring::alert
