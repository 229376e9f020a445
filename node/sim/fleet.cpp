// SPDX-License-Identifier: Apache-2.0
#include "node/sim/fleet.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

constexpr std::uint64_t kMeterStride = 0x9e3779b97f4a7c15ULL;
constexpr std::uint64_t kStepStride = 0xc2b2ae3d27d4eb4fULL;
// A glitch or reset needs a past to be recognised by.
constexpr std::int64_t kQuietSteps = 8;

constexpr std::uint64_t kModulus = static_cast<std::uint64_t>(Fleet::kRegisterModulusWh) << 16U;

std::uint32_t threshold(double share) {
  return static_cast<std::uint32_t>(std::clamp(share, 0.0, 1.0) * 4294967295.0);
}

void rise(std::uint64_t& energy, std::uint64_t by) {
  energy += by;
  if (energy >= kModulus) energy -= kModulus;
}

}  // namespace

Result<Profile> parse_profile(std::string_view text) {
  for (const Profile profile : {Profile::household, Profile::industry, Profile::solar, Profile::mixed}) {
    if (text == to_string(profile)) return profile;
  }
  return fail(ErrorCode::invalid_argument, "unknown profile \"" + std::string(text) + "\"",
              "one of household, industry, solar, mixed");
}

std::string_view to_string(Profile profile) {
  switch (profile) {
    case Profile::household:
      return "household";
    case Profile::industry:
      return "industry";
    case Profile::solar:
      return "solar";
    case Profile::mixed:
      return "mixed";
  }
  return "mixed";
}

void FaultCounts::add(const FaultCounts& other) {
  late += other.late;
  dup += other.dup;
  out_of_order += other.out_of_order;
  gap += other.gap;
  reset += other.reset;
  glitch += other.glitch;
}

Fleet::Fleet(const FleetOptions& options, std::uint32_t first, std::uint32_t count)
    : options_(options),
      first_(first),
      energy_per_watt_((static_cast<std::uint64_t>(options.every_ms) << 32U) / static_cast<std::uint64_t>(kMsPerHour)) {
  const Faults& faults = options_.faults;
  late_below_ = threshold(faults.late);
  dup_below_ = threshold(faults.late + faults.dup);
  disorder_below_ = threshold(faults.late + faults.dup + faults.out_of_order);
  gap_below_ = threshold(faults.late + faults.dup + faults.out_of_order + faults.gap);
  reset_below_ = threshold(faults.reset);
  glitch_below_ = threshold(faults.reset + faults.glitch);
  disturbed_ = gap_below_ > 0 || glitch_below_ > 0;
  meters_.reserve(count);
  const auto jitter_s = static_cast<std::uint64_t>(std::max<std::int64_t>(options_.jitter_ms / kMsPerSecond, 1));
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint64_t h = mix64(options_.seed * kStepStride + (first + i + 1) * kMeterStride);
    Meter meter{};
    meter.kind = static_cast<Kind>(options_.profile);
    if (options_.profile == Profile::mixed) {
      meter.kind = h % 100 < 80 ? Kind::household : h % 100 < 95 ? Kind::solar : Kind::industry;
    }
    h = mix64(h);
    meter.scale = static_cast<std::uint16_t>(96 + h % 480);
    meter.roof = static_cast<std::uint8_t>(64 + (h >> 16U) % 160);
    meter.offset_s = static_cast<std::uint16_t>((h >> 32U) % std::min<std::uint64_t>(jitter_s, 65'535));
    // 1 to 30 MWh used so far, ten times that in industry.
    const std::uint64_t past = meter.kind == Kind::industry ? 10 : 1;
    h = mix64(h);
    meter.first_energy = (past * (1'000'000 + h % 29'000'000)) << 16U;
    meter.second_energy = (past * (1'000'000 + (h >> 32U) % 29'000'000)) << 16U;
    meters_.push_back(meter);
  }
  begin_step();
}

void Fleet::begin_step() {
  cursor_ = 0;
  shape_ = shape_at(step_time_ms(), options_.seed);
  auto& bucket = buckets_[static_cast<std::size_t>(step_) % kDelayBuckets];
  due_.swap(bucket);
  bucket.clear();
  due_next_ = 0;
}

bool Fleet::deliver_due(std::size_t limit, std::vector<Reading>& out) {
  const std::size_t take = std::min(limit - std::min(limit, out.size()), due_.size() - due_next_);
  const auto begin = due_.begin() + static_cast<std::ptrdiff_t>(due_next_);
  out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(take));
  due_next_ += take;
  delayed_ -= take;
  return due_next_ == due_.size();
}

