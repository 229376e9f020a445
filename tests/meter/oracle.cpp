// SPDX-License-Identifier: Apache-2.0
#include "tests/meter/oracle.hpp"

#include <algorithm>
#include <map>

namespace wattring::test {
namespace {

using meter::FoldOptions;
using meter::Interval;
using meter::IntervalQuality;
__extension__ using Big = __int128;

constexpr std::int64_t kTenMinutes = 600'000;
constexpr std::int64_t kTenSeconds = 10'000;

struct Reading {
  std::int64_t t;
  std::int64_t v;  // as used: a levelled one has its level
  Fact fact;
  bool levelled = false;
  // The way to the next one that is used:
  bool known = false;
  Big energy = 0;
  std::uint32_t flags = 0;
};

Big floor_ratio(Big a, Big b) {
  Big quotient = a / b;
  if (quotient * b > a) --quotient;
  return quotient;
}

class RegisterOracle {
 public:
  RegisterOracle(const std::vector<Fact>& winners, const std::vector<std::int64_t>& exchanges,
                 const FoldOptions& options)
      : exchanges_(exchanges), options_(options) {
    for (const Fact& fact : winners)
      if (fact.start_ms == fact.end_ms && fact.quality != Quality::missing)
        all_.push_back({fact.start_ms, fact.value, fact});
    choose();
    connect();
  }

  Interval at(std::int64_t b0, std::int64_t b1) const {
    Interval out{b0, b1, std::nullopt, IntervalQuality::missing, 0, 0};
    Big sum = 0;
    std::int64_t covered = 0;
    std::vector<std::pair<IntervalQuality, std::uint8_t>> grades;
    for (std::size_t first = 0; first + 1 < used_.size();) {
      if (!used_[first].known) {
        if (used_[first].t < b1 && used_[first + 1].t > b0) add_flags(out, first);
        ++first;
        continue;
      }
      std::size_t last = first;
      while (last + 1 < used_.size() && used_[last].known) ++last;
      const std::int64_t x = std::max(b0, used_[first].t);
      const std::int64_t y = std::min(b1, used_[last].t);
      if (x < y) {
        sum += counter(first, last, y) - counter(first, last, x);
        covered += y - x;
        for (std::size_t i = first; i < last; ++i)
          if (used_[i].t < b1 && used_[i + 1].t > b0) add_flags(out, i);
        grade(out, grades, first, last, x);
        grade(out, grades, first, last, y);
      }
      first = last;
    }
    if (used_.empty() || b1 > used_.back().t) out.flags |= meter::kIntervalPending;
    if (covered == 0) return out;
    if (covered < b1 - b0) out.flags |= meter::kIntervalPartial;
    out.value = static_cast<std::int64_t>(sum);
    const auto worst = *std::max_element(grades.begin(), grades.end());
    out.quality = worst.first;
    out.method = worst.second;
    return out;
  }

