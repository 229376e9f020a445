// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>

#include "node/http/cluster_door.hpp"

namespace wattring::http {

/// A node "n1" of a cluster whose view and events the test writes.
class FakeCluster final : public ClusterDoor {
 public:
  FakeCluster() {
    view_.version = 7;
    view_.hash = 0x00c0ffee12345678;
    view_.joined = true;
    add("n1", cluster::MemberState::alive).self = true;
    view_.self = view_.members[0].record->id;
  }
  std::shared_ptr<const cluster::View> view() override {
    const std::lock_guard lock(mutex_);
    return std::make_shared<cluster::View>(view_);
  }
  std::vector<ClusterEvent> events(std::uint64_t after, std::size_t limit) override {
    ++asked_for_events;
    const std::lock_guard lock(mutex_);
    std::vector<ClusterEvent> out;
    for (const ClusterEvent& event : events_)
      if (event.sequence > after && out.size() < limit) out.push_back(event);
    return out;
  }
  bool has_keys() const override { return keys; }
  void leave() override { left = true; }

  /// The id is the name, filled up with zeros; since: 60 s before time 0.
  cluster::MemberView& add(const std::string& name, cluster::MemberState state) {
    view_.members.push_back({record(name, state), false, false, -60'000'000'000, 0, {}});
    return view_.members.back();
  }
  void say(std::uint64_t sequence, cluster::EventKind kind, const std::string& name, std::string detail = {}) {
    const std::lock_guard lock(mutex_);
    events_.push_back({sequence,
                       1'770'814'931'000 + static_cast<std::int64_t>(sequence),
                       {kind, 0, record(name, cluster::MemberState::alive), {}, std::move(detail)}});
  }
  [[nodiscard]] static NodeId id_of(const std::string& name) {
    NodeId id;
    std::copy(name.begin(), name.end(), id.bytes.begin());
    return id;
  }
  [[nodiscard]] static cluster::RecordPtr record(const std::string& name, cluster::MemberState state) {
    cluster::Record record;
    record.id = id_of(name);
    record.name = name;
    record.life.epoch = 5;
    record.incarnation = 2;
    record.state = state;
    record.zone = "north";
    record.endpoints = {"10.0.0.1:7411", "10.0.0.1:7412", "10.0.0.1:7413", "10.0.0.1:7414"};
    return std::make_shared<cluster::Record>(record);
  }

  cluster::View view_;
  bool keys = false;
  std::atomic<bool> left{false};
  std::atomic<int> asked_for_events{0};

 private:
  std::mutex mutex_;
  std::vector<ClusterEvent> events_;
};

}  // namespace wattring::http
