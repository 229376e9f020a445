// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wattring::actor {

enum class ActorState : std::uint8_t {
  waiting_to_start,  ///< for its start budget
  running,
  suspended,    ///< failed; its parent has not decided yet
  backing_off,  ///< will be restarted when its delay is over
  restarting,   ///< its children are stopping
  stopping,     ///< its children are stopping
  stopped,
};
[[nodiscard]] const char* to_string(ActorState state);

/// One line of `wattringctl actors`. Taken while all go on running: each row is of its own moment.
struct ActorRow {
  std::string path;
  ActorState state = ActorState::running;
  std::uint32_t mailbox_messages = 0;
  std::uint64_t mailbox_bytes = 0;
  std::int64_t oldest_age_ms = 0;  ///< of the message waiting longest; 0 when none waits
  std::uint32_t children = 0;
  std::uint32_t restarts = 0;
  std::string last_failure;  ///< empty when it never failed
};

/// Rows of one answer are at most this many; whoever wants more asks for a deeper path.
inline constexpr std::size_t kTreeRowsMax = 10'000;

struct ActorTree {
  std::vector<ActorRow> rows;  ///< parents before children, children by name
  bool truncated = false;
};

}  // namespace wattring::actor
