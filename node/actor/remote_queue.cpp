// SPDX-License-Identifier: Apache-2.0
#include "node/actor/remote_queue.hpp"

#include <utility>

namespace wattring::actor {

bool RemoteQueue::push(std::string_view envelope) {
  if (envelopes_ >= limits_->messages_max || bytes_ + envelope.size() > limits_->bytes_max) return false;
  if (frames_.empty() || frames_.back().envelopes() >= kRemoteEnvelopesMax ||
      frames_.back().bytes() + envelope.size() > limits_->frame_bytes)
    frames_.emplace_back();
  frames_.back().add(envelope);
  ++envelopes_;
  bytes_ += envelope.size();
  return true;
}

std::optional<FrameBuilder> RemoteQueue::pop() {
  if (frames_.empty()) return std::nullopt;
  FrameBuilder frame = std::move(frames_.front());
  frames_.pop_front();
  envelopes_ -= frame.envelopes();
  bytes_ -= frame.bytes() - kRemoteBodyAt;
  return frame;
}

std::size_t RemoteQueue::clear() {
  const std::size_t dropped = std::exchange(envelopes_, 0);
  frames_.clear();
  bytes_ = 0;
  return dropped;
}

}  // namespace wattring::actor
