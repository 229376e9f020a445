// SPDX-License-Identifier: Apache-2.0
#include "node/alert/rule_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.hpp"

namespace wattring::alert {
namespace {

using KindSet = std::uint32_t;
static_assert(kRuleKindCount <= 32);

constexpr KindSet of() {
  return 0;
}
template <class... More>
constexpr KindSet of(RuleKind kind, More... more) {
  return (KindSet{1} << static_cast<unsigned>(kind)) | of(more...);
}
using enum RuleKind;
constexpr KindSet kAll = (KindSet{1} << kRuleKindCount) - 1;
constexpr KindSet kAbove = of(threshold, over_power, reverse_flow, voltage_swell, clock_drift, bad_frames, increase,
                              interval_threshold, imbalance, night_baseline, stuck_register);
constexpr KindSet kBelow = of(threshold, voltage_sag, missing_phase, interval_threshold, sudden_drop);
constexpr KindSet kWindow = of(interval_threshold, imbalance, night_baseline, sudden_drop, rollback, stuck_register);

struct KeyRow {
  std::string_view name;
  KindSet kinds;
};
constexpr std::array kRuleKeys{
    KeyRow{"name", kAll},
    KeyRow{"kind", kAll},
    KeyRow{"match", kAll},
    KeyRow{"exclude", kAll},
    KeyRow{"profile", kAll},
    KeyRow{"severity", kAll},
    KeyRow{"effective", kAll},
    KeyRow{"summary", kAll},
    KeyRow{"disabled", kAll},
    KeyRow{"notify", kAll},
    KeyRow{"page_within", kAll},
    KeyRow{"above", kAbove},
    KeyRow{"below", kBelow},
    KeyRow{"clear", kAbove | kBelow},
    KeyRow{"hold", kAll & ~of(no_data, quarantined)},
    KeyRow{"keep_firing", kAll & ~of(no_data, quarantined)},
    KeyRow{"count", kAll & ~of(no_data)},
    KeyRow{"grace", kWindow},
    KeyRow{"register", of(threshold, increase, interval_threshold, rollback, stuck_register)},
    KeyRow{"intervals", of(interval_threshold)},
    KeyRow{"floor", of(peak_projection)},
    KeyRow{"margin", of(peak_projection)},
    KeyRow{"of", of(imbalance)},
    KeyRow{"nominal", of(voltage_sag, voltage_swell, missing_phase)},
    KeyRow{"zone", of(peak_projection, night_baseline, sudden_drop)},
    KeyRow{"after", of(no_data)},
    KeyRow{"group_separator", of(no_data)},
    KeyRow{"group_share", of(no_data)},
};
constexpr auto kRuleKeyNames = [] {
  std::array<std::string_view, kRuleKeys.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kRuleKeys[i].name;
  return names;
}();
constexpr std::array<std::string_view, 6> kProfileKeyNames{"name",           "match",  "connection_limit",
                                                           "nominal_period", "roster", "effective"};

bool contains(KindSet kinds, RuleKind kind) {
  return ((kinds >> static_cast<unsigned>(kind)) & 1U) != 0;
}

const KeyRow* find_row(std::string_view key) {
  const auto* row =
      std::find_if(kRuleKeys.begin(), kRuleKeys.end(), [key](const KeyRow& each) { return each.name == key; });
  return row == kRuleKeys.end() ? nullptr : row;
}

std::string unknown(std::string_view key, std::span<const std::string_view> names) {
  const auto near = nearest(key, names);
  return fmt::format("unknown key {}{}", toml_text(key.substr(0, 64)),
                     near ? fmt::format(" (did you mean \"{}\"?)", *near) : std::string());
}

}  // namespace

bool has_key(RuleKind kind, std::string_view key) {
  const KeyRow* row = find_row(key);
  return row != nullptr && contains(row->kinds, kind);
}

std::string wrong_rule_key(std::optional<RuleKind> kind, std::string_view key) {
  const KeyRow* row = find_row(key);
  if (row == nullptr) return unknown(key, kRuleKeyNames);
  if (!kind || contains(row->kinds, *kind)) return {};
  std::string kinds;
  for (std::size_t i = 0; i < kRuleKindCount; ++i) {
    const auto each = static_cast<RuleKind>(i);
    if (contains(row->kinds, each)) kinds += (kinds.empty() ? "" : ", ") + std::string(to_string(each));
  }
  return fmt::format("{} has no key \"{}\"; it belongs to: {}", to_string(*kind), key, kinds);
}

std::string wrong_profile_key(std::string_view key) {
  if (std::find(kProfileKeyNames.begin(), kProfileKeyNames.end(), key) != kProfileKeyNames.end()) return {};
  return unknown(key, kProfileKeyNames);
}

std::span<const std::string_view> rule_keys() {
  return kRuleKeyNames;
}

std::span<const std::string_view> profile_keys() {
  return kProfileKeyNames;
}

const TomlEntry* Fields::find(std::string_view key) const {
  for (const TomlEntry& entry : table_.entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

void Fields::refuse(std::string_view key, std::string_view message) {
  const TomlEntry* entry = find(key);
  const std::uint32_t line = entry == nullptr ? table_.line : entry->value.line;
  const std::uint32_t column = entry == nullptr ? table_.column : entry->value.column;
  errors_.push_back({line, column, fmt::format("{} {}", key, message)});
}

}  // namespace wattring::alert
