// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "cluster/zmq_socket.hpp"

namespace wattring::cluster {

/// What libzmq tells of a socket's connections. CONNECTED is not among them: that a kernel accepts says nothing.
enum class ZmqEvent : std::uint8_t {
  up,               ///< the handshake is through
  down,             ///< a connection is gone; also one whose handshake never came through
  connect_failed,   ///< nobody accepted
  accepted,         ///< a listener's kernel accepted somebody
  refused,          ///< the handshake ended with a refusal: the key is not on the list
  handshake_failed  ///< not our protocol, not our keys, or silent for two seconds
};

/// Follows one socket, on that socket's thread. What libzmq tells is queued without a limit: its IO thread serves all
/// sockets and must not wait for one reader. A listener's are few, one or two a connection. Outlives the socket: to be
/// declared before it.
class ZmqMonitor {
 public:
  ZmqMonitor() = default;
  /// Before the socket binds or connects. A listener's tells who was accepted and whose handshake failed.
  [[nodiscard]] static Result<ZmqMonitor> open(ZmqSocket& watched, bool listener);
  [[nodiscard]] int fd() const { return events_.fd(); }
  [[nodiscard]] void* handle() const { return events_.handle(); }  ///< for zmq_poll
  /// Nothing when there is none.
  [[nodiscard]] std::optional<ZmqEvent> next();

 private:
  explicit ZmqMonitor(ZmqSocket events) : events_(std::move(events)) {}
  ZmqSocket events_;
};

}  // namespace wattring::cluster
