// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "cluster/view.hpp"

namespace wattring::cluster {

struct LoggedEvent {
  std::uint64_t sequence = 0;  ///< from 1, no gaps
  std::int64_t wall_ms = 0;
  MemberEvent event;
};

/// The last events of one start of a node. One thread.
class EventLog {
 public:
  static constexpr std::size_t kEventsMax = 10'000;
  explicit EventLog(std::size_t capacity = kEventsMax) : capacity_(capacity) {}

  void add(std::int64_t wall_ms, MemberEvent event);
  /// Those with a higher sequence, oldest first; what has been dropped meanwhile shows as a gap in the numbers.
  [[nodiscard]] std::vector<LoggedEvent> after(std::uint64_t sequence, std::size_t limit) const;

 private:
  std::size_t capacity_;
  std::uint64_t last_ = 0;
  std::deque<LoggedEvent> events_;
};

}  // namespace wattring::cluster
