// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_monitor.hpp"

#include <zmq.h>

#include <cstring>
#include <string>
#include <utility>

namespace wattring::cluster {
namespace {

constexpr int kFailedHandshakes =
    ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
// CLOSED of a dealer is a connect() that failed.
constexpr int kOnListener = kFailedHandshakes | ZMQ_EVENT_ACCEPTED;
constexpr int kOnLink = kFailedHandshakes | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED;

ZmqEvent event_of(std::uint16_t number) {
  switch (number) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return ZmqEvent::up;
    case ZMQ_EVENT_ACCEPTED:
      return ZmqEvent::accepted;
    case ZMQ_EVENT_CLOSED:
      return ZmqEvent::connect_failed;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return ZmqEvent::refused;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      return ZmqEvent::handshake_failed;
    default:
      return ZmqEvent::down;
  }
}

}  // namespace

Result<ZmqMonitor> ZmqMonitor::open(ZmqSocket& watched, bool listener) {
  const std::string address = "inproc://wattring-monitor-" + std::to_string(watched.context()->next_number());
  auto events = ZmqSocket::open(watched.context(), ZmqSocket::Kind::pair);
  if (!events) return Failure(events.error());
  if (zmq_socket_monitor(watched.handle(), address.c_str(), listener ? kOnListener : kOnLink) != 0)
    return fail(ErrorCode::io, std::string("a socket cannot be watched: ") + zmq_strerror(zmq_errno()),
                "raise the limit of open files: LimitNOFILE= of the systemd unit, or ulimit -n");
  events->set(ZMQ_LINGER, 0);
  events->set(ZMQ_RCVHWM, 0);
  if (zmq_connect(events->handle(), address.c_str()) != 0)
    return fail(ErrorCode::io, std::string("a socket cannot be watched: ") + zmq_strerror(zmq_errno()));
  return ZmqMonitor(std::move(*events));
}

std::optional<ZmqEvent> ZmqMonitor::next() {
  ZmqFrame event;
  if (!events_.receive(event)) return std::nullopt;
  events_.drop_rest(event);
  std::uint16_t number = 0;
  if (event.bytes().size() >= sizeof number) std::memcpy(&number, event.bytes().data(), sizeof number);
  return event_of(number);
}

}  // namespace wattring::cluster