void Fleet::fill(std::size_t limit, std::int64_t horizon_ms, std::vector<Reading>& out) {
  const auto per_meter = static_cast<std::size_t>(options_.registers) * (disturbed_ ? 2U : 1U);
  std::array<Reading, kRegistersMax> readings;
  const auto meters = static_cast<std::uint32_t>(meters_.size());
  while (true) {
    const std::uint64_t salt = options_.seed + static_cast<std::uint64_t>(step_) * kStepStride;
    if (!deliver_due(limit, out)) return;
    if (finishing_) {
      if (delayed_ == 0) return;
      cursor_ = meters;
    } else if (step_time_ms() + options_.jitter_ms >= horizon_ms) {
      return;
    }
    for (; cursor_ < meters; ++cursor_) {
      if (out.size() + per_meter > limit && !out.empty()) return;
      const std::uint64_t hash = mix64(salt + (first_ + cursor_ + 1) * kMeterStride);
      const int count = read_meter(cursor_, hash, readings);
      if (!disturbed_) {
        out.insert(out.end(), readings.begin(), readings.begin() + count);
      } else {
        deliver(readings.data(), count, hash, out);
      }
    }
    ++step_;
    begin_step();
  }
}

std::int64_t Fleet::advance(Meter& meter, std::uint64_t noise) {
  const bool industry = meter.kind == Kind::industry;
  const std::int64_t base = industry ? shape_.industry_w : shape_.household_w;
  // Half to one and a half times the shape, as a sum of two draws: most steps are near the middle.
  const auto swing = static_cast<std::int64_t>(128 + (noise & 0x7fU) + ((noise >> 7U) & 0x7fU));
  std::int64_t watts = (base * meter.scale * swing) >> 16U;
  if (meter.kind == Kind::solar) watts -= shape_.solar_w * meter.roof / 128;
  const auto magnitude = static_cast<std::uint64_t>(watts < 0 ? -watts : watts);
  const std::uint64_t energy = (magnitude * energy_per_watt_) >> 16U;
  if (meter.kind == Kind::solar) {
    rise(watts >= 0 ? meter.first_energy : meter.second_energy, energy);
  } else if (options_.registers == 1 || shape_.day_tariff) {
    rise(meter.first_energy, energy);
  } else {
    rise(meter.second_energy, energy);
  }
  return watts;
}

int Fleet::read_meter(std::uint32_t index, std::uint64_t hash, std::array<Reading, kRegistersMax>& readings) {
  Meter& meter = meters_[index];
  bool glitch = false;
  if (glitch_below_ > 0 && step_ >= kQuietSteps) {
    const auto draw = static_cast<std::uint32_t>(mix64(hash) >> 32U);
    glitch = draw >= reset_below_ && draw < glitch_below_;
    if (draw < reset_below_) {
      meter.first_energy = 0;
      meter.second_energy = 0;
      counts_.reset += static_cast<std::uint64_t>(std::min(options_.registers, 2));
    }
    if (glitch) counts_.glitch += static_cast<std::uint64_t>(std::min(options_.registers, 2));
  }
  const std::int64_t watts = advance(meter, hash);
  const std::int64_t time = step_time_ms() + std::int64_t{meter.offset_s} * kMsPerSecond;
  const bool solar = meter.kind == Kind::solar;
  const std::uint32_t id = first_ + index;
  int n = 0;
  const auto add = [&](std::uint16_t reg, std::int64_t value) {
    readings[static_cast<std::size_t>(n++)] = Reading{time, value, id, reg};
  };
  const auto energy = [&](std::uint64_t fixed) { return glitch ? 0 : static_cast<std::int64_t>(fixed >> 16U); };
  add(solar || options_.registers == 1 ? kImport : kImportT1, energy(meter.first_energy));
  if (options_.registers >= 2) add(solar ? kExport : kImportT2, energy(meter.second_energy));
  if (options_.registers >= 3) add(kPower, std::max<std::int64_t>(watts, 0));
  if (options_.registers >= 4) add(kVoltage, 2300 + static_cast<std::int64_t>((hash >> 20U) % 80) - 40);
  return n;
}

void Fleet::deliver(const Reading* readings, int count, std::uint64_t hash, std::vector<Reading>& out) {
  const auto draw = static_cast<std::uint32_t>(hash >> 32U);
  const auto n = static_cast<std::uint64_t>(count);
  if (draw >= gap_below_) {
    out.insert(out.end(), readings, readings + count);
  } else if (draw < late_below_) {
    counts_.late += n;
    delay(readings, count, 2 + static_cast<std::int64_t>(mix64(hash + 1) % 96));
  } else if (draw < dup_below_) {
    counts_.dup += n;
    out.insert(out.end(), readings, readings + count);
    const auto steps = static_cast<std::int64_t>(mix64(hash + 2) % 16);
    if (steps < 8) {
      out.insert(out.end(), readings, readings + count);
    } else {
      delay(readings, count, steps - 7);
    }
  } else if (draw < disorder_below_) {
    // Step + 2 begins with what is due: that is after the successor of step + 1.
    counts_.out_of_order += n;
    delay(readings, count, 2);
  } else {
    counts_.gap += n;
  }
}

void Fleet::delay(const Reading* readings, int count, std::int64_t steps) {
  auto& bucket = buckets_[static_cast<std::size_t>(step_ + steps) % kDelayBuckets];
  bucket.insert(bucket.end(), readings, readings + count);
  delayed_ += static_cast<std::size_t>(count);
}

}  // namespace wattring::sim
