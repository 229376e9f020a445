// SPDX-License-Identifier: Apache-2.0
#include "node/alert/policy.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "node/alert/points.hpp"
#include "node/meter/registers.hpp"
#include "node/meter/series_reader.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kQuartersPerHour = 4;

meter::Gate bounds(const Rule& rule) {
  meter::Gate gate;
  if (rule.below) {
    gate.low = rule.fire;
  } else {
    gate.high = rule.fire;
  }
  return gate;
}

/// The sum of n quarter hours is beyond the limit only if some stretch between two readings is steeper than the limit's
/// mean. One unit of slack, because the register is rounded at the intervals' ends.
meter::Gate interval_gate(const Rule& rule, Register reg) {
  meter::Gate gate;
  const meter::RegisterInfo* info = meter::find_register(reg);
  if (info != nullptr && info->kind != meter::Kind::cumulative) {
    gate.always = true;
    return gate;
  }
  const auto n = static_cast<std::int64_t>(rule.intervals);
  if (rule.below) {
    gate.rate_low = floor_div(kQuartersPerHour * (rule.fire + 1), n) + 1;
  } else {
    gate.rate_high = floor_div(kQuartersPerHour * (rule.fire - 1), n);
  }
  return gate;
}

bool rests_on_intervals(RuleKind kind) {
  return is_window_kind(kind) && kind != RuleKind::imbalance && kind != RuleKind::stuck_register;
}

/// The registers whose facts must be held against a gate of the rule: an exchange of the meter changes its intervals.
std::vector<Register> gated_registers(const Rule& rule) {
  std::vector<Register> registers = inputs_of(rule);
  if (rests_on_intervals(rule.kind)) registers.push_back(meter::kEquipmentId);
  return registers;
}

std::uint64_t fingerprint_of(const Policy::Parts& parts) {
  std::string bytes;
  ByteWriter out(bytes);
  const auto add = [&](const auto& version) {
    out.sized_bytes(version.name);
    out.zigzag(version.effective_ms);
    out.u32_be(version.revision);
    out.u64_be(version.document);
  };
  std::for_each(parts.rules.begin(), parts.rules.end(), add);
  out.u8(0);
  std::for_each(parts.profiles.begin(), parts.profiles.end(), add);
  return hash64(bytes);
}

}  // namespace

meter::Gate gate_of_rule(const Rule& rule, Register reg) {
  meter::Gate gate;
  if (reg == meter::kEquipmentId && rests_on_intervals(rule.kind)) {
    gate.falls = true;
    gate.step_high = 0;
    return gate;
  }
  switch (rule.kind) {
    case RuleKind::threshold:
    case RuleKind::over_power:
    case RuleKind::reverse_flow:
    case RuleKind::voltage_sag:
    case RuleKind::voltage_swell:
    case RuleKind::missing_phase:
    case RuleKind::bad_frames:
      return bounds(rule);
    case RuleKind::clock_drift:
      gate.high = rule.fire;
      gate.low = -rule.fire;
      return gate;
    case RuleKind::increase:
      gate.step_high = rule.fire;
      return gate;
    case RuleKind::peak_projection:
      // The projection is at most D + P: beyond the limit only if one of them is beyond its half.
      // A month's peak lowers it, but for a correction.
      gate.late = reg == obis(1, 0, 1, 6, 0);
      if (gate.late) return gate;
      gate.high = floor_div(rule.peak_floor_w + rule.fire, 2) - 1;
      return gate;
    case RuleKind::interval_threshold:
      return interval_gate(rule, reg);
    case RuleKind::imbalance:
      gate.each_quarter = true;
      return gate;
    case RuleKind::night_baseline:
    case RuleKind::sudden_drop:
      gate.each_day = true;
      return gate;
    case RuleKind::rollback:
      gate.falls = true;
      return gate;
    case RuleKind::stuck_register:
      // Power alone makes no point. What comes in time is looked at with the reading that it flowed before.
      (reg == rule.reg ? gate.stands : gate.late) = true;
      return gate;
    case RuleKind::quarantined:
    case RuleKind::no_data:
      return gate;
  }
  return gate;
}

