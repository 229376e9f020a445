// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "cluster/transport.hpp"
#include "cluster/view.hpp"
#include "node/actor/message_codecs.hpp"
#include "node/actor/remote.hpp"
#include "node/actor/remote_links.hpp"
#include "node/actor/system.hpp"

namespace wattring::actor {

/// Actors of this node and those of others: the RemoteTransport of a System over a transport of its own. Constructed,
/// given to the System's options, start(), stop() (idempotent), destroyed; the destructor checks that it was stopped.
/// A thread of its own owns the transport; messages are made bytes on the thread that sends them.
class RemoteService final : public RemoteTransport {
 public:
  struct Doors {
    std::shared_ptr<const MessageCodecs> codecs;
    std::shared_ptr<const Clock> clock;
    Metrics& metrics;  ///< must outlive it
    std::shared_ptr<Log> log;
  };
  RemoteService(const RemoteLinks::Options& options, Doors doors);
  ~RemoteService() override;

  /// Until start() and after stop() there is no route to anywhere. The System must be running now and outlive stop().
  void start(System& system, std::unique_ptr<cluster::Transport> transport);
  /// Any thread, also before start(): who is live and where, from now on. The ends of lives are told on the service's
  /// thread, before anything of their next life.
  void set_view(const cluster::View& view);
  /// Sends what the transport takes at once, and ends.
  void stop();

  Delivery send(RemoteEnvelope envelope) override;

  /// Where it listens, with the port it got; empty before start().
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] std::vector<RemoteLinks::PeerRow> peers() const;

 private:
  // The service's thread.
  void run();
  /// Tells the System of nodes that are down; keeps the lock while there are none.
  [[nodiscard]] std::unique_lock<std::mutex> lock_when_told();
  void tick();
  /// True when there is more.
  [[nodiscard]] bool flush();
  void take_in(cluster::Input&& input);
  void take_frame(std::string_view frame);
  void deliver(RemoteEnvelope&& envelope);
  [[nodiscard]] std::int64_t wait_ns();

  void count(FrameError error);
  /// The bytes; empty when it cannot leave the node, and then that is counted and, once a type, logged.
  [[nodiscard]] std::string encode(const RemoteEnvelope& envelope);
  void warn_once(std::string_view type, const std::string& why);

  const NodeId node_;
  const Doors doors_;
  RemoteCounters counters_;
  System* system_ = nullptr;
  std::unique_ptr<cluster::Transport> transport_;
  std::string endpoint_;
  std::atomic<bool> running_{false};
  std::atomic<bool> woken_{false};  ///< somebody woke the transport since the thread last looked
  std::thread thread_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  RemoteLinks links_;
  std::vector<NodeId> down_;  ///< not yet told
  std::set<std::string_view, std::less<>> warned_;

  // The service's thread.
  std::int64_t next_tick_ns_ = 0;
  std::int64_t next_retry_ns_ = 0;
};

}  // namespace wattring::actor
