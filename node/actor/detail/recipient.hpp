// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "node/actor/actor_ref.hpp"
#include "node/actor/events.hpp"

namespace wattring::actor::detail {

class Cell;

/// What stands behind an ActorRef. Counted by its handles; any thread may call any method.
class Recipient {
 public:
  Recipient() = default;
  Recipient(const Recipient&) = delete;
  Recipient& operator=(const Recipient&) = delete;

  virtual Delivery deliver(Message&& message, const ActorRef& sender) = 0;
  [[nodiscard]] virtual ActorAddress address() const = 0;
  [[nodiscard]] virtual bool is_local() const { return true; }
  /// The cell itself when this is one.
  [[nodiscard]] virtual Cell* cell() noexcept { return nullptr; }

  /// Unique among those of this node that watch or are watched.
  [[nodiscard]] virtual std::uint64_t number() const { return 0; }
  /// Who it stands for now: itself, unless it is an address; then nobody when nobody lives there.
  [[nodiscard]] virtual ActorRef resolve() { return ActorRef(this); }

  /// As the watched one: whoever watches gets one on_terminated. What is no actor never ends.
  virtual void watched_by(const ActorRef&) {}
  virtual void unwatched_by(const ActorRef&) {}
  /// As the watcher.
  virtual void on_terminated(const Terminated&) {}
  /// As the sender of a message that went to another node, and was not taken there: full or dead.
  virtual void on_refused(const ActorAddress& /*by*/, Delivery /*why*/) {}
  /// After queued work, or at once. Only actors of this node know how.
  virtual void stop(bool) {}

  void retain() noexcept { uses_.fetch_add(1, std::memory_order_relaxed); }
  /// False when the last handle is gone already.
  [[nodiscard]] bool try_retain() noexcept;
  void release() noexcept {
    if (uses_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 protected:
  virtual ~Recipient() = default;

 private:
  std::atomic<std::uint32_t> uses_{0};
};

}  // namespace wattring::actor::detail