 private:
  bool exchanged(std::int64_t after, std::int64_t until) const {
    return std::any_of(exchanges_.begin(), exchanges_.end(), [&](std::int64_t e) { return e > after && e <= until; });
  }
  bool too_fast(Big energy, Big elapsed) const {
    // energy in Wh over elapsed in ms: power = energy * 3.6e6 / elapsed
    return options_.power_max_w > 0 && energy * 3'600'000 > Big{options_.power_max_w} * std::max<Big>(elapsed, 60'000);
  }
  Big small(std::int64_t v) const { return std::max<Big>(2 * options_.resolution, v / 1000); }

  bool close(std::size_t readings_apart, std::int64_t apart) const {
    if (apart <= kTenMinutes && readings_apart <= 601) return true;
    return readings_apart <= 6 && !options_.daily_reset;
  }

  /// Index at which the register is back after falling behind j.
  std::optional<std::size_t> back(std::size_t j) const {
    if (j + 1 >= all_.size() || all_[j + 1].v >= all_[j].v) return std::nullopt;
    for (std::size_t k = j + 1; k < all_.size(); ++k) {
      const bool is_back = all_[k].v >= all_[j].v && !too_fast(Big{all_[k].v} - all_[j].v, all_[k].t - all_[j].t);
      if (!is_back) continue;
      if (close(k - j, all_[k].t - all_[j].t) && !exchanged(all_[j].t, all_[k].t)) return k;
      return std::nullopt;
    }
    return std::nullopt;
  }

  void choose() {
    for (std::size_t s = 0; s < all_.size(); ++s) {
      std::optional<std::int64_t> level;
      for (std::size_t j = 0; j < s; ++j) {
        const auto k = back(j);
        if (k && *k > s && all_[s].v < all_[j].v) level = std::max(level.value_or(all_[j].v), all_[j].v);
      }
      Reading reading = all_[s];
      if (level) {
        if (Big{*level} - reading.v > small(*level)) {
          dropped_.push_back(reading.t);
          continue;
        }
        reading.v = *level;
        reading.levelled = true;
      }
      used_.push_back(reading);
    }
  }

  void connect() {
    for (std::size_t i = 0; i + 1 < used_.size(); ++i) {
      Reading& a = used_[i];
      const Reading& b = used_[i + 1];
      if (decide(a, b)) continue;
      used_.resize(i + 1);
      return;
    }
  }

  bool may_come_back(const Reading& a) const {
    const auto after = std::count_if(all_.begin(), all_.end(), [&](const Reading& r) { return r.t > a.t; });
    const std::int64_t last = all_.back().t;
    if (exchanged(a.t, last)) return false;
    return close(static_cast<std::size_t>(after) + 1, last + 1 - a.t);
  }

  /// False when it has to wait.
  bool decide(Reading& a, const Reading& b) const {
    const Big rise = Big{b.v} - a.v;
    const Big elapsed = Big{b.t} - a.t;
    if (exchanged(a.t, b.t)) {
      a.flags = meter::kIntervalExchange;
    } else if (rise >= 0) {
      const bool leap = too_fast(rise, elapsed);
      a.flags = leap ? meter::kIntervalSuspect : 0U;
      a.known = !(leap && Big{a.v} * 10 < b.v);
      a.energy = rise;
    } else if (may_come_back(a)) {
      return false;
    } else {
      decide_fall(a, b, elapsed);
    }
    for (const std::int64_t t : dropped_)
      if (t > a.t && t < b.t) a.flags |= meter::kIntervalGlitch;
    return true;
  }

  void decide_fall(Reading& a, const Reading& b, Big elapsed) const {
    const Big m = options_.modulus;
    if (m > 0 && Big{a.v} * 10 >= 9 * m && a.v <= m && b.v >= 0 && !too_fast(m - a.v + b.v, elapsed)) {
      a.known = true;
      a.energy = m - a.v + b.v;
      a.flags = meter::kIntervalRollover;
    } else if (Big{a.v} - b.v <= small(a.v)) {
      a.known = true;
      a.flags = meter::kIntervalJitter;
    } else if (options_.daily_reset || Big{b.v} * 10 < a.v) {
      a.known = (options_.daily_reset || options_.restarts_from_zero) && b.v >= 0 && !too_fast(b.v, elapsed);
      a.energy = a.known ? b.v : 0;
      a.flags = meter::kIntervalReset;
    } else {
      a.flags = meter::kIntervalSuspect;
    }
  }

  /// Energy counted from used_[first] to a time in [first, last].
  Big counter(std::size_t first, std::size_t last, std::int64_t time) const {
    Big total = 0;
    for (std::size_t i = first; i < last; ++i) {
      const Reading& a = used_[i];
      const Reading& b = used_[i + 1];
      if (b.t <= time)
        total += a.energy;
      else if (a.t < time)
        total += floor_ratio(a.energy * (time - a.t), b.t - a.t);
    }
    return total;
  }

  std::int64_t nominal(std::int64_t time) const {
    if (options_.nominal_period_ms > 0) return options_.nominal_period_ms;
    std::map<std::int64_t, int> spacings;
    int count = 0;
    for (std::size_t i = 0; i + 1 < all_.size(); ++i) {
      if (day_of(all_[i].t) != day_of(time) || day_of(all_[i + 1].t) != day_of(time)) continue;
      ++spacings[std::max<std::int64_t>(1, (all_[i + 1].t - all_[i].t + 500) / 1000)];
      ++count;
    }
    if (count < 3) return options_.interval_ms;
    std::int64_t best = 0;
    for (const auto& [seconds, times] : spacings)
      if (best == 0 || times > spacings[best]) best = seconds;
    return best * 1000;
  }

  void add_flags(Interval& out, std::size_t i) const {
    const Reading& a = used_[i];
    const Reading& b = used_[i + 1];
    out.flags |= a.flags;
    if (a.levelled || b.levelled) out.flags |= meter::kIntervalJitter;
    if (((a.fact.flags | b.fact.flags) & kFlagRounded) != 0) out.flags |= meter::kIntervalRounded;
    if (2 * (b.t - a.t) > 5 * nominal(out.start_ms)) out.flags |= meter::kIntervalGap;
  }

  static IntervalQuality said(Quality quality) {
    if (quality == Quality::edited) return IntervalQuality::edited;
    return quality < Quality::actual ? IntervalQuality::estimated : IntervalQuality::actual;
  }

  void grade(Interval& out, std::vector<std::pair<IntervalQuality, std::uint8_t>>& grades, std::size_t first,
             std::size_t last, std::int64_t time) const {
    for (std::size_t i = first; i <= last; ++i)
      if (used_[i].t == time) return grades.push_back({said(used_[i].fact.quality), used_[i].fact.method});
    for (std::size_t i = first; i < last; ++i) {
      const Reading& a = used_[i];
      const Reading& b = used_[i + 1];
      if (a.t > time || b.t < time) continue;
      grades.push_back({said(a.fact.quality), a.fact.method});
      grades.push_back({said(b.fact.quality), b.fact.method});
      if (time - a.t <= kTenSeconds || b.t - time <= kTenSeconds) return;
      if (b.t - a.t > options_.interpolate_max_ms) {
        grades.push_back({IntervalQuality::estimated, 0});
        out.flags |= meter::kIntervalGap;
      } else if (b.t - a.t > nominal(out.start_ms) + kTenSeconds) {
        grades.push_back({IntervalQuality::interpolated, 0});
      }
    }
  }

  const std::vector<std::int64_t>& exchanges_;
  const FoldOptions& options_;
  std::vector<Reading> all_;
  std::vector<Reading> used_;
  std::vector<std::int64_t> dropped_;
};

}  // namespace

std::vector<Interval> oracle_register(const std::vector<Fact>& winners, const std::vector<std::int64_t>& exchanges,
                                      const FoldOptions& options, std::int64_t from_ms, std::int64_t to_ms) {
  const RegisterOracle oracle(winners, exchanges, options);
  std::vector<Interval> out;
  for (std::int64_t start = from_ms; start < to_ms; start += options.interval_ms)
    out.push_back(oracle.at(start, start + options.interval_ms));
  return out;
}

std::vector<std::optional<std::int64_t>> oracle_amounts(const std::vector<Fact>& winners, const FoldOptions& options,
                                                        std::int64_t from_ms, std::int64_t to_ms) {
  std::vector<std::optional<std::int64_t>> out;
  const auto better = [](const Fact& a, const Fact& b) {
    if ((a.quality == Quality::missing) != (b.quality == Quality::missing)) return b.quality == Quality::missing;
    if (a.end_ms - a.start_ms != b.end_ms - b.start_ms) return a.end_ms - a.start_ms < b.end_ms - b.start_ms;
    if (a.quality != b.quality) return a.quality > b.quality;
    if (a.revision != b.revision) return a.revision > b.revision;
    return a.start_ms < b.start_ms;
  };
  for (std::int64_t b0 = from_ms; b0 < to_ms; b0 += options.interval_ms) {
    const std::int64_t b1 = b0 + options.interval_ms;
    std::vector<std::int64_t> cuts{b0, b1};
    std::optional<std::int64_t> value;
    for (const Fact& fact : winners) {
      for (const std::int64_t cut : {fact.start_ms, fact.end_ms})
        if (cut > b0 && cut < b1) cuts.push_back(cut);
      const bool instant_inside = fact.start_ms == fact.end_ms && fact.start_ms >= b0 && fact.start_ms < b1;
      if (instant_inside && fact.quality != Quality::missing) value = value.value_or(0) + fact.value;
    }
    std::sort(cuts.begin(), cuts.end());
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const Fact* best = nullptr;
      for (const Fact& fact : winners) {
        const std::int64_t length = fact.end_ms - fact.start_ms;
        if (length <= 0 || length > options.longest_amount_ms) continue;
        if (fact.start_ms > cuts[i] || fact.end_ms < cuts[i + 1] || cuts[i] == cuts[i + 1]) continue;
        if (best == nullptr || better(fact, *best)) best = &fact;
      }
      if (best == nullptr || best->quality == Quality::missing) continue;
      const auto until = [&](std::int64_t time) {
        return floor_ratio(Big{best->value} * (time - best->start_ms), best->end_ms - best->start_ms);
      };
      value = value.value_or(0) + static_cast<std::int64_t>(until(cuts[i + 1]) - until(cuts[i]));
    }
    out.push_back(value);
  }
  return out;
}

std::vector<std::optional<long double>> oracle_gauge(const std::vector<Fact>& winners, const FoldOptions& options,
                                                     std::int64_t from_ms, std::int64_t to_ms) {
  std::vector<Fact> samples;
  for (const Fact& fact : winners)
    if (fact.quality != Quality::missing) samples.push_back(fact);
  std::vector<std::optional<long double>> out;
  for (std::int64_t b0 = from_ms; b0 < to_ms; b0 += options.interval_ms) {
    long double area = 0;
    long double time = 0;
    for (std::size_t i = 0; i + 1 < samples.size(); ++i) {
      const Fact& a = samples[i];
      const Fact& b = samples[i + 1];
      const std::int64_t x = std::max(b0, a.start_ms);
      const std::int64_t y = std::min(b0 + options.interval_ms, b.start_ms);
      if (x >= y || b.start_ms - a.start_ms > options.interpolate_max_ms) continue;
      const auto level = [&](std::int64_t when) {
        const long double share =
            static_cast<long double>(when - a.start_ms) / static_cast<long double>(b.start_ms - a.start_ms);
        return static_cast<long double>(a.value) + static_cast<long double>(b.value - a.value) * share;
      };
      area += (level(x) + level(y)) / 2 * static_cast<long double>(y - x);
      time += static_cast<long double>(y - x);
    }
    out.push_back(time > 0 ? std::optional<long double>(area / time) : std::nullopt);
  }
  return out;
}

}  // namespace wattring::test
