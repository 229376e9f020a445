// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/connection_table.hpp"
#include "cluster/transport.hpp"
#include "cluster/zmq_counters.hpp"
#include "cluster/zmq_monitor.hpp"
#include "cluster/zmq_security.hpp"
#include "cluster/zmq_socket.hpp"

namespace wattring::cluster {

/// What may be received in a frame, and from whom.
struct ZmqAdmission {
  std::size_t frame_bytes_max = 0;
  const ZmqSecurity* security = nullptr;  ///< null: everybody
  ZmqCounters* counters = nullptr;

  /// True when the message that begins with `body` is one whole frame of a fitting size. Takes the rest of the message
  /// off the socket.
  [[nodiscard]] bool fits(ZmqSocket& socket, const ZmqFrame& body) const;
  /// Who sent it, as the allow-list names him; empty without keys, nothing when his key is no longer on the list.
  [[nodiscard]] std::optional<std::string> sender(const ZmqFrame& body) const;
};

/// The bound socket of a transport.
class ZmqListener {
 public:
  [[nodiscard]] static Result<ZmqListener> open(const std::string& endpoint, const ZmqTcpOptions& options,
                                                const std::shared_ptr<ZmqContext>& context, ZmqAdmission admission);

  [[nodiscard]] std::string endpoint() const { return socket_.bound_address(); }
  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] int events_fd() const { return monitor_.fd(); }

  SendOutcome send(ConnectionTable& table, std::uint64_t number, std::string_view frame);
  /// Takes up to `budget` messages; false when there may be more.
  bool receive(ConnectionTable& table, std::int64_t now_ns, std::size_t budget, std::vector<Input>& inputs);
  /// Counts connections, and those that came to nothing.
  void read_events();
  void close(int linger_ms) { socket_.close(linger_ms); }

 private:
  ZmqListener(ZmqSocket socket, ZmqMonitor monitor, ZmqAdmission admission)
      : monitor_(std::move(monitor)), socket_(std::move(socket)), admission_(admission) {}
  ZmqMonitor monitor_;
  ZmqSocket socket_;  // closed first
  ZmqAdmission admission_;
};

}  // namespace wattring::cluster
