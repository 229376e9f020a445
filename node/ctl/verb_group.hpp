// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/ctl/operator_verbs.hpp"
#include "node/ctl/output.hpp"

namespace wattring::ctl {

/// Adds verbs below one that all give an Answer.
class VerbGroup {
 public:
  VerbGroup(CLI::App& parent, VerbFunction& verb) : parent_(parent), verb_(verb) {}

  /// Only looks: may be watched.
  CLI::App& look(const char* name, const char* about, Query query);
  /// Changes something: once, never again and again.
  CLI::App& change(const char* name, const char* about, Query query);

 private:
  CLI::App& parent_;
  VerbFunction& verb_;
};

/// A verb that stands for one of its own when none of them is named: `alerts` is `alerts list`.
void look_by_default(CLI::App& app, VerbFunction& verb, Query query);

}  // namespace wattring::ctl
