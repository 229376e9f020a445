// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/alert/rule.hpp"
#include "node/meter/attention.hpp"

/// What a node alerts by at one moment: the versions of its rules, the profiles, the silences, the sinks. Immutable
/// once made.

namespace wattring::alert {

/// All versions of one rule, ascending by (effective, revision, document).
struct Timeline {
  std::vector<Rule> versions;
  [[nodiscard]] const Rule& newest() const { return versions.back(); }
};
/// The versions as they are for one meter: which counts from when. Points before the first do not exist.
struct Segment {
  std::int64_t from_ms;  ///< inclusive
  std::int64_t to_ms;    ///< exclusive
  Rule rule;
};

/// A sink wants what is at least this severe.
struct Route {
  std::string sink;
  Severity severity_min = Severity::info;
};

class Policy {
 public:
  struct Parts {
    std::vector<Rule> rules;  ///< all versions, any order
    std::vector<Profile> profiles;
    std::vector<Silence> silences;
    std::vector<Route> routes;
  };
  explicit Policy(Parts parts);

  [[nodiscard]] const std::vector<Timeline>& timelines() const { return timelines_; }
  [[nodiscard]] const Parts& parts() const { return parts_; }
  [[nodiscard]] const Profile* profile_of(std::string_view meter) const;
  /// Whether the newest version is for that meter.
  [[nodiscard]] bool applies(const Timeline& timeline, std::string_view meter) const;
  [[nodiscard]] bool applies_to_any(std::string_view meter) const;
  /// Rules about absence that are not disabled.
  [[nodiscard]] std::size_t silence_rules() const { return silence_rules_; }
  /// Empty when the rule is not for that meter.
  [[nodiscard]] std::vector<Segment> segments(const Timeline& timeline, std::string_view meter) const;
  /// What facts of that register must trip for all rules that apply to the meter.
  [[nodiscard]] meter::Gate gate_of(std::string_view meter, Register reg) const;
  /// The least effective time of a version that `before` does not have; the greatest time when there is none.
  [[nodiscard]] std::int64_t effective_since(const Policy& before) const;
  /// Of the versions of rules and profiles: what was evaluated under an equal one need not be again.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  [[nodiscard]] bool silenced(std::string_view rule, std::string_view meter, std::int64_t now_ms) const;

 private:
  Parts parts_;
  std::vector<Timeline> timelines_;
  std::size_t silence_rules_ = 0;
  std::uint64_t fingerprint_ = 0;
  /// Register -> the timelines that look at it, so that the others cost nothing.
  std::map<Register, std::vector<std::size_t>> by_register_;
};

/// The gate of one rule on one of its inputs: it lets pass only what cannot add a firing point.
[[nodiscard]] meter::Gate gate_of_rule(const Rule& rule, Register reg);

}  // namespace wattring::alert
