// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/transport.hpp"
#include "cluster/view.hpp"
#include "cluster/zmq_context.hpp"
#include "cluster/zmq_security.hpp"
#include "sharding/peer_codec.hpp"

namespace wattring::app {

/// Frames about readings to and from the lives that membership holds live, over sockets of their own (listen.data).
/// Never waits for a peer: what its queue has no room for is dropped, and the core sends it again or the peer pulls it.
/// One thread, but for wake().
class DataLinks {
 public:
  struct Options {
    NodeId self;
    std::uint64_t cluster = 0;  ///< cluster::cluster_hash
  };
  /// The metrics must outlive it.
  DataLinks(const Options& options, std::unique_ptr<cluster::Transport> transport, Metrics& metrics);
  DataLinks(const DataLinks&) = delete;
  DataLinks& operator=(const DataLinks&) = delete;

  [[nodiscard]] std::string endpoint() const { return transport_->endpoint(); }

  void set_view(const cluster::View& view, std::int64_t now_ns);
  /// True when the transport took it; that is no promise.
  bool send(const NodeId& to, const sharding::PeerPayload& payload);

  struct Received {
    NodeId from;
    sharding::PeerPayload payload;
  };
  /// Waits at most so long, then hands over what came from live peers.
  void receive(std::int64_t wait_ns, std::vector<Received>& received);
  /// Opens links that broke. Due at next_deadline().
  void tick(std::int64_t now_ns);
  [[nodiscard]] std::int64_t next_deadline() const { return next_hello_ns_; }
  /// Any thread: ends a receive() that waits.
  void wake() { transport_->wake(); }

 private:
  struct Peer {
    cluster::Life life;
    std::string endpoint;
    bool up = false;
  };
  void take_in(cluster::Input&& input, std::vector<Received>& received);
  void take_frame(std::string&& bytes, std::vector<Received>& received);
  void say_hello(const NodeId& id);
  void drop(std::size_t reason) { dropped_[reason]->add(); }

  const Options options_;
  const std::unique_ptr<cluster::Transport> transport_;
  cluster::Life life_;
  std::map<NodeId, Peer> peers_;  ///< live ones with an endpoint, without this node
  std::int64_t next_hello_ns_ = INT64_MAX;
  std::vector<cluster::Input> inputs_;

  static constexpr std::size_t kDropReasons = sharding::kPeerFrameErrors + 3;
  std::array<Counter*, kDropReasons> dropped_{};
  Counter& bytes_out_;
  Counter& bytes_in_;
  Counter& not_sent_;
};

/// The sockets: listens at `endpoint`, numeric, port 0 takes a free one. security may be null.
[[nodiscard]] Result<std::unique_ptr<cluster::Transport>> open_data_transport(
    const std::string& endpoint, std::shared_ptr<cluster::ZmqContext> context,
    std::shared_ptr<cluster::ZmqSecurity> security, const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log);

}  // namespace wattring::app
