// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "node/ctl/commands/actors.hpp"
#include "node/ctl/commands/alerts.hpp"
#include "node/ctl/commands/erase.hpp"
#include "node/ctl/commands/rules.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own
class App;
}  // namespace CLI

namespace wattring::ctl {

/// The verb that the parser decides on.
using VerbFunction = std::function<int(const Context&, const Globals&)>;

/// What the parser fills in for the verbs below; outlives the parsing.
struct OperatorArguments {
  AlertsArguments list;
  AlertsArguments history;
  std::string kind;
  AckArguments ack;
  MuteArguments mute;
  std::string silence;
  std::vector<std::string> rule_files;
  bool all_rules = false;
  std::string rule;
  RulesTestArguments test;
  ActorsArguments actors;
  std::string actor;
  std::string quarantined;
  bool yes = false;
  std::string meter;
  EraseArguments erase;
};

/// `alerts`, `rules` and `actors`, and below `meter` what concerns quarantine and announcements.
void add_operator_verbs(CLI::App& root, CLI::App& meter, OperatorArguments& arguments, VerbFunction& verb);

}  // namespace wattring::ctl
