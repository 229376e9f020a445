// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "node/actor/remote_codec.hpp"

namespace wattring::actor {

struct RemoteQueueLimits {
  std::size_t messages_max = 65'536;     ///< for one node
  std::size_t bytes_max = 16U << 20U;    ///< likewise; at least a frame
  std::size_t frame_bytes = 64U << 10U;  ///< a frame is closed when it has as many; a larger envelope goes alone
};

/// What waits to go to one node, already cut in frames, in order.
class RemoteQueue {
 public:
  explicit RemoteQueue(const RemoteQueueLimits& limits) : limits_(&limits) {}

  /// False when there is no room.
  [[nodiscard]] bool push(std::string_view envelope);
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  [[nodiscard]] std::size_t envelopes() const { return envelopes_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// The oldest frame; nothing when it is empty.
  [[nodiscard]] std::optional<FrameBuilder> pop();
  /// Drops all; returns how many envelopes there were.
  std::size_t clear();

 private:
  const RemoteQueueLimits* limits_;
  std::deque<FrameBuilder> frames_;
  std::size_t envelopes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace wattring::actor
