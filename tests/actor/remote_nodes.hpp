// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "cluster/transport.hpp"
#include "cluster/view.hpp"
#include "node/actor/ask.hpp"
#include "node/actor/remote_service.hpp"
#include "tests/actor/remote_messages.hpp"

/// Several nodes in one process, each with threads of its own, and a membership that says what the test says.

namespace wattring::actor {

/// Where transports come from.
class RemoteNetwork {
 public:
  virtual ~RemoteNetwork() = default;
  /// An empty endpoint means anywhere.
  virtual std::unique_ptr<cluster::Transport> open(const std::string& endpoint) = 0;
};

/// What an actor was sent, for the test's thread to look at.
struct Inbox {
  void add(const Message& message, const ActorRef& sender) {
    const std::lock_guard lock(mutex);
    messages.push_back(message);
    senders.push_back(sender);
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex);
    return messages.size();
  }
  [[nodiscard]] Message at(std::size_t index) const {
    const std::lock_guard lock(mutex);
    return messages.at(index);
  }
  [[nodiscard]] ActorRef sender_of(std::size_t index) const {
    const std::lock_guard lock(mutex);
    return senders.at(index);
  }
  template <class T>
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex);
    std::size_t found = 0;
    for (const Message& message : messages) found += message.is<T>() ? 1 : 0;
    return found;
  }
  mutable std::mutex mutex;
  std::vector<Message> messages;
  std::vector<ActorRef> senders;
};
using InboxPtr = std::shared_ptr<Inbox>;

/// One life of one node.
struct RemoteNode {
  RemoteNode(std::uint8_t id, cluster::Life started, const RemoteLinks::Options& options)
      : node(id_of(id)), life(started), remote(with_self(options, node), doors(metrics)), system(options_of()) {}
  ~RemoteNode() { stop(); }
  RemoteNode(const RemoteNode&) = delete;
  RemoteNode& operator=(const RemoteNode&) = delete;

  void start(std::unique_ptr<cluster::Transport> transport) {
    system.start();
    (void)spawn_system_actors(system);
    remote.start(system, std::move(transport));
  }
  /// As a kill: no actor says goodbye to other nodes.
  void stop() {
    remote.stop();
    (void)system.stop(20'000);
  }

  /// An actor that keeps what it is sent.
  std::pair<ActorRef, InboxPtr> keeper(const std::string& name = {}) {
    auto inbox = std::make_shared<Inbox>();
    const Props props =
        scripted([inbox](Context& context, const Message& message) { inbox->add(message, context.sender()); });
    return {system.spawn(props, name).value(), inbox};
  }
  /// An actor that watches `whom` and keeps what it is told. When this returns it does: what is sent from here on comes
  /// after the watch.
  std::pair<ActorRef, InboxPtr> watcher_of(const ActorRef& whom, const std::string& name = {}) {
    auto inbox = std::make_shared<Inbox>();
    const auto watches = std::make_shared<std::promise<void>>();
    const Props props =
        scripted([inbox](Context& context, const Message& message) { inbox->add(message, context.sender()); },
                 [whom, watches](Context& context) {
                   context.watch(whom);
                   watches->set_value();
                 });
    std::pair<ActorRef, InboxPtr> made{system.spawn(props, name).value(), inbox};
    watches->get_future().wait();
    return made;
  }
  [[nodiscard]] ActorAddress address(std::string path) const { return {node, std::move(path)}; }
  [[nodiscard]] std::uint64_t counter(std::string_view name, std::string_view labels = {}) {
    return metrics.counter(name, "", labels).value();
  }
  [[nodiscard]] std::uint64_t dropped(const std::string& reason) {
    return counter("wattring_remote_dropped_total", "reason=\"" + reason + "\"");
  }
  [[nodiscard]] std::uint64_t refused(const std::string& reason) {
    return counter("wattring_remote_refused_total", "reason=\"" + reason + "\"");
  }

  static NodeId id_of(std::uint8_t id) {
    NodeId node;
    node.bytes[0] = id;
    return node;
  }
  static RemoteLinks::Options with_self(RemoteLinks::Options options, const NodeId& self) {
    options.self = self;
    return options;
  }
  static RemoteService::Doors doors(Metrics& metrics) {
    return {test_codecs(), std::make_shared<SystemClock>(), metrics, Log::silent()};
  }
  SystemOptions options_of() {
    SystemOptions options;
    options.node = node;
    options.seed = life.nonce;
    options.transport = &remote;
    options.scheduler = make_thread_scheduler({.workers = 2});
    return options;
  }

  const NodeId node;
  const cluster::Life life;
  Metrics metrics;
  RemoteService remote;
  System system;
};

class RemoteNodes {
 public:
  static constexpr std::uint64_t kCluster = 77;

