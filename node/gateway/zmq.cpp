// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/zmq.hpp"

#include <zmq.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "cluster/zmq_monitor.hpp"
#include "cluster/zmq_socket.hpp"

namespace wattring::gateway {
namespace {

using Socket = cluster::ZmqSocket;

// Heartbeats find dead machines and cut cables; whether the peer's program is alive is for PING.
constexpr int kHeartbeatMs = 5'000;
constexpr int kHeartbeatTimeoutMs = 15'000;

/// For programs that open sockets here and there; it lives while one of them does.
Result<std::shared_ptr<cluster::ZmqContext>> shared_context() {
  static std::mutex mutex;
  static std::weak_ptr<cluster::ZmqContext> current;
  const std::lock_guard lock(mutex);
  auto context = current.lock();
  if (context != nullptr) return context;
  auto created = cluster::ZmqContext::create();
  if (created) current = *created;
  return created;
}

Result<Socket> open_socket(const ZmqSocket::Options& options, Socket::Kind kind) {
  auto context = options.context == nullptr ? shared_context() : options.context;
  if (!context) return Failure(context.error());
  auto socket = Socket::open(*context, kind);
  if (!socket) return Failure(socket.error());
  cluster::set_tcp_options(*socket, {.frame_bytes_max = options.frame_bytes_max,
                                     .send_queue = options.send_queue,
                                     .receive_queue = options.receive_queue,
                                     .ipv6 = options.address.starts_with('[')});
  socket->set(ZMQ_HEARTBEAT_IVL, kHeartbeatMs);
  socket->set(ZMQ_HEARTBEAT_TIMEOUT, kHeartbeatTimeoutMs);
  socket->set(ZMQ_HEARTBEAT_TTL, kHeartbeatTimeoutMs);
  return socket;
}

ZmqSocket::Sent sent(Socket::Io outcome) {
  return outcome == Socket::Io::done    ? ZmqSocket::Sent::yes
         : outcome == Socket::Io::again ? ZmqSocket::Sent::queue_full
                                        : ZmqSocket::Sent::unreachable;
}

}  // namespace

struct ZmqMessage::Parts {
  cluster::ZmqFrame identity;
  cluster::ZmqFrame frame;
  bool one_frame = true;
};

ZmqMessage::ZmqMessage(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ZmqMessage::ZmqMessage(ZmqMessage&&) noexcept = default;
ZmqMessage& ZmqMessage::operator=(ZmqMessage&&) noexcept = default;
ZmqMessage::~ZmqMessage() = default;

std::string_view ZmqMessage::identity() const {
  return parts_->identity.bytes();
}
std::string_view ZmqMessage::frame() const {
  return parts_->one_frame ? parts_->frame.bytes() : std::string_view{};
}
std::string_view ZmqMessage::user() const {
  return parts_->frame.user();
}

struct ZmqSocket::Impl {
  cluster::ZmqMonitor monitor;  ///< a dealer's: tells what became of its connection
  Socket socket;                // closed first
  bool router = false;
  bool connected = false;
  bool over = false;
  std::string bound_address;

  void read_monitor() {
    if (router) return;
    while (const auto event = monitor.next()) {
      connected = *event == cluster::ZmqEvent::up;
      over = !connected;
    }
  }
};

ZmqSocket::ZmqSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZmqSocket::ZmqSocket(ZmqSocket&&) noexcept = default;
ZmqSocket& ZmqSocket::operator=(ZmqSocket&&) noexcept = default;
ZmqSocket::~ZmqSocket() = default;

Result<ZmqSocket> ZmqSocket::bind_router(const Options& options, const cluster::ZmqSecurity* security) {
  auto socket = open_socket(options, Socket::Kind::router);
  if (!socket) return Failure(socket.error());
  cluster::set_router_options(*socket);
  const auto secured =
      security == nullptr ? Result<void>() : security->secure_listener(*socket, cluster::Callers::nodes_and_clients);
  if (!secured) return Failure(secured.error());
  const auto bound = socket->bind(options.address);
  if (!bound) return Failure(bound.error());
  auto impl = std::make_unique<Impl>();
  impl->bound_address = socket->bound_address();
  impl->socket = std::move(*socket);
  impl->router = true;
  return ZmqSocket(std::move(impl));
}

Result<ZmqSocket> ZmqSocket::connect_dealer(const Options& options, const cluster::CurveKeys* keys, unsigned attempt) {
  auto socket = open_socket(options, Socket::Kind::dealer);
  if (!socket) return Failure(socket.error());
  cluster::set_dealer_options(*socket);
  if (keys != nullptr) cluster::secure_dialer(*socket, *keys, attempt);
  auto monitor = cluster::ZmqMonitor::open(*socket, false);
  if (!monitor) return Failure(monitor.error());
  const auto connected = socket->connect(options.address);
  if (!connected) return Failure(connected.error());
  auto impl = std::make_unique<Impl>();
  impl->socket = std::move(*socket);
  impl->monitor = std::move(*monitor);
  return ZmqSocket(std::move(impl));
}

const std::string& ZmqSocket::bound_address() const {
  return impl_->bound_address;
}

ZmqSocket::Sent ZmqSocket::send_to(std::string_view identity, std::string_view frame) {
  const Socket::Io addressed = impl_->socket.send(identity, true);
  return sent(addressed == Socket::Io::done ? impl_->socket.send(frame) : addressed);
}

ZmqSocket::Sent ZmqSocket::send(std::string_view frame) {
  impl_->read_monitor();
  return impl_->connected ? sent(impl_->socket.send(frame)) : Sent::unreachable;
}

std::optional<ZmqMessage> ZmqSocket::receive() {
  auto parts = std::make_unique<ZmqMessage::Parts>();
  if (impl_->router && !impl_->socket.receive(parts->identity)) return std::nullopt;
  // The rest of a message is there when its beginning is.
  if (!impl_->socket.receive(parts->frame)) return std::nullopt;
  parts->one_frame = !impl_->socket.drop_rest(parts->frame);
  return ZmqMessage(std::move(parts));
}

ZmqSocket::Ready ZmqSocket::wait(std::int64_t timeout_ms, int fd) {
  std::array<zmq_pollitem_t, 2> items{zmq_pollitem_t{impl_->socket.handle(), 0, ZMQ_POLLIN, 0},
                                      zmq_pollitem_t{nullptr, fd, ZMQ_POLLIN, 0}};
  if (!impl_->router) items[1].socket = impl_->monitor.handle();
  // A signal ends the wait: the caller's loop looks again.
  zmq_poll(items.data(), impl_->router && fd < 0 ? 1 : 2, std::max<std::int64_t>(timeout_ms, 0));
  return ready();
}

ZmqSocket::Ready ZmqSocket::ready() {
  // The connection first: what it brought before its end is then seen below.
  impl_->read_monitor();
  int events = 0;
  std::size_t size = sizeof events;
  if (zmq_getsockopt(impl_->socket.handle(), ZMQ_EVENTS, &events, &size) != 0) return {};
  return {(events & ZMQ_POLLIN) != 0, impl_->connected && (events & ZMQ_POLLOUT) != 0, impl_->over};
}

void ZmqSocket::close(std::int64_t linger_ms) {
  impl_->socket.close(static_cast<int>(linger_ms));
}

}  // namespace wattring::gateway
