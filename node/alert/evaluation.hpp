// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/alert/alert_book.hpp"
#include "node/alert/episodes.hpp"
#include "node/alert/points.hpp"
#include "node/alert/policy.hpp"

/// The third step of alerting: one rule for one meter, over the part of its history that new facts may have changed.

namespace wattring::alert {

/// The first and the last instant of the facts that are new since the last evaluation.
using Changed = meter::Attention::Span;

/// What a rule says of [from, to): all alerts with an onset in it, as they are now. Alerts with an onset elsewhere are
/// as they were.
struct Verdict {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<Alert> alerts;  ///< derived fields only; by (phase, onset)
  /// Something is pending or fires: whatever point comes next matters.
  bool open = false;
  std::int64_t affected_to_ms = 0;  ///< the last instant at which the facts that changed may show in a point
};

/// The meter's facts, and where their readings end.
class MeterHistory : public MeterData {
 public:
  /// Start of the newest fact of the register; only when has(reg).
  [[nodiscard]] virtual std::int64_t newest_ms(Register reg) const = 0;
  [[nodiscard]] virtual std::int64_t oldest_ms(Register reg) const = 0;
  /// All that the meter has.
  [[nodiscard]] virtual std::vector<Register> registers() const = 0;
};

/// segments: not empty, ascending. book: what is on record of this rule and meter. Points later than now_ms do not
/// count yet. Equal facts and equal now give the same alerts, whatever `changed` was before.
[[nodiscard]] Result<Verdict> evaluate(std::span<const Segment> segments, std::string_view meter, MeterHistory& data,
                                       Changed changed, std::span<const Alert* const> book, std::int64_t now_ms);

/// Episodes with the same onset window are one alert that opened again. Ascending by onset. The transitions in the hour
/// before an onset decide whether it is flapping.
[[nodiscard]] std::vector<Alert> alerts_of(std::span<const Episode> episodes, const Rule& rule, std::string_view meter,
                                           std::string_view phase);

}  // namespace wattring::alert
