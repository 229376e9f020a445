// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Processes of this machine that outlive the program that started them.

namespace wattring::sim {

/// Names one process for good: numbers are used again, also after the machine was started anew.
struct ProcessMark {
  int pid = 0;
  std::uint64_t start_ticks = 0;  ///< since the boot
  std::string boot;               ///< the kernel's id of this boot
  friend bool operator==(const ProcessMark&, const ProcessMark&) = default;
};

struct ProcessStat {
  char state = '?';  ///< 'Z': ended, not yet collected
  std::uint64_t start_ticks = 0;
};
/// The text of /proc/PID/stat. Nothing when it has another shape.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// not_found when there is no such process (any more).
[[nodiscard]] Result<ProcessMark> mark_process(int pid);

/// Holds on to one running process, so that what is signalled is surely that one.
class ProcessHandle {
 public:
  /// Nothing when it has ended, or its number is somebody else's now.
  [[nodiscard]] static std::optional<ProcessHandle> open(const ProcessMark& mark);
  ~ProcessHandle();
  ProcessHandle(ProcessHandle&& other) noexcept;
  ProcessHandle& operator=(ProcessHandle&&) = delete;

  /// False when it may not be signalled.
  bool signal(int number) const;
  /// True when it has ended within that time.
  [[nodiscard]] bool wait_end(std::int64_t timeout_ms) const;

 private:
  explicit ProcessHandle(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Starts a program in a session of its own with its output appended to a file. Gives its number; it is a child until
/// this program ends.
[[nodiscard]] Result<int> start_process(const std::vector<std::string>& arguments, const std::string& log_path);
/// Starts it and waits for its end; gives its exit code, 128 + N for signal N. busy when the time is up; it is then
/// killed.
[[nodiscard]] Result<int> run_process(const std::vector<std::string>& arguments, const std::string& log_path,
                                      std::int64_t timeout_ms);

/// Empty when it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

/// The program beside this one, else the one on PATH; not_found.
[[nodiscard]] Result<std::string> find_program(const std::string& name);

}  // namespace wattring::sim
