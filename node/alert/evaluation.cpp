// SPDX-License-Identifier: Apache-2.0
#include "node/alert/evaluation.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "node/meter/registers.hpp"

namespace wattring::alert {
namespace {

constexpr std::size_t kFlappingAbove = 5;
constexpr std::int64_t kFlappingWithin = kMsPerHour;
constexpr std::int64_t kStep = 8 * kMsPerDay;
/// Readings on one side of a change that may bear on the intervals around it (points.hpp, Reach).
constexpr std::size_t kNeighbours = 10;

bool is_cumulative(Register reg) {
  const meter::RegisterInfo* info = meter::find_register(reg);
  return info == nullptr || info->kind == meter::Kind::cumulative;
}

/// Start of the tenth reading before the instant; of the oldest when there are fewer.
Result<std::int64_t> tenth_before(MeterHistory& data, Register reg, std::int64_t at_ms) {
  std::int64_t within = kMsPerDay;
  for (;; within *= 8) {
    const std::int64_t from = at_ms - within;
    const auto facts = data.facts(reg, from, at_ms);
    if (!facts) return tl::unexpected(facts.error());
    if (facts->size() >= kNeighbours) return (*facts)[facts->size() - kNeighbours].start_ms;
    if (from <= data.oldest_ms(reg)) return std::min(at_ms, data.oldest_ms(reg));
  }
}

Result<std::int64_t> tenth_after(MeterHistory& data, Register reg, std::int64_t at_ms) {
  std::int64_t within = kMsPerDay;
  for (;; within *= 8) {
    const auto facts = data.facts(reg, at_ms + 1, at_ms + within);
    if (!facts) return tl::unexpected(facts.error());
    if (facts->size() >= kNeighbours) return (*facts)[kNeighbours - 1].start_ms;
    if (at_ms + within > data.newest_ms(reg)) return std::max(at_ms, data.newest_ms(reg));
  }
}

std::int64_t oldest_of(const Rule& rule, const MeterHistory& data) {
  std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
  for (const Register reg : inputs_of(rule))
    if (data.has(reg)) oldest = std::min(oldest, data.oldest_ms(reg));
  return oldest;
}

/// The span in which points may have changed.
Result<Changed> affected(const Rule& rule, MeterHistory& data, Changed changed) {
  Changed wide = changed;
  for (const Register reg : inputs_of(rule)) {
    if (!data.has(reg)) continue;
    // A register that came to be may stand in for others from their beginning on.
    const bool came_to_be = changed.first_ms <= data.oldest_ms(reg) && data.newest_ms(reg) <= changed.last_ms;
    if (came_to_be && is_daily_kind(rule.kind)) wide.first_ms = std::min(wide.first_ms, oldest_of(rule, data));
    const Reach reach = reach_of(rule, reg);
    Changed around = changed;
    if (is_cumulative(reg)) {
      const auto before = tenth_before(data, reg, changed.first_ms);
      if (!before) return tl::unexpected(before.error());
      const auto after = tenth_after(data, reg, changed.last_ms);
      if (!after) return tl::unexpected(after.error());
      around = {*before, *after};
    }
    wide.first_ms = std::min(wide.first_ms, around.first_ms - reach.back_ms);
    wide.last_ms = std::max(wide.last_ms, around.last_ms + reach.ahead_ms);
  }
  return wide;
}

bool touches(const Alert& alert, std::int64_t at_ms) {
  if (alert.state == State::retracted || alert.onset_ms >= at_ms) return false;
  return alert.state == State::firing || std::max(alert.resolved_ms, alert.last_ms) >= at_ms;
}

/// A place at which the machine is idle: before the longest that something may have been pending, and in no alert on
/// record.
std::int64_t idle_before(std::int64_t at_ms, const Rule& rule, std::span<const Alert* const> book) {
  const std::int64_t in_a_row = static_cast<std::int64_t>(rule.count_min) * gap_limit_ms(rule);
  std::int64_t from = at_ms - kFlappingWithin - std::max(rule.hold_ms + gap_limit_ms(rule), in_a_row);
  from = onset_window(from);
  for (bool moved = true; moved;) {
    moved = false;
    for (const Alert* alert : book) {
      if (!touches(*alert, from)) continue;
      from = onset_window(alert->onset_ms);
      moved = true;
    }
  }
  return from;
}

class Evaluator {
 public:
  Evaluator(std::span<const Segment> segments, MeterHistory& data, std::int64_t now_ms)
      : segments_(segments), data_(data), now_ms_(now_ms) {}

