// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/transport.hpp"
#include "cluster/zmq_monitor.hpp"
#include "cluster/zmq_security.hpp"
#include "cluster/zmq_socket.hpp"

namespace wattring::cluster {

/// One connection to one endpoint, made once: when it is over, it is over, so that nothing reaches whoever listens
/// there next. While it is being made a few small messages are held here; libzmq's own queue would keep them for
/// anybody.
class ZmqLink {
 public:
  static constexpr std::size_t kHeldMax = 4;
  static constexpr std::size_t kHeldBytesMax = 128U << 10U;

  enum class State : std::uint8_t { opening, up, over };
  [[nodiscard]] static Result<std::unique_ptr<ZmqLink>> open(const std::string& endpoint, ZmqTcpOptions options,
                                                             const std::shared_ptr<ZmqContext>& context,
                                                             const ZmqSecurity* security, unsigned attempt);

  /// Puts what was held on its way when the link comes up.
  State read_events();
  [[nodiscard]] bool came_up() const { return came_up_; }  ///< at any time
  SendOutcome send(std::string_view frame);
  [[nodiscard]] ZmqSocket& socket() { return socket_; }
  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] int events_fd() const { return monitor_.fd(); }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

  // Of the owner.
  std::int64_t opened_ns = 0;
  std::int64_t used_ns = 0;
  unsigned attempt = 0;
  bool touched = false;
  bool told_up = false;

 private:
  ZmqLink(std::string endpoint, ZmqSocket socket, ZmqMonitor monitor)
      : endpoint_(std::move(endpoint)), monitor_(std::move(monitor)), socket_(std::move(socket)) {}
  const std::string endpoint_;
  ZmqMonitor monitor_;
  ZmqSocket socket_;  // closed first
  State state_ = State::opening;
  bool came_up_ = false;
  std::deque<std::string> held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace wattring::cluster
