// SPDX-License-Identifier: Apache-2.0
#include "tests/meter/generated_series.hpp"

#include <algorithm>
#include <array>

#include "tests/meter/facts.hpp"

namespace wattring::test {
namespace {

using meter::FoldOptions;
using meter::Kind;

template <class T, std::size_t N>
T pick(Prng& prng, const std::array<T, N>& choices) {
  return choices[prng.below(N)];
}
std::int64_t draw(Prng& prng, std::int64_t bound) {
  return static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(bound)));
}

constexpr std::array<std::int64_t, 7> kPeriods{1'000, 10'000, 60'000, 300'000, 900'000, 3'600'000, 86'400'000};

FoldOptions any_options(Prng& prng) {
  FoldOptions options;
  options.interval_ms = pick(prng, std::array<std::int64_t, 4>{300'000, 900'000, 1'800'000, 3'600'000});
  if (prng.chance(0.3)) options.nominal_period_ms = pick(prng, kPeriods);
  options.restarts_from_zero = prng.chance(0.3);
  options.daily_reset = prng.chance(0.1);
  if (prng.chance(0.2)) options.power_max_w = pick(prng, std::array<std::int64_t, 3>{0, 2'000, 1'000'000});
  if (prng.chance(0.2)) options.resolution = pick(prng, std::array<std::int64_t, 3>{1, 10, 100});
  return options;
}

void set_range(GeneratedSeries& series) {
  const std::int64_t step = series.options.interval_ms;
  series.from_ms = kDay0 - 2 * step;
  series.to_ms = kDay0 + step;
  for (const Fact& fact : series.facts) {
    series.from_ms = std::min(series.from_ms, floor_to(fact.start_ms, step) - 2 * step);
    series.to_ms = std::max(series.to_ms, ceil_to(std::max(fact.start_ms, fact.end_ms), step) + 2 * step);
  }
  // A range that a test can afford; long series keep their beginning.
  series.to_ms = std::min(series.to_ms, series.from_ms + 3000 * step);
}

/// The life of one register, reading by reading.
class Life {
 public:
  Life(Prng& prng, GeneratedSeries& series)
      : prng_(prng),
        series_(series),
        time_ms_(kDay0 + draw(prng, kMsPerDay)),
        period_ms_(pick(prng, kPeriods)),
        watts_(1 + draw(prng, 6000)),
        value_(prng.chance(0.2) ? 0 : draw(prng, 30'000'000)) {
    if (prng.chance(0.4))
      series.options.modulus = pick(prng, std::array<std::int64_t, 3>{100'000, 1'000'000, 10'000'000});
    if (series.options.modulus > 0) value_ %= series.options.modulus;
  }

  void pass_time() {
    const std::int64_t jitter = prng_.chance(0.3) ? draw(prng_, period_ms_ / 4 + 1) : 0;
    const std::int64_t skipped = prng_.chance(0.05) ? 1 + draw(prng_, 30) : 0;
    const std::int64_t passed = period_ms_ * (1 + skipped) + jitter;
    time_ms_ += passed;
    value_ += prng_.chance(0.2) ? 0 : draw(prng_, watts_ * passed / kMsPerHour + 3);
    if (series_.options.modulus > 0) value_ %= series_.options.modulus;
  }
  void read() { read(value_); }
  void read(std::int64_t value) { series_.facts.push_back(reading(time_ms_, value)); }

  void trouble() {
    switch (prng_.below(9)) {
      case 0:
        return glitch();
      case 1:  // a dip by a little
        return read(value_ - draw(prng_, value_ / 500 + 4));
      case 2:
        value_ = draw(prng_, value_ / 8 + 2);
        return read();
      case 3:
        if (prng_.chance(0.8)) series_.exchange_times_ms.push_back(time_ms_ - draw(prng_, 3) * period_ms_ / 2);
        value_ = prng_.chance(0.5) ? draw(prng_, 50) : value_ + draw(prng_, 1'000'000);
        return read();
      case 4:
        return read(draw(prng_, 50'000'000));  // garbage
      case 5:                                  // two values for one time
        read();
        series_.facts.push_back(reading(time_ms_, value_ + draw(prng_, 100), Quality::validated));
        return;
      case 6:
        read();
        series_.facts.back().quality = static_cast<Quality>(prng_.below(6));
        series_.facts.back().flags = static_cast<std::uint8_t>(prng_.below(8));
        series_.facts.back().method = static_cast<std::uint8_t>(prng_.below(20));
        return;
      case 7:
        series_.facts.push_back(amount(time_ms_, time_ms_ + period_ms_, draw(prng_, 100)));
        return;
      default:
        if (!series_.facts.empty()) series_.facts.push_back(series_.facts[prng_.below(series_.facts.size())]);
    }
  }

 private:
  void glitch() {
    const std::int64_t length = 1 + draw(prng_, 8);
    const std::int64_t low = prng_.chance(0.5) ? 0 : draw(prng_, value_ + 1);
    for (std::int64_t i = 0; i < length; ++i) {
      read(std::max<std::int64_t>(low - draw(prng_, 3), 0));
      pass_time();
    }
    read();
  }

  Prng& prng_;
  GeneratedSeries& series_;
  std::int64_t time_ms_;
  const std::int64_t period_ms_;
  const std::int64_t watts_;
  std::int64_t value_;
};

GeneratedSeries live(Prng& prng, double trouble) {
  GeneratedSeries series;
  series.options = any_options(prng);
  Life life(prng, series);
  const std::int64_t readings = draw(prng, 160);
  for (std::int64_t i = 0; i < readings; ++i) {
    if (prng.chance(trouble))
      life.trouble();
    else
      life.read();
    life.pass_time();
  }
  set_range(series);
  return series;
}

}  // namespace

GeneratedSeries honest_register(Prng& prng) {
  GeneratedSeries series = live(prng, 0);
  // Without a modulus, values only rise; make them so where one was drawn.
  for (std::size_t i = 1; i < series.facts.size(); ++i)
    series.facts[i].value = std::max(series.facts[i].value, series.facts[i - 1].value);
  return series;
}

GeneratedSeries troubled_register(Prng& prng) {
  return live(prng, 0.02 + 0.3 * prng.unit());
}

GeneratedSeries wild_register(Prng& prng) {
  GeneratedSeries series;
  series.options = any_options(prng);
  if (prng.chance(0.5)) series.options.modulus = 10 + draw(prng, 40);
  series.options.power_max_w = pick(prng, std::array<std::int64_t, 4>{0, 60, 600, 6'000});
  if (prng.chance(0.5)) series.options.resolution = draw(prng, 3);
  const std::int64_t unit_ms = pick(prng, std::array<std::int64_t, 5>{7'000, 30'000, 60'000, 200'000, 900'000});
  const std::int64_t top = pick(prng, std::array<std::int64_t, 3>{6, 40, 3'000});
  std::int64_t time_ms = kDay0 + draw(prng, kMsPerDay);
  const std::int64_t count = draw(prng, 100);
  for (std::int64_t i = 0; i < count; ++i) {
    time_ms += unit_ms * (1 + (prng.chance(0.1) ? draw(prng, 30) : draw(prng, 2)));
    const std::int64_t drift = prng.chance(0.5) ? top * i / (count + 1) : 0;
    series.facts.push_back(reading(time_ms, drift + draw(prng, top)));
    if (prng.chance(0.03)) series.exchange_times_ms.push_back(time_ms - draw(prng, 2) * unit_ms / 2);
    if (prng.chance(0.05)) series.facts.back().quality = static_cast<Quality>(prng.below(6));
  }
  set_range(series);
  return series;
}

GeneratedSeries spiky_register(Prng& prng) {
  GeneratedSeries series;
  series.options = any_options(prng);
  series.options.interval_ms = 300'000;
  series.options.daily_reset = false;
  series.options.power_max_w = 6'000;
  const std::int64_t period_ms = pick(prng, std::array<std::int64_t, 4>{20'000, 60'000, 110'000, 900'000});
  std::int64_t time_ms = kDay0;
  std::int64_t value = 10'000;
  const auto read = [&](std::int64_t shown) {
    time_ms += period_ms;
    series.facts.push_back(reading(time_ms, shown));
  };
  while (series.facts.size() < 120) {
    read(value += draw(prng, 20));
    if (prng.chance(0.5)) continue;
    for (std::int64_t length = draw(prng, 8); length > 0; --length)
      read(prng.chance(0.3) ? value + 50'000 + draw(prng, 5) * 20'000 : value - 1'000 - draw(prng, 3));
  }
  set_range(series);
  return series;
}

GeneratedSeries any_kind(Prng& prng) {
  GeneratedSeries series;
  series.options = any_options(prng);
  series.options.kind = prng.chance(0.5) ? Kind::gauge : Kind::interval;
  series.options.longest_amount_ms = 6 * kMsPerHour;
  const double periods = series.options.kind == Kind::gauge ? 0.2 : 0.95;
  std::int64_t time_ms = kDay0 + draw(prng, kMsPerDay);
  const std::int64_t unit_ms = pick(prng, std::array<std::int64_t, 4>{60'000, 300'000, 420'000, 900'000});
  for (std::int64_t count = draw(prng, 80); count > 0; --count) {
    time_ms += prng.chance(0.1) ? draw(prng, 30) * unit_ms : unit_ms;
    const std::int64_t begin_ms = time_ms - (prng.chance(0.2) ? draw(prng, 5) * unit_ms : 0);
    Fact fact = reading(begin_ms, draw(prng, 5000) - 500);
    if (prng.chance(periods)) fact.end_ms += unit_ms * (1 + (prng.chance(0.2) ? draw(prng, 40) : 0));
    if (prng.chance(0.1)) fact.quality = static_cast<Quality>(prng.below(6));
    if (prng.chance(0.1)) fact.method = static_cast<std::uint8_t>(prng.below(20));
    if (prng.chance(0.1)) fact.flags = static_cast<std::uint8_t>(prng.below(8));
    series.facts.push_back(fact);
  }
  set_range(series);
  return series;
}

GeneratedSeries any_series(Prng& prng) {
  switch (prng.below(5)) {
    case 0:
      return honest_register(prng);
    case 1:
      return troubled_register(prng);
    case 2:
      return wild_register(prng);
    case 3:
      return spiky_register(prng);
    default:
      return any_kind(prng);
  }
}

Fact any_fact(Prng& prng, Register reg) {
  const auto any_int = [&] {
    const std::uint64_t bits = prng.next() >> prng.below(64);
    return static_cast<std::int64_t>(prng.chance(0.5) ? bits : ~bits);
  };
  Fact fact;
  fact.reg = reg;
  fact.start_ms = prng.chance(0.9) ? kDay0 + draw(prng, 20) * 1000 : any_int();
  fact.end_ms = prng.chance(0.7) ? fact.start_ms : prng.chance(0.9) ? fact.start_ms + draw(prng, 3) * 1000 : any_int();
  fact.value = prng.chance(0.7) ? draw(prng, 4) : any_int();
  if (prng.chance(0.3)) fact.revision = prng.chance(0.8) ? prng.below(3) : prng.next();
  fact.quality = prng.chance(0.6) ? Quality::actual : static_cast<Quality>(prng.below(6));
  if (prng.chance(0.3)) fact.method = static_cast<std::uint8_t>(prng.below(256));
  if (prng.chance(0.3)) fact.flags = static_cast<std::uint8_t>(prng.below(256));
  return fact;
}

namespace {

std::string describe(const meter::Interval& each) {
  std::string text = format_rfc3339(each.start_ms) + " " + (each.value ? std::to_string(*each.value) : "-") + " " +
                     std::string(to_string(each.quality)) + " method " + std::to_string(each.method);
  for (const std::string_view flag : meter::flag_names(each.flags)) text += " " + std::string(flag);
  return text;
}

}  // namespace

void assert_same(const std::vector<meter::Interval>& expected, const std::vector<meter::Interval>& actual) {
  RC_ASSERT(expected.size() == actual.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (expected[i] != actual[i]) RC_FAIL("expected " + describe(expected[i]) + ", got " + describe(actual[i]));
}

persistence::SeriesChunk chunk_of(const std::vector<Fact>& facts) {
  persistence::SeriesChunk chunk;
  merge(chunk, facts);
  return chunk;
}

std::vector<Fact> shuffled(std::vector<Fact> facts, Prng& prng) {
  const std::size_t count = facts.size();
  for (std::size_t i = 0; i < count; ++i)
    if (prng.chance(0.2)) facts.push_back(facts[i]);
  std::shuffle(facts.begin(), facts.end(), prng);
  return facts;
}

}  // namespace wattring::test
