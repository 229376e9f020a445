// SPDX-License-Identifier: Apache-2.0
#include "node/meter/register_falls.hpp"

#include <algorithm>

#include "node/meter/wide.hpp"

namespace wattring::meter {
namespace {

struct Sample {
  std::size_t index;
  std::int64_t time_ms;
  std::int64_t value;
};

/// Low readings that came back: what they dipped from.
struct Dip {
  bool is_dip = false;
  std::int64_t level = 0;
};

class Tracer {
 public:
  Tracer(std::span<const Fact> winners, std::span<const std::int64_t> exchanges, const FoldOptions& options)
      : exchanges_(exchanges), options_(options) {
    samples_.reserve(winners.size());
    for (std::size_t i = 0; i < winners.size(); ++i) {
      const Fact& fact = winners[i];
      if (fact.start_ms == fact.end_ms && fact.quality != Quality::missing)
        samples_.push_back({i, fact.start_ms, fact.value});
    }
  }

  RegisterTrace trace() {
    find_dips();
    RegisterTrace out;
    out.points.reserve(samples_.size());
    out.links.reserve(samples_.size());
    bool skipped = false;
    std::size_t last = 0;
    for (std::size_t s = 0; s < samples_.size(); ++s) {
      const std::optional<RegisterPoint> point = point_at(s);
      if (!point) {
        skipped = true;
        continue;
      }
      if (!out.points.empty()) {
        const std::optional<RegisterLink> link = link_between(out.points.back(), *point, last);
        if (!link) {
          out.undecided_since_ms = out.points.back().time_ms;
          return out;
        }
        out.links.push_back(*link);
        out.links.back().skips_glitch = skipped;
      }
      out.points.push_back(*point);
      last = s;
      skipped = false;
    }
    return out;
  }

 private:
  [[nodiscard]] Wide elapsed(std::int64_t from_ms, std::int64_t to_ms) const { return Wide{to_ms} - from_ms; }

  [[nodiscard]] bool plausible(Wide energy, Wide elapsed_ms) const {
    if (options_.power_max_w <= 0) return true;
    return energy * kMsPerHour <= options_.power_max_w * std::max<Wide>(elapsed_ms, kRateWindowMs);
  }
  [[nodiscard]] Wide dip_tolerance(std::int64_t value) const {
    return std::max<Wide>(Wide{2} * options_.resolution, value / 1000);
  }
  [[nodiscard]] bool exchanged(std::int64_t after_ms, std::int64_t until_ms) const {
    const auto next = std::upper_bound(exchanges_.begin(), exchanges_.end(), after_ms);
    return next != exchanges_.end() && *next <= until_ms;
  }

  /// Whether a reading `distance` places and `elapsed_ms` after a reading is near enough to end a glitch after it.
  /// A counter that restarts daily may pass yesterday's total after few readings, so for it only minutes count.
  [[nodiscard]] bool near(std::size_t distance, Wide elapsed_ms) const {
    return (distance <= kGlitchReadings + 1 && !options_.daily_reset) ||
           (elapsed_ms <= kGlitchMs && distance <= kGlitchReadingsMax + 1);
  }

  /// The first reading near `from` that is at or above it again at a rate that can be; 0 when there is none.
  [[nodiscard]] std::size_t return_to(std::size_t from) const {
    const Sample& high = samples_[from];
    for (std::size_t s = from + 1; s < samples_.size(); ++s) {
      const Wide elapsed_ms = elapsed(high.time_ms, samples_[s].time_ms);
      if (!near(s - from, elapsed_ms) || exchanged(high.time_ms, samples_[s].time_ms)) return 0;
      if (samples_[s].value >= high.value && plausible(Wide{samples_[s].value} - high.value, elapsed_ms)) return s;
    }
    return 0;
  }

  void find_dips() {
    for (std::size_t s = 0; s + 1 < samples_.size(); ++s) {
      if (samples_[s + 1].value >= samples_[s].value) continue;
      const std::size_t back = return_to(s);
      if (back == 0) continue;
      if (dips_.empty()) dips_.resize(samples_.size());
      for (std::size_t low = s + 1; low < back; ++low) {
        if (samples_[low].value >= samples_[s].value) continue;
        dips_[low].level = dips_[low].is_dip ? std::max(dips_[low].level, samples_[s].value) : samples_[s].value;
        dips_[low].is_dip = true;
      }
    }
  }

