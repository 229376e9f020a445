// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>

#include "node/actor/detail/recipient.hpp"

namespace wattring::actor::detail {

struct Core;

/// An actor of another node.
class RemoteRecipient final : public Recipient {
 public:
  RemoteRecipient(Core& core, ActorAddress address) : core_(core), address_(std::move(address)) {}
  Delivery deliver(Message&& message, const ActorRef& sender) override;
  [[nodiscard]] ActorAddress address() const override { return address_; }
  [[nodiscard]] bool is_local() const override { return false; }
  void watched_by(const ActorRef& watcher) override;
  void unwatched_by(const ActorRef& watcher) override;
  void on_terminated(const Terminated& terminated) override;
  void on_refused(const ActorAddress& by, Delivery why) override;

 private:
  Core& core_;
  const ActorAddress address_;
};

/// Whoever lives at a path of this node; remembers who it was the last time.
class PathRecipient final : public Recipient {
 public:
  PathRecipient(Core& core, std::string path) : core_(core), path_(std::move(path)) {}
  Delivery deliver(Message&& message, const ActorRef& sender) override;
  [[nodiscard]] ActorAddress address() const override;
  [[nodiscard]] ActorRef resolve() override;
  void watched_by(const ActorRef& watcher) override;
  void stop(bool now) override;

 private:
  Core& core_;
  const std::string path_;
  std::mutex mutex_;
  ActorRef known_;  ///< guarded by mutex_
};

}  // namespace wattring::actor::detail
