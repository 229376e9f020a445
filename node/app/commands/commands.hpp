// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/app/commands/context.hpp"

/// The verbs of wattringd, one function each; all return an ExitCode.

namespace wattring::app {

/// Where the configuration comes from, for every verb that reads it.
struct ConfigArguments {
  std::optional<std::string> file;
  std::vector<std::string> sets;
};

struct InitArguments {
  std::string data_dir;
  std::optional<std::string> cluster;
  std::string node;
  std::vector<std::string> join;
  std::string timeout = "30s";  ///< join only
  std::uint32_t copies = 3;
  std::uint32_t acks = 2;
  std::optional<std::uint32_t> shards;  ///< of a new cluster; 1024
  ConfigArguments config;               ///< join only: for cluster.keys
};
[[nodiscard]] int init_node(const InitArguments& arguments, const Context& context);

struct LeaveArguments {
  std::string data_dir;
  std::string timeout = "2m";
};
[[nodiscard]] int leave_node(const LeaveArguments& arguments, const Context& context);

struct RunArguments {
  std::string data_dir;
  std::vector<std::string> join;
  ConfigArguments config;
};
[[nodiscard]] int run_node(const RunArguments& arguments, const Context& context);

[[nodiscard]] int config_check(const ConfigArguments& arguments, const Context& context);
[[nodiscard]] int config_show(const ConfigArguments& arguments, bool with_origin, const Context& context);
[[nodiscard]] int config_defaults(const Context& context);
[[nodiscard]] int config_docs(const Context& context);

struct JournalArguments {
  std::string data_dir;
  std::optional<std::uint32_t> shard;  ///< dump only
  std::optional<std::uint64_t> limit;  ///< dump only: records
};
[[nodiscard]] int journal_verify(const JournalArguments& arguments, const Context& context);
[[nodiscard]] int journal_stat(const JournalArguments& arguments, const Context& context);
[[nodiscard]] int journal_dump(const JournalArguments& arguments, const Context& context);
[[nodiscard]] int journal_compact(const JournalArguments& arguments, const Context& context);

[[nodiscard]] int show_version(const Context& context);

/// "wattringd: MESSAGE" and, on its own line, the hint; returns the code.
int report(const Context& context, const Error& error, int code);
/// The values of --join; invalid_argument names the one that is no HOST:PORT.
[[nodiscard]] Result<std::vector<Endpoint>> parse_join(const std::vector<std::string>& join);

}  // namespace wattring::app
