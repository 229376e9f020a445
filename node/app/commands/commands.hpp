// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/app/commands/context.hpp"

/// The verbs of wattringd, one function each; all return an ExitCode.

namespace wattring::app {

struct InitArguments {
  std::string data_dir;
  std::string cluster;
  std::string node;
  std::vector<std::string> join;
  std::uint32_t copies = 3;
  std::uint32_t acks = 2;
  std::uint32_t shards = 1024;
};
[[nodiscard]] int init_node(const InitArguments& arguments, const Context& context);

/// Where the configuration comes from, for every verb that reads it.
struct ConfigArguments {
  std::optional<std::string> file;
  std::vector<std::string> sets;
};
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
/// Clustering is not there yet: says so and returns kExitUsage when anybody is to be joined, nothing otherwise.
[[nodiscard]] std::optional<int> refuse_join(const std::vector<std::string>& join, const Context& context);

}  // namespace wattring::app