  RemoteNodes(RemoteNetwork& network, std::uint8_t count) : network_(network) {
    options.cluster = kCluster;
    for (std::uint8_t id = 0; id < count; ++id) seats_.push_back(Seat{nullptr, {}, {}, {}});
    for (std::uint8_t id = 0; id < count; ++id) start(id);
    tell_views();
  }

  RemoteNode& operator[](std::size_t index) { return *seats_.at(index).node; }

  /// Another life of the node begins, where the last one was; nobody is told.
  void start(std::uint8_t index) {
    Seat& seat = seats_.at(index);
    seat.life = {seat.life.epoch + 1, 1000 + 10 * std::uint64_t{index} + seat.life.epoch};
    seat.state = cluster::MemberState::alive;
    seat.node = std::make_unique<RemoteNode>(static_cast<std::uint8_t>(index + 1), seat.life, options);
    seat.node->start(network_.open(seat.endpoint));
    seat.endpoint = seat.node->remote.endpoint();
  }
  /// The node ends; nobody is told.
  void kill(std::size_t index) { seats_.at(index).node.reset(); }
  void restart(std::uint8_t index) {
    kill(index);
    start(index);
  }
  void set_state(std::size_t index, cluster::MemberState state) { seats_.at(index).state = state; }

  /// Every node sees the members as they are now.
  void tell_views() {
    for (std::size_t index = 0; index < seats_.size(); ++index) tell_view(index);
  }
  void tell_view(std::size_t index) {
    if (seats_[index].node != nullptr) seats_[index].node->remote.set_view(*view_of(index));
  }
  /// A handle on node `from` to a path on node `to`.
  ActorRef ref(std::size_t from, std::size_t to, std::string path) {
    return (*this)[from].system.ref({RemoteNode::id_of(static_cast<std::uint8_t>(to + 1)), std::move(path)});
  }

  /// False when it does not hold within 20 s.
  [[nodiscard]] static bool until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  /// Both nodes know each other: a question gets through.
  [[nodiscard]] bool joined(std::size_t from, std::size_t to) {
    return until([&] {
      return ask((*this)[from].system, ref(from, to, std::string(kPingPath)), Ping{1}, 1'000).get().has_value();
    });
  }
  RemoteLinks::Options options;

 private:
  struct Seat {
    std::unique_ptr<RemoteNode> node;
    std::string endpoint;
    cluster::Life life;
    cluster::MemberState state = cluster::MemberState::alive;
  };
  std::shared_ptr<const cluster::View> view_of(std::size_t self) const {
    auto view = std::make_shared<cluster::View>();
    view->self = RemoteNode::id_of(static_cast<std::uint8_t>(self + 1));
    view->joined = true;
    for (std::size_t index = 0; index < seats_.size(); ++index) {
      auto record = std::make_shared<cluster::Record>();
      record->id = RemoteNode::id_of(static_cast<std::uint8_t>(index + 1));
      record->life = seats_[index].life;
      record->state = seats_[index].state;
      record->endpoints.peers = seats_[index].endpoint;
      cluster::MemberView member;
      member.record = std::move(record);
      member.self = index == self;
      view->members.push_back(std::move(member));
    }
    return view;
  }

  RemoteNetwork& network_;
  std::vector<Seat> seats_;
};

}  // namespace wattring::actor
