// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_link.hpp"

#include <utility>

namespace wattring::cluster {

Result<std::unique_ptr<ZmqLink>> ZmqLink::open(const std::string& endpoint, ZmqTcpOptions options,
                                               const std::shared_ptr<ZmqContext>& context, const ZmqSecurity* security,
                                               unsigned attempt) {
  auto socket = ZmqSocket::open(context, ZmqSocket::Kind::dealer);
  if (!socket) return Failure(socket.error());
  options.ipv6 = endpoint.starts_with('[');
  set_tcp_options(*socket, options);
  set_dealer_options(*socket);
  if (security != nullptr) security->secure_dialer(*socket, attempt);
  auto monitor = ZmqMonitor::open(*socket, false);
  if (!monitor) return Failure(monitor.error());
  const auto connected = socket->connect(endpoint);
  if (!connected) return Failure(connected.error());
  std::unique_ptr<ZmqLink> link(new ZmqLink(endpoint, std::move(*socket), std::move(*monitor)));
  link->attempt = attempt;
  return link;
}

ZmqLink::State ZmqLink::read_events() {
  while (const auto event = monitor_.next()) {
    if (*event != ZmqEvent::up) {
      state_ = State::over;
    } else if (state_ == State::opening) {
      state_ = State::up;
      came_up_ = true;
      for (const std::string& frame : held_) socket_.send(frame);
      held_.clear();
    }
  }
  return state_;
}

SendOutcome ZmqLink::send(std::string_view frame) {
  if (state_ == State::over) return SendOutcome::no_route;
  if (state_ == State::up) return socket_.send(frame) == ZmqSocket::Io::done ? SendOutcome::sent : SendOutcome::full;
  if (held_.size() >= kHeldMax || held_bytes_ + frame.size() > kHeldBytesMax) return SendOutcome::full;
  held_bytes_ += frame.size();
  held_.emplace_back(frame);
  return SendOutcome::sent;
}

}  // namespace wattring::cluster
