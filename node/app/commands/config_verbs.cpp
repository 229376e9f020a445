// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "node/app/commands/commands.hpp"
#include "node/app/commands/config_files.hpp"
#include "node/app/config_print.hpp"

namespace wattring::app {

int config_check(const ConfigArguments& arguments, const Context& context) {
  const auto loaded = configuration(arguments, context);
  if (!loaded) return loaded.error();
  context.out << fmt::format("The configuration is good: {} settings differ from the defaults.\n",
                             loaded->origins.size());
  return kExitDone;
}

int config_show(const ConfigArguments& arguments, bool with_origin, const Context& context) {
  const auto loaded = configuration(arguments, context);
  if (!loaded) return loaded.error();
  context.out << show_config(*loaded, with_origin);
  return kExitDone;
}

int config_defaults(const Context& context) {
  context.out << config_toml(Config{});
  return kExitDone;
}

int config_docs(const Context& context) {
  context.out << config_reference();
  return kExitDone;
}

}  // namespace wattring::app