  /// Points in [from, to) through the machines.
  Result<void> run(std::int64_t from_ms, std::int64_t to_ms) {
    for (const Segment& segment : segments_) {
      const std::int64_t from = std::max(from_ms, segment.from_ms);
      const std::int64_t to = std::min(to_ms, segment.to_ms);
      if (from >= to) continue;
      if (segment.rule.disabled) {
        clear_all(from);
        continue;
      }
      const auto points = derive_points(segment.rule, data_, from, to, now_ms_);
      if (!points) return tl::unexpected(points.error());
      for (const Point& point : *points)
        machines_.try_emplace(point.phase, segments_.back().rule).first->second.feed(point);
    }
    return {};
  }
  [[nodiscard]] bool idle() const {
    return std::all_of(machines_.begin(), machines_.end(), [](const auto& machine) { return machine.second.idle(); });
  }
  [[nodiscard]] const std::map<Phase, EpisodeMachine>& machines() const { return machines_; }

 private:
  /// A rule that has ended clears, at once.
  void clear_all(std::int64_t at_ms) {
    for (auto& [phase, machine] : machines_) machine.end(at_ms);
  }

  const std::span<const Segment> segments_;
  MeterHistory& data_;
  const std::int64_t now_ms_;
  std::map<Phase, EpisodeMachine> machines_;
};

bool on_record_at(std::span<const Alert* const> book, std::int64_t at_ms) {
  return std::any_of(book.begin(), book.end(), [&](const Alert* alert) { return touches(*alert, at_ms); });
}

}  // namespace

std::vector<Alert> alerts_of(std::span<const Episode> episodes, const Rule& rule, std::string_view meter,
                             std::string_view phase) {
  std::vector<Alert> alerts;
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    const Episode& episode = episodes[i];
    const State state = episode.open() ? State::firing : State::resolved;
    if (!alerts.empty() && onset_window(alerts.back().onset_ms) == onset_window(episode.onset_ms)) {
      Alert& again = alerts.back();
      again.state = state;
      again.last_ms = episode.last_ms;
      again.resolved_ms = episode.resolved_ms;
      again.peak = rule.below ? std::min(again.peak, episode.peak) : std::max(again.peak, episode.peak);
      again.count += episode.count;
      continue;
    }
    Alert alert;
    alert.id = alert_id(rule.name, meter, phase, episode.onset_ms);
    alert.rule = rule.name;
    alert.meter = meter;
    alert.phase = phase;
    alert.severity = rule.severity;
    alert.state = state;
    alert.onset_ms = episode.onset_ms;
    alert.fired_ms = episode.fired_ms;
    alert.last_ms = episode.last_ms;
    alert.resolved_ms = episode.resolved_ms;
    alert.peak = episode.peak;
    alert.count = episode.count;
    std::size_t transitions = 0;
    const auto recent = [&](std::int64_t at_ms) {
      return at_ms != 0 && at_ms >= episode.onset_ms - kFlappingWithin && at_ms < episode.onset_ms;
    };
    for (std::size_t j = 0; j < i; ++j)
      transitions += static_cast<std::size_t>(recent(episodes[j].fired_ms)) +
                     static_cast<std::size_t>(recent(episodes[j].resolved_ms));
    // A projection starts anew each quarter hour, by design.
    alert.flapping = transitions > kFlappingAbove && rule.kind != RuleKind::peak_projection;
    alerts.push_back(std::move(alert));
  }
  for (Alert& alert : alerts) alert.revision = revision_of(alert);
  return alerts;
}

Result<Verdict> evaluate(std::span<const Segment> segments, std::string_view meter, MeterHistory& data, Changed changed,
                         std::span<const Alert* const> book, std::int64_t now_ms) {
  const Rule& rule = segments.back().rule;
  Changed wide = changed;
  for (const Segment& segment : segments) {
    const auto span = affected(segment.rule, data, changed);
    if (!span) return tl::unexpected(span.error());
    wide = {std::min(wide.first_ms, span->first_ms), std::max(wide.last_ms, span->last_ms)};
  }
  Verdict verdict;
  verdict.from_ms = idle_before(wide.first_ms, rule, book);
  // There are no points before the first fact, however early a rule is effective.
  std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
  for (const Segment& segment : segments) oldest = std::min(oldest, oldest_of(segment.rule, data));
  if (oldest != std::numeric_limits<std::int64_t>::max())
    verdict.from_ms = std::max(verdict.from_ms, onset_window(oldest));
  const std::int64_t end = now_ms + 1;
  Evaluator evaluator(segments, data, now_ms);
  std::int64_t to = std::min(end, ceil_to(wide.last_ms + 1, 15 * kMsPerMinute));
  std::int64_t from = verdict.from_ms;
  for (;;) {
    if (auto run = evaluator.run(from, to); !run) return tl::unexpected(run.error());
    if (to >= end || (evaluator.idle() && !on_record_at(book, to))) break;
    from = to;
    to = std::min(end, to + kStep);
  }
  verdict.to_ms = to;
  verdict.open = !evaluator.idle();
  verdict.affected_to_ms = wide.last_ms;
  for (const auto& [phase, machine] : evaluator.machines()) {
    const std::vector<Episode> episodes = machine.episodes();
    for (Alert& alert : alerts_of(episodes, rule, meter, phase_name(rule.kind, phase)))
      verdict.alerts.push_back(std::move(alert));
  }
  return verdict;
}

}  // namespace wattring::alert
