// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <map>
#include <mutex>

namespace wattring {
namespace {

constexpr std::uint64_t kBurst = 10;
constexpr std::chrono::seconds kWindow{10};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string json_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.push_back(' ');
    } else {
      out.push_back(c);
    }
  }
  return out;
}

class SpdLog final : public Log {
 public:
  SpdLog(spdlog::level::level_enum level, bool json)
      : json_(json), logger_("wattring", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(level);
    logger_.flush_on(spdlog::level::info);
    logger_.set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v",
                        spdlog::pattern_time_type::utc);
  }

  void write(LogLevel level, std::string_view event, std::string_view message) override {
    if (!logger_.should_log(to_spdlog(level))) return;
    std::uint64_t suppressed = 0;
    if (level >= LogLevel::warn && !admit(std::string(event), suppressed)) return;
    const std::string more = suppressed == 0 ? "" : " (suppressed " + std::to_string(suppressed) + " more like it)";
    if (json_) {
      logger_.log(to_spdlog(level), R"("event":"{}","message":"{}{}")", event, json_escape(message), more);
    } else {
      logger_.log(to_spdlog(level), "{}: {}{}", event, message, more);
    }
  }

 private:
  struct Rate {
    std::chrono::steady_clock::time_point since{};
    std::uint64_t written = 0;
    std::uint64_t suppressed = 0;
  };

  bool admit(const std::string& event, std::uint64_t& suppressed) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    Rate& rate = rates_[event];
    if (now - rate.since > kWindow) {
      suppressed = rate.suppressed;
      rate = Rate{now, 0, 0};
    }
    if (rate.written >= kBurst) {
      ++rate.suppressed;
      return false;
    }
    ++rate.written;
    return true;
  }

  const bool json_;
  spdlog::logger logger_;
  std::mutex mutex_;
  std::map<std::string, Rate> rates_;  // guarded by mutex_; event ids are a closed set of literals
};

class SilentLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view) override {}
};

}  // namespace

Result<std::shared_ptr<Log>> Log::create(std::string_view level, std::string_view format) {
  static const std::map<std::string_view, spdlog::level::level_enum> kLevels{{"debug", spdlog::level::debug},
                                                                             {"info", spdlog::level::info},
                                                                             {"warn", spdlog::level::warn},
                                                                             {"error", spdlog::level::err}};
  const auto found = kLevels.find(level);
  if (found == kLevels.end())
    return fail(ErrorCode::invalid_argument, "unknown log level \"" + std::string(level) + "\"",
                "debug, info, warn or error");
  if (format != "text" && format != "json")
    return fail(ErrorCode::invalid_argument, "unknown log format \"" + std::string(format) + "\"", "text or json");
  return std::make_shared<SpdLog>(found->second, format == "json");
}

std::shared_ptr<Log> Log::silent() {
  return std::make_shared<SilentLog>();
}

}  // namespace wattring
