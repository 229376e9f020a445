// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "node/app/replication_service.hpp"

namespace wattring::app {

/// A transport with nobody at the other end.
class DeafTransport final : public cluster::Transport {
 public:
  cluster::SendOutcome send(const cluster::Route& /*to*/, std::string_view /*frame*/) override {
    return cluster::SendOutcome::no_route;
  }
  void check_connect(const std::string& /*endpoint*/) override {}
  void receive(std::int64_t wait_ns, std::vector<cluster::Input>& /*inputs*/) override {
    std::unique_lock lock(mutex_);
    woken_now_.wait_for(lock, std::chrono::nanoseconds(wait_ns), [&] { return woken_; });
    woken_ = false;
  }
  void wake() override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    woken_now_.notify_one();
  }
  [[nodiscard]] std::string endpoint() const override { return "127.0.0.1:1"; }

 private:
  std::mutex mutex_;
  std::condition_variable woken_now_;
  bool woken_ = false;
};

/// Replication of a node that is its whole cluster, over the disk as it is.
class LoneReplication {
 public:
  struct Parts {
    const persistence::Journal& disk;
    persistence::JournalWriter& journal;
    ShardWorkers& workers;
    const sharding::ShardKey& key;
    Metrics& metrics;
    std::function<void()> on_unknown = [] {};
  };
  explicit LoneReplication(const Parts& parts) {
    ReplicationService::Options options;
    options.self.bytes[0] = 1;
    options.turns.self = options.self;
    options.turns.generation = 1;
    options.turns.shard_count = parts.key.shard_count();
    options.turns.rings = {options.self, parts.key.shard_count(), {}, true, 0};
    options.turns.ring_state = founding_state(sharding::founding_ring({options.self, 100, {}}, 3, 2));
    auto holdings = recover_holdings(*parts.disk.read().value(), parts.key.shard_count());
    WATTRING_CHECK(holdings.has_value());
    service_ =
        ReplicationService::make(
            options, {parts.journal, parts.workers, parts.key, clock_, parts.metrics, Log::silent(), parts.on_unknown},
            std::make_unique<DeafTransport>(), std::move(*holdings), parts.disk, Prng(1))
            .value();
    service_->start();
    service_->set_view(alone(options.self));
    while (!service_->admission().can_write) std::this_thread::yield();
  }
  ReplicationService& door() { return *service_; }
  void stop() { service_->stop(); }

 private:
  static std::shared_ptr<const cluster::View> alone(const NodeId& self) {
    cluster::Record record;
    record.id = self;
    record.life = {1, 1};
    record.name = "n1";
    cluster::View view;
    view.self = self;
    cluster::MemberView member;
    member.record = std::make_shared<const cluster::Record>(std::move(record));
    member.self = true;
    view.members.push_back(std::move(member));
    return std::make_shared<const cluster::View>(std::move(view));
  }
  SystemClock clock_;
  std::unique_ptr<ReplicationService> service_;
};

}  // namespace wattring::app
