// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/view.hpp"
#include "cluster/zmq_context.hpp"
#include "cluster/zmq_security.hpp"
#include "node/actor/message_codecs.hpp"
#include "node/actor/remote_service.hpp"
#include "node/actor/system.hpp"

namespace wattring::app {

/// The node's actor system, joined to those of all other nodes by a socket of its own (listen.peers). Runs from start()
/// to stop(); knows no other node until set_view().
class RemoteSystem {
 public:
  struct Options {
    NodeId node;
    std::uint64_t cluster = 0;  ///< cluster::cluster_hash
    std::string endpoint;       ///< numeric host:port; port 0 takes a free one
    std::uint64_t seed = 0;     ///< another one at each start
  };
  /// Clock and metrics must outlive it. security may be null: anybody may connect then.
  struct Doors {
    std::shared_ptr<cluster::ZmqContext> context;
    std::shared_ptr<cluster::ZmqSecurity> security;
    const Clock& clock;
    Metrics& metrics;
    std::shared_ptr<Log> log;
    std::shared_ptr<const actor::MessageCodecs> codecs;  ///< null: the runtime's own alone
  };
  [[nodiscard]] static Result<std::unique_ptr<RemoteSystem>> start(const Options& options, const Doors& doors);
  ~RemoteSystem();
  RemoteSystem(const RemoteSystem&) = delete;
  RemoteSystem& operator=(const RemoteSystem&) = delete;

  /// Actors first, then the socket. Idempotent.
  void stop();

  /// Any thread, as often as membership has a new one.
  void set_view(const std::shared_ptr<const cluster::View>& view) { remote_.set_view(*view); }
  [[nodiscard]] actor::System& system() { return system_; }
  [[nodiscard]] const actor::RemoteService& remote() const { return remote_; }
  /// Where it listens, for the node's record.
  [[nodiscard]] const std::string& endpoint() const { return remote_.endpoint(); }
  /// Asks the other node's "/system/ping" and waits for the answer; its round trip in ns, or why there is none (see
  /// actor/ask.hpp). Not from an actor.
  [[nodiscard]] Result<std::int64_t> ping(const NodeId& node, std::int64_t timeout_ms);

 private:
  RemoteSystem(const Options& options, const Doors& doors);

  const Clock& clock_;
  actor::RemoteService remote_;
  actor::System system_;
};

}  // namespace wattring::app
