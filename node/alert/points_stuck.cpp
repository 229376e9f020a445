// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "node/alert/points_parts.hpp"

// A register that stands still although power flows.

namespace wattring::alert {
namespace {

using meter::Wide;

constexpr std::int64_t kStillMin = kMsPerHour;
constexpr std::int64_t kFirstLookMs = kMsPerHour;

/// Energy by a series of power readings: each counts until the next one, at most kPowerHoldsMs.
class FlownEnergy {
 public:
  explicit FlownEnergy(std::vector<Fact> powers) : powers_(std::move(powers)) {
    sums_.push_back(0);
    for (std::size_t i = 0; i < powers_.size(); ++i) sums_.push_back(sums_.back() + part(i, end_of(i)));
  }
  [[nodiscard]] std::int64_t wh_between(std::int64_t from_ms, std::int64_t to_ms) const {
    return saturated(meter::floor_div_wide(until(to_ms) - until(from_ms), kMsPerHour));
  }

 private:
  [[nodiscard]] std::int64_t end_of(std::size_t i) const {
    const std::int64_t end_ms = powers_[i].start_ms + kPowerHoldsMs;
    return i + 1 < powers_.size() ? std::min(end_ms, powers_[i + 1].start_ms) : end_ms;
  }
  /// W ms of reading i up to the instant.
  [[nodiscard]] Wide part(std::size_t i, std::int64_t to_ms) const {
    return Wide{powers_[i].value} * (std::min(to_ms, end_of(i)) - powers_[i].start_ms);
  }
  [[nodiscard]] Wide until(std::int64_t at_ms) const {
    const auto after = std::partition_point(powers_.begin(), powers_.end(),
                                            [at_ms](const Fact& power) { return power.start_ms < at_ms; });
    const auto count = static_cast<std::size_t>(after - powers_.begin());
    return count == 0 ? 0 : sums_[count - 1] + part(count - 1, at_ms);
  }
  const std::vector<Fact> powers_;
  std::vector<Wide> sums_;  // of the readings before
};

/// What came before the first reading of a range, as far back as it showed the same value, and at least its
/// predecessor.
Result<std::vector<Fact>> stretch_before(MeterData& data, Register reg, const Fact& first) {
  const auto differs = [&first](const Fact& fact) { return fact.value != first.value; };
  for (std::int64_t look_ms = kFirstLookMs;; look_ms *= 3) {
    look_ms = std::min(look_ms, kStretchMs);
    auto facts = data.facts(reg, first.start_ms - look_ms, first.start_ms);
    if (!facts || (look_ms == kStretchMs && !facts->empty())) return facts;
    if (std::any_of(facts->begin(), facts->end(), differs)) return facts;
    if (look_ms == kStretchMs) return data.before(reg, first.start_ms, kPredecessorMs);
  }
}

/// Where the stretch of one value that reading i stands in begins, looking back at most kStretchMs; asked for ascending
/// i.
class Stretch {
 public:
  explicit Stretch(const std::vector<Fact>& facts) : facts_(facts) {}
  std::int64_t begin_ms(std::size_t i) {
    for (; checked_ < i; ++checked_)
      if (facts_[checked_].value != facts_[checked_ + 1].value) begin_ = checked_ + 1;
    while (facts_[begin_].start_ms < facts_[i].start_ms - kStretchMs) ++begin_;
    return facts_[begin_].start_ms;
  }

 private:
  const std::vector<Fact>& facts_;
  std::size_t checked_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace

Result<Points> stuck_points(const Rule& rule, MeterData& data, PointRange range) {
  Points points;
  if (!data.has(rule.reg) || !data.has(kPower)) return points;
  const auto readings = data.facts(rule.reg, range.from_ms, range.to_ms);
  if (!readings) return Failure(readings.error());
  if (readings->empty()) return points;
  auto facts = stretch_before(data, rule.reg, readings->front());
  if (!facts) return Failure(facts.error());
  const std::size_t first = facts->size();
  facts->insert(facts->end(), readings->begin(), readings->end());
  Stretch stretch(*facts);
  std::optional<FlownEnergy> flown;
  for (std::size_t i = std::max<std::size_t>(first, 1); i < facts->size(); ++i) {
    const std::int64_t at_ms = (*facts)[i].start_ms;
    if (at_ms - (*facts)[i - 1].start_ms > kPredecessorMs) continue;
    const std::int64_t begin_ms = stretch.begin_ms(i);
    std::int64_t x = 0;
    if (at_ms - begin_ms >= kStillMin) {
      if (!flown) {
        auto powers = data.facts(kPower, begin_ms - kPowerHoldsMs, range.to_ms);
        if (!powers) return Failure(powers.error());
        flown.emplace(std::move(*powers));
      }
      x = flown->wh_between(begin_ms, at_ms);
    }
    points.push_back(point_of(rule, at_ms, x));
  }
  return points;
}

}  // namespace wattring::alert
