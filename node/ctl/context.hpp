// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/ctl/api_client.hpp"

namespace wattring::ctl {

/// The same table for all programs (docs/operations/wattringctl.md).
enum ExitCode : int {
  kExitDone = 0,
  kExitInternal = 1,  ///< a defect, or a file of ours that cannot be written
  kExitUsage = 2,
  kExitNoAnswer = 3,
  kExitNotFound = 4,
  kExitRefused = 5,  ///< it would lose data, or nobody may decide it now
  kExitTimeIsUp = 6,
  kExitPartial = 7,
  kExitDegraded = 10,
  kExitCritical = 11,
  kExitDataWrong = 21
};

/// What wattringctl may touch; main() gives the real things, tests their own.
struct Context {
  ApiClient& api;
  const Clock& clock;
  std::ostream& out;
  std::ostream& err;
  std::map<std::string, std::string> environment;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::string local_zone;  ///< IANA name of this machine's zone
  std::function<void(std::int64_t ms)> sleep;
  std::istream* in = nullptr;  ///< for answers to questions; null = nobody can be asked
  bool in_is_terminal = false;
  std::function<std::array<std::uint8_t, 16>()> random_128 = os_random_128;
};

struct NodeAddress {
  std::string address;    ///< HOST:PORT of the HTTP listener
  std::string origin;     ///< "from --node", "from WATTRING_NODES", "the default", "as n1 has it"
  std::string name = {};  ///< of the node, when it is known
  std::string id = {};    ///< likewise
  bool vouched = false;   ///< told by a node that the user named, of members that prove keys to each other
  /// How people call it.
  [[nodiscard]] const std::string& label() const { return name.empty() ? address : name; }
};

enum class Format { table, json, jsonl, csv };

struct Globals {
  std::vector<NodeAddress> nodes;
  std::int64_t timeout_ms = 3000;  ///< of each request
  Format format = Format::table;
  std::int64_t watch_ms = 0;  ///< 0 = once
  bool colour = false;
  bool utf8 = false;
  std::string token;  ///< of the requests; empty = none
  std::string zone;   ///< for days and for times that people gave without an offset
};

/// Runs the command line without the program's name; returns an ExitCode.
[[nodiscard]] int run_command_line(const std::vector<std::string>& arguments, const Context& context);

}  // namespace wattring::ctl
