// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <thread>

#include "node/ctl/context.hpp"

extern "C" char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to the program

namespace {

namespace ctl = wattring::ctl;

constexpr std::string_view kZoneFolder = "zoneinfo/";

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string entry = *at;
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) variables[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return variables;
}

/// TZ when it names a zone, else where /etc/localtime points.
std::string local_zone(const std::map<std::string, std::string>& variables) {
  if (const auto tz = variables.find("TZ"); tz != variables.end() && !tz->second.empty()) {
    std::string name = tz->second.front() == ':' ? tz->second.substr(1) : tz->second;
    if (name.find('/') != std::string::npos || name == "UTC") return name;
  }
  std::error_code failure;
  const std::string target = std::filesystem::read_symlink("/etc/localtime", failure).string();
  const std::size_t at = target.find(kZoneFolder);
  return failure || at == std::string::npos ? "UTC" : target.substr(at + kZoneFolder.size());
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away ("| head") must not look like a crash.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const auto client = ctl::make_http_client();
    const wattring::SystemClock clock;
    auto variables = environment();
    const std::string zone = local_zone(variables);
    const ctl::Context context{*client,
                               clock,
                               std::cout,
                               std::cerr,
                               std::move(variables),
                               isatty(STDOUT_FILENO) == 1,
                               isatty(STDERR_FILENO) == 1,
                               zone,
                               [](std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); },
                               &std::cin,
                               isatty(STDIN_FILENO) == 1};
    const int code = ctl::run_command_line(arguments, context);
    std::cout.flush();
    return code;
  } catch (const std::exception& error) {
    std::cerr << "wattringctl: unexpected: " << error.what() << "\n  this is a defect, please report it\n";
    return ctl::kExitInternal;
  }
}
