// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "node/app/commands/commands.hpp"
#include "node/app/commands/config_files.hpp"
#include "node/app/config_print.hpp"

namespace wattring::app {

int run_node(const RunArguments& arguments, const Context& context) {
  const auto join = parse_join(arguments.join);
  if (!join) return report(context, join.error(), kExitUsage);
  auto loaded = configuration(arguments.config, context);
  if (!loaded) return loaded.error();
  RunOptions options;
  options.data_dir = arguments.data_dir;
  options.settings = changed_settings(*loaded);
  options.config = std::move(loaded->config);
  options.config.cluster.join.insert(options.config.cluster.join.end(), join->begin(), join->end());
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

Result<std::vector<Endpoint>> parse_join(const std::vector<std::string>& join) {
  std::vector<Endpoint> out;
  for (const std::string& text : join) {
    auto endpoint = parse_endpoint(text);
    if (!endpoint || endpoint->port == 0)
      return fail(ErrorCode::invalid_argument, fmt::format("--join {} is not HOST:PORT", text),
                  "it is the listen.membership of a node of the cluster, for example 10.0.0.1:7411");
    out.push_back(std::move(*endpoint));
  }
  return out;
}

}  // namespace wattring::app
