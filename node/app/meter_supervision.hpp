// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "node/actor/supervision.hpp"

namespace wattring::app {

/// How the meters of one worker have failed, and what follows from it. A meter that fails is restarted at once and gets
/// its message again; a message that fails three times is to blame; a meter that fails on message after message is
/// stopped for the rest of the window, and its messages are not tried. Pure. One owner.
class MeterSupervision {
 public:
  struct Record {
    actor::FailureHistory history;
    std::uint64_t restarts = 0;
    std::string last_failure;
    std::int64_t stopped_until_ns = 0;
  };
  enum class Verdict { retry, quarantine };

  /// After the attempt'th failure on one message.
  [[nodiscard]] Verdict failed(std::string_view meter, const actor::Failure& failure, std::uint32_t attempt,
                               std::int64_t now_ns);
  [[nodiscard]] const std::map<std::string, Record, std::less<>>& records() const { return records_; }
  /// Null when it never failed, or long ago.
  [[nodiscard]] const Record* find(std::string_view meter) const;
  [[nodiscard]] bool is_stopped(std::string_view meter, std::int64_t now_ns) const;
  /// Whether any meter may be stopped: cheap.
  [[nodiscard]] bool is_calm() const { return records_.empty(); }
  /// The meter gets another chance.
  void forget(std::string_view meter);

 private:
  void make_room(std::int64_t now_ns);
  std::map<std::string, Record, std::less<>> records_;
};

}  // namespace wattring::app