Policy::Policy(Parts parts) : parts_(std::move(parts)) {
  const auto order = [](const Rule& a, const Rule& b) {
    return std::tie(a.name, a.effective_ms, a.revision, a.document) <
           std::tie(b.name, b.effective_ms, b.revision, b.document);
  };
  std::sort(parts_.rules.begin(), parts_.rules.end(), order);
  std::sort(parts_.profiles.begin(), parts_.profiles.end(), [](const Profile& a, const Profile& b) {
    return std::tie(a.name, b.revision, b.document) < std::tie(b.name, a.revision, a.document);
  });
  // The newest of a profile counts.
  const auto same = [](const Profile& a, const Profile& b) { return a.name == b.name; };
  parts_.profiles.erase(std::unique(parts_.profiles.begin(), parts_.profiles.end(), same), parts_.profiles.end());
  for (const Rule& rule : parts_.rules) {
    if (timelines_.empty() || timelines_.back().newest().name != rule.name) timelines_.emplace_back();
    timelines_.back().versions.push_back(rule);
  }
  for (std::size_t i = 0; i < timelines_.size(); ++i) {
    const Rule& newest = timelines_[i].newest();
    if (newest.kind == RuleKind::no_data && !newest.disabled) ++silence_rules_;
    std::vector<Register> inputs;
    for (const Rule& version : timelines_[i].versions)
      for (const Register reg : gated_registers(version)) inputs.push_back(reg);
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    for (const Register reg : inputs) by_register_[reg].push_back(i);
  }
  fingerprint_ = fingerprint_of(parts_);
}

const Profile* Policy::profile_of(std::string_view meter) const {
  for (const Profile& profile : parts_.profiles)
    for (const std::string& pattern : profile.match)
      if (matches_pattern(pattern, meter)) return &profile;
  return nullptr;
}

bool Policy::applies(const Timeline& timeline, std::string_view meter) const {
  const Rule& rule = timeline.newest();
  if (!is_for_meter(rule, meter)) return false;
  if (rule.profile.empty()) return true;
  const Profile* profile = profile_of(meter);
  return profile != nullptr && profile->name == rule.profile;
}

bool Policy::applies_to_any(std::string_view meter) const {
  return std::any_of(timelines_.begin(), timelines_.end(),
                     [&](const Timeline& timeline) { return applies(timeline, meter); });
}

std::vector<Segment> Policy::segments(const Timeline& timeline, std::string_view meter) const {
  std::vector<Segment> segments;
  if (!applies(timeline, meter)) return segments;
  const Profile* profile = profile_of(meter);
  for (const Rule& version : timeline.versions) {
    auto settled = rule_for(version, profile);
    if (!settled) continue;
    if (!segments.empty() && segments.back().from_ms == version.effective_ms) segments.pop_back();
    if (!segments.empty()) segments.back().to_ms = version.effective_ms;
    segments.push_back({version.effective_ms, kEver, std::move(*settled)});
  }
  return segments;
}

meter::Gate Policy::gate_of(std::string_view meter, Register reg) const {
  meter::Gate wide;
  const auto timelines = by_register_.find(reg);
  if (timelines == by_register_.end()) return wide;
  for (const std::size_t index : timelines->second) {
    const Timeline& timeline = timelines_[index];
    if (!applies(timeline, meter)) continue;
    const Profile* profile = profile_of(meter);
    for (const Rule& version : timeline.versions) {
      const auto settled = rule_for(version, profile);
      if (!settled || settled->disabled) continue;
      const std::vector<Register> inputs = gated_registers(*settled);
      if (std::find(inputs.begin(), inputs.end(), reg) != inputs.end())
        wide = widest(wide, gate_of_rule(*settled, reg));
    }
  }
  return wide;
}

std::int64_t Policy::effective_since(const Policy& before) const {
  std::int64_t least = kEver;
  const auto look = [&](const auto& mine, const auto& theirs) {
    for (const auto& version : mine) {
      const bool known = std::any_of(theirs.begin(), theirs.end(), [&](const auto& other) {
        return other.name == version.name && other.revision == version.revision && other.document == version.document;
      });
      if (!known) least = std::min(least, version.effective_ms);
    }
  };
  look(parts_.rules, before.parts_.rules);
  look(parts_.profiles, before.parts_.profiles);
  return least;
}

bool Policy::silenced(std::string_view rule, std::string_view meter, std::int64_t now_ms) const {
  return std::any_of(parts_.silences.begin(), parts_.silences.end(),
                     [&](const Silence& silence) { return covers(silence, rule, meter, now_ms); });
}

}  // namespace wattring::alert
