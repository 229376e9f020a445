// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wattring {

enum class LogLevel { debug, info, warn, error };

/// One line per event on standard error, with a stable event id ("p1_source_lost") to search and alert on. Handed in
/// by constructors; there is no global logger. Any thread. A warning or error that repeats more than 10 times in 10 s
/// is counted instead of printed, and the count is told with the next one that is, so that a broken meter cannot flood.
class Log {
 public:
  /// format: "text" (for people) or "json" (one object a line).
  static Result<std::shared_ptr<Log>> create(std::string_view level, std::string_view format);
  /// Says nothing; for tests and tools.
  static std::shared_ptr<Log> silent();

  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view event, std::string_view message) = 0;

  void debug(std::string_view event, std::string_view message) { write(LogLevel::debug, event, message); }
  void info(std::string_view event, std::string_view message) { write(LogLevel::info, event, message); }
  void warn(std::string_view event, std::string_view message) { write(LogLevel::warn, event, message); }
  void error(std::string_view event, std::string_view message) { write(LogLevel::error, event, message); }
};

}  // namespace wattring