  /// Nothing for a reading to be passed over.
  [[nodiscard]] std::optional<RegisterPoint> point_at(std::size_t s) const {
    const Sample& sample = samples_[s];
    if (dips_.empty() || !dips_[s].is_dip) return RegisterPoint{sample.index, sample.time_ms, sample.value, false};
    const std::int64_t level = dips_[s].level;
    if (Wide{level} - sample.value > dip_tolerance(level)) return std::nullopt;
    return RegisterPoint{sample.index, sample.time_ms, level, true};
  }

  /// A fall may still turn out to be a glitch as long as the next reading to come could be near enough.
  [[nodiscard]] bool undecided(std::size_t from) const {
    const Wide elapsed_ms = elapsed(samples_[from].time_ms, samples_.back().time_ms);
    return near(samples_.size() - from, elapsed_ms + 1) && !exchanged(samples_[from].time_ms, samples_.back().time_ms);
  }

  /// Nothing when it cannot be decided yet. `from`: the sample of point a.
  [[nodiscard]] std::optional<RegisterLink> link_between(const RegisterPoint& a, const RegisterPoint& b,
                                                         std::size_t from) const {
    const Wide rise = Wide{b.value} - a.value;
    if (exchanged(a.time_ms, b.time_ms)) return RegisterLink{LinkKind::exchange, 0, false};
    const Wide elapsed_ms = elapsed(a.time_ms, b.time_ms);
    if (rise >= 0) return rise_link(a, b, rise, elapsed_ms);
    if (undecided(from)) return std::nullopt;
    return fall_link(a, b, elapsed_ms);
  }

  [[nodiscard]] RegisterLink rise_link(const RegisterPoint& a, const RegisterPoint& b, Wide rise,
                                       Wide elapsed_ms) const {
    if (!fits_64(rise)) return {LinkKind::suspect, 0, false};
    if (plausible(rise, elapsed_ms)) return {LinkKind::rise, static_cast<std::int64_t>(rise), false};
    // Out of almost nothing it is the register coming back from a lost or reset state: never book that as usage.
    if (Wide{a.value} * 10 < b.value) return {LinkKind::suspect, 0, false};
    return {LinkKind::leap, static_cast<std::int64_t>(rise), false};
  }

  [[nodiscard]] RegisterLink fall_link(const RegisterPoint& a, const RegisterPoint& b, Wide elapsed_ms) const {
    const Wide modulus = options_.modulus;
    const Wide wrapped = modulus - a.value + b.value;
    if (modulus > 0 && Wide{a.value} * 10 >= modulus * 9 && a.value <= modulus && b.value >= 0 &&
        plausible(wrapped, elapsed_ms))
      return {LinkKind::rollover, static_cast<std::int64_t>(wrapped), false};
    if (Wide{a.value} - b.value <= dip_tolerance(a.value)) return {LinkKind::settle, 0, false};
    if (options_.daily_reset || Wide{b.value} * 10 < a.value) {
      const bool counts = (options_.daily_reset || options_.restarts_from_zero) && b.value >= 0;
      if (counts && plausible(b.value, elapsed_ms)) return {LinkKind::restart, b.value, false};
      return {LinkKind::reset, 0, false};
    }
    return {LinkKind::suspect, 0, false};
  }

  std::span<const std::int64_t> exchanges_;
  const FoldOptions& options_;
  std::vector<Sample> samples_;
  std::vector<Dip> dips_;  ///< by sample; empty when there are none
};

}  // namespace

RegisterTrace trace_register(std::span<const Fact> winners, std::span<const std::int64_t> exchange_times_ms,
                             const FoldOptions& options) {
  return Tracer(winners, exchange_times_ms, options).trace();
}

std::vector<Epoch> epochs(const RegisterTrace& trace) {
  std::vector<Epoch> out;
  if (trace.points.empty()) return out;
  out.push_back({trace.points.front().index, trace.points.front().index, LinkKind::rise, false, 0});
  for (std::size_t i = 0; i < trace.links.size(); ++i) {
    const RegisterPoint& before = trace.points[i];
    const RegisterPoint& after = trace.points[i + 1];
    const RegisterLink& link = trace.links[i];
    if (link.kind == LinkKind::rise || link.kind == LinkKind::leap) {
      out.back().last_index = after.index;
      continue;
    }
    const std::uint64_t step = static_cast<std::uint64_t>(before.value) + static_cast<std::uint64_t>(link.energy) -
                               static_cast<std::uint64_t>(after.value);
    const auto offset = static_cast<std::int64_t>(static_cast<std::uint64_t>(out.back().offset) + step);
    out.push_back({after.index, after.index, link.kind, link.known(), link.known() ? offset : 0});
  }
  return out;
}

}  // namespace wattring::meter
