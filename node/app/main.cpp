// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>

#include "base/prng.hpp"
#include "node/app/commands/context.hpp"

extern "C" char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to the program

namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string entry = *at;
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) variables[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return variables;
}

}  // namespace

int main(int argc, char** argv) {
  namespace app = wattring::app;
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const app::Context context{std::cout,
                               std::cerr,
                               environment(),
                               "/etc/wattring/wattringd.toml",
                               app::run_daemon,
                               app::describe_cluster,
                               wattring::os_random_128};
    const int code = app::run_command_line(arguments, context);
    std::cout.flush();
    if (!std::cout && code == app::kExitDone) {
      std::cerr << "wattringd: standard output could not be written\n";
      return app::kExitIo;
    }
    return code;
  } catch (const std::exception& error) {
    std::cerr << "wattringd: unexpected: " << error.what() << "\n  this is a defect, please report it\n";
    return app::kExitInternal;
  }
}
