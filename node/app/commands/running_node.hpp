// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.hpp"
#include "base/sockets.hpp"

namespace wattring::app {

/// The process that serves a data directory. It is the one that holds its lock and stands in its endpoints.json; the
/// handle stays its own even when the number is given to another process.
class RunningNode {
 public:
  /// not_found: nobody serves it. busy: somebody holds the lock who is no running node.
  [[nodiscard]] static Result<RunningNode> find(const std::filesystem::path& data_dir);
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// As SIGTERM.
  [[nodiscard]] Result<void> ask_to_stop() const;
  /// True when it has ended within the time.
  [[nodiscard]] bool wait_for_end(std::int64_t timeout_ms) const;

 private:
  RunningNode(pid_t pid, FileHandle process) : pid_(pid), process_(std::move(process)) {}
  pid_t pid_;
  FileHandle process_;
};

/// The pid in the text of endpoints.json; 0 when there is none.
[[nodiscard]] pid_t pid_of_endpoints(std::string_view text);

}  // namespace wattring::app
