// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "node/app/join_cluster.hpp"
#include "node/app/run.hpp"

namespace wattring::app {

/// What a verb of wattringd may touch besides the disk; main() gives the real things, tests their own.
struct Context {
  std::ostream& out;
  std::ostream& err;
  std::map<std::string, std::string> environment;
  std::string default_config_path;  ///< read when --config is not given and the file is there
  std::function<int(const RunOptions&)> run_daemon;
  std::function<Result<cluster::ClusterObject>(const JoinWish&)> describe_cluster;
  std::function<std::array<std::uint8_t, 16>()> random_128;
};

/// Runs the command line without the program's name; returns an ExitCode.
[[nodiscard]] int run_command_line(const std::vector<std::string>& arguments, const Context& context);

}  // namespace wattring::app
