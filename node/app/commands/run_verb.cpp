// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "node/app/commands/commands.hpp"
#include "node/app/commands/config_files.hpp"
#include "node/app/config_print.hpp"

namespace wattring::app {

int run_node(const RunArguments& arguments, const Context& context) {
  if (const auto code = refuse_join(arguments.join, context)) return *code;
  auto loaded = configuration(arguments.config, context);
  if (!loaded) return loaded.error();
  RunOptions options;
  options.data_dir = arguments.data_dir;
  options.settings = changed_settings(*loaded);
  options.config = std::move(loaded->config);
  options.version = WATTRING_VERSION;
  return context.run_daemon(options);
}

int show_version(const Context& context) {
  context.out << "wattringd " WATTRING_VERSION "\n";
  return kExitDone;
}

int report(const Context& context, const Error& error, int code) {
  context.err << "wattringd: " << error.message << "\n";
  if (!error.hint.empty()) context.err << "  " << error.hint << "\n";
  return code;
}

std::optional<int> refuse_join(const std::vector<std::string>& join, const Context& context) {
  if (join.empty()) return std::nullopt;
  return report(context,
                Error{ErrorCode::invalid_argument,
                      fmt::format("cannot join {}: this release runs a node by itself, joining comes with clustering",
                                  join.front()),
                      "leave --join away to found a cluster of one node"},
                kExitUsage);
}

}  // namespace wattring::app
