// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/verb_group.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

namespace wattring::ctl {

CLI::App& VerbGroup::look(const char* name, const char* about, Query query) {
  CLI::App& app = *parent_.add_subcommand(name, about);
  app.callback([this_verb = &verb_, query = std::move(query)] {
    *this_verb = [query](const Context& context, const Globals& globals) { return show(query, context, globals); };
  });
  return app;
}

CLI::App& VerbGroup::change(const char* name, const char* about, Query query) {
  CLI::App& app = *parent_.add_subcommand(name, about);
  app.callback([this_verb = &verb_, query = std::move(query)] {
    *this_verb = [query](const Context& context, const Globals& globals) {
      if (globals.watch_ms == 0) return show(query, context, globals);
      context.err << "--watch is for verbs that only look; this one changes something\n";
      return int{kExitUsage};
    };
  });
  return app;
}

void look_by_default(CLI::App& app, VerbFunction& verb, Query query) {
  app.callback([&app, &verb, query = std::move(query)] {
    if (!app.get_subcommands().empty()) return;
    verb = [query](const Context& context, const Globals& globals) { return show(query, context, globals); };
  });
}

}  // namespace wattring::ctl
