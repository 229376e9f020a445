// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/commands/keygen.hpp"
#include "node/ctl/operator_verbs.hpp"

namespace wattring::ctl {

/// What the parser fills in for the verbs below; outlives the parsing.
struct ClusterArguments {
  HealthArguments health;
  MembersArguments members;
  EventsArguments events;
  WaitArguments wait;
  KeygenArguments keygen;
  bool promises = false;
  std::string problem_code;
  std::string events_since = "1h";
  std::string events_for;
  std::string wait_timeout = "60s";
  std::vector<std::string> schema_verb;
};

/// `status`, `health`, `members`, `events`, `problems`, `doctor`, `wait`, `keygen`, `schema` and `version`.
void add_cluster_verbs(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb);

/// The value of `--poll 5s` in milliseconds; throws what the parser reports.
[[nodiscard]] std::int64_t duration_option(const char* option, const std::string& text);

/// "wait members=3" is a verb and its number.
[[nodiscard]] std::vector<std::string> split_counts(const std::vector<std::string>& arguments);

}  // namespace wattring::ctl
