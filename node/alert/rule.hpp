// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "base/time.hpp"

/// Rules, profiles and silences as values. What they mean: docs/metering/alerts.md. Pure.

namespace wattring::alert {

enum class Severity : std::uint8_t { info, warn, critical };
[[nodiscard]] std::string_view to_string(Severity severity);
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);

enum class RuleKind : std::uint8_t {
  threshold,
  over_power,
  reverse_flow,
  voltage_sag,
  voltage_swell,
  missing_phase,
  clock_drift,
  bad_frames,
  increase,
  peak_projection,
  interval_threshold,
  imbalance,
  night_baseline,
  sudden_drop,
  rollback,
  stuck_register,
  quarantined,
  no_data
};
inline constexpr std::size_t kRuleKindCount = 18;
[[nodiscard]] std::string_view to_string(RuleKind kind);
[[nodiscard]] std::optional<RuleKind> parse_rule_kind(std::string_view text);
/// Whether a point needs its window closed, its grace over and the shard complete.
[[nodiscard]] bool is_window_kind(RuleKind kind);
/// One point a local day.
[[nodiscard]] bool is_daily_kind(RuleKind kind);

/// One version of a rule, validated, every default filled in. Immutable once applied.
struct Rule {
  std::string name;  ///< 1..48 of a-z 0-9 and "-"
  RuleKind kind = RuleKind::threshold;
  Severity severity = Severity::warn;
  std::vector<std::string> match;    ///< patterns of meter ids with * and ?; one must match
  std::vector<std::string> exclude;  ///< none may match
  std::string profile;               ///< only meters of that profile; empty = any
  std::string summary;               ///< for people; may be empty
  bool disabled = false;             ///< a version that ends the rule

  // Which version: a grow-only set, ordered by (effective, revision, hash of the document).
  std::int64_t effective_ms = 0;
  std::uint32_t revision = 1;
  std::uint64_t document = 0;  ///< hash; 0 = not published yet

  // When a point fires and clears, and the state machine's times.
  bool below = false;  ///< fires when x < fire; else when x > fire
  std::int64_t fire = 0;
  std::int64_t clear = 0;
  bool limit_of_profile = false;  ///< over_power: fire and clear come from the profile, see rule_for()
  std::int64_t hold_ms = 0;
  std::int64_t keep_firing_ms = 0;
  std::uint32_t count_min = 1;
  std::int64_t grace_ms = 5 * kMsPerMinute;
  std::int64_t page_within_ms = kMsPerHour;
  bool notify = true;

  // What it looks at; each kind uses its own.
  Register reg;  ///< threshold, increase, interval_threshold, stuck_register; rollback, where 0 = the import registers
  std::uint32_t intervals = 4;                ///< interval_threshold
  std::int64_t peak_floor_w = 2500;           ///< peak_projection; its margin is in `fire`
  bool of_current = false;                    ///< imbalance
  std::string zone = "UTC";                   ///< peak_projection, night_baseline, sudden_drop: IANA name
  std::int64_t after_ms = 45 * kMsPerMinute;  ///< no_data
  bool after_of_profile = false;              ///< no_data: a profile's nominal period goes before after_ms
  std::string group_separator;                ///< no_data; empty = the rule's meters are one source
  std::uint32_t group_permille = 200;         ///< no_data

  friend bool operator==(const Rule&, const Rule&) = default;
};
/// Points farther apart than this are not in a row.
[[nodiscard]] std::int64_t gap_limit_ms(const Rule& rule);

/// What meters of a kind have in common; the first profile (by name) whose pattern matches is a meter's.
struct Profile {
  std::string name;
  std::vector<std::string> match;
  std::optional<std::int64_t> connection_limit_w;  ///< default limit of over_power
  std::optional<std::int64_t> nominal_period_ms;   ///< no_data: three of them, at least 5 min
  std::vector<std::string> roster;                 ///< ids that must report even if they never did
  std::int64_t effective_ms = 0;
  std::uint32_t revision = 1;
  std::uint64_t document = 0;  ///< likewise
  friend bool operator==(const Profile&, const Profile&) = default;
};

/// The rule as it is for a meter of that profile (null: none): limit_of_profile and after_of_profile are settled.
/// Nothing when the rule asks for a connection limit and the profile has none: the rule is not for this meter.
[[nodiscard]] std::optional<Rule> rule_for(const Rule& rule, const Profile* profile);
/// One of the patterns matches the id and none of the excluded ones; the rule's profile is the caller's matter.
[[nodiscard]] bool is_for_meter(const Rule& rule, std::string_view meter);

struct Silence {
  std::string id;           ///< 8 hex digits
  std::string rule = "*";   ///< pattern of rule names
  std::string meter = "*";  ///< pattern of meter ids
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;  ///< exclusive; always set
  std::string by;
  std::string why;
  friend bool operator==(const Silence&, const Silence&) = default;
};
[[nodiscard]] bool covers(const Silence& silence, std::string_view rule, std::string_view meter, std::int64_t now_ms);

/// Shell pattern: * is any run of bytes, ? one; everything else itself. Text x pattern steps at worst.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace wattring::alert
