// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/zmq.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>
#include <zmq.hpp>

namespace wattring::gateway {
namespace {

// Heartbeats find dead machines and cut cables; whether the peer's program is alive is for PING.
constexpr int kHeartbeatMs = 5'000;
constexpr int kHeartbeatTimeoutMs = 15'000;
constexpr int kHandshakeMs = 2'000;
constexpr int kConnectMs = 2'000;
constexpr int kTcpMaxRetransmitMs = 10'000;
// A day stands for never. With the documented -1, and with IMMEDIATE, libzmq 4.3.4 drops what was received but not yet
// read when the peer goes, and a node that stops sends its last replies just then.
constexpr int kNeverReconnectMs = 86'400'000;
constexpr int kBacklog = 1'024;
constexpr int kSocketsMax = 4'096;
constexpr int kMonitored = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
constexpr std::string_view kScheme = "tcp://";

/// One context a process, as libzmq wants it; it lives while a socket of ours does.
std::shared_ptr<zmq::context_t> shared_context() {
  static std::mutex mutex;
  static std::weak_ptr<zmq::context_t> current;
  const std::lock_guard lock(mutex);
  auto context = current.lock();
  if (context == nullptr) {
    context = std::make_shared<zmq::context_t>();
    context->set(zmq::ctxopt::max_sockets, kSocketsMax);
    current = context;
  }
  return context;
}

void set_common(zmq::socket_t& socket, const ZmqSocket::Options& options) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, options.send_queue);
  socket.set(zmq::sockopt::rcvhwm, options.receive_queue);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options.frame_bytes_max));
  socket.set(zmq::sockopt::heartbeat_ivl, kHeartbeatMs);
  socket.set(zmq::sockopt::heartbeat_timeout, kHeartbeatTimeoutMs);
  socket.set(zmq::sockopt::heartbeat_ttl, kHeartbeatTimeoutMs);
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  socket.set(zmq::sockopt::tcp_maxrt, kTcpMaxRetransmitMs);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 30);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 10);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  socket.set(zmq::sockopt::ipv6, options.address.starts_with('['));
}

Failure cannot_open(const ZmqSocket::Options& options, bool router, const zmq::error_t& error) {
  const std::string what = (router ? "cannot listen on " : "cannot connect to ") + options.address + ": ";
  if (error.num() == EADDRINUSE)
    return fail(ErrorCode::already_exists, what + "the address is in use",
                "another program, or another node, listens there; stop it or choose another port");
  if (error.num() == ENODEV || error.num() == EADDRNOTAVAIL)
    return fail(ErrorCode::invalid_argument, what + "this machine has no such address",
                "use an address of this machine, or 0.0.0.0 for all of them");
  return fail(ErrorCode::io, what + error.what());
}

}  // namespace

struct ZmqMessage::Parts {
  zmq::message_t identity;
  zmq::message_t frame;
  bool one_frame = true;
};

ZmqMessage::ZmqMessage(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ZmqMessage::ZmqMessage(ZmqMessage&&) noexcept = default;
ZmqMessage& ZmqMessage::operator=(ZmqMessage&&) noexcept = default;
ZmqMessage::~ZmqMessage() = default;

std::string_view ZmqMessage::identity() const {
  return parts_->identity.to_string_view();
}
std::string_view ZmqMessage::frame() const {
  return parts_->one_frame ? parts_->frame.to_string_view() : std::string_view{};
}

struct ZmqSocket::Impl {
  std::shared_ptr<zmq::context_t> context;
  zmq::socket_t socket;
  zmq::socket_t monitor;  ///< a dealer's: tells what became of its connection
  bool router = false;
  bool connected = false;
  std::string bound_address;

  void watch();
  void read_monitor();
};

/// Lets libzmq report on the connection. The inproc socket stays on this thread.
void ZmqSocket::Impl::watch() {
  static std::atomic<std::uint64_t> number{0};
  const std::string address = "inproc://wattring-dealer-" + std::to_string(number.fetch_add(1));
  if (zmq_socket_monitor(socket.handle(), address.c_str(), kMonitored) != 0) throw zmq::error_t();
  monitor = zmq::socket_t(*context, zmq::socket_type::pair);
  monitor.set(zmq::sockopt::linger, 0);
  monitor.connect(address);
}

void ZmqSocket::Impl::read_monitor() {
  if (router) return;
  zmq::message_t event;
  zmq::message_t address;
  while (monitor.recv(event, zmq::recv_flags::dontwait)) {
    if (event.more() && !monitor.recv(address, zmq::recv_flags::dontwait)) return;
    std::uint16_t kind = 0;
    if (event.size() >= sizeof kind) std::memcpy(&kind, event.data(), sizeof kind);
    connected = kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
  }
}

ZmqSocket::ZmqSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZmqSocket::ZmqSocket(ZmqSocket&&) noexcept = default;
ZmqSocket& ZmqSocket::operator=(ZmqSocket&&) noexcept = default;
ZmqSocket::~ZmqSocket() = default;

Result<ZmqSocket> ZmqSocket::open(const Options& options, bool router) {
  try {
    auto impl = std::make_unique<Impl>();
    impl->context = shared_context();
    impl->socket = zmq::socket_t(*impl->context, router ? zmq::socket_type::router : zmq::socket_type::dealer);
    impl->router = router;
    set_common(impl->socket, options);
    const std::string endpoint = std::string(kScheme) + options.address;
    if (router) {
      impl->socket.set(zmq::sockopt::router_mandatory, true);
      impl->socket.set(zmq::sockopt::backlog, kBacklog);
      impl->socket.bind(endpoint);
      impl->bound_address = impl->socket.get(zmq::sockopt::last_endpoint).substr(kScheme.size());
    } else {
      impl->watch();
      impl->socket.set(zmq::sockopt::reconnect_ivl, kNeverReconnectMs);
      impl->socket.set(zmq::sockopt::connect_timeout, kConnectMs);
      impl->socket.connect(endpoint);
    }
    return ZmqSocket(std::move(impl));
  } catch (const zmq::error_t& error) {
    return cannot_open(options, router, error);
  }
}

Result<ZmqSocket> ZmqSocket::bind_router(const Options& options) {
  return open(options, true);
}
Result<ZmqSocket> ZmqSocket::connect_dealer(const Options& options) {
  return open(options, false);
}

const std::string& ZmqSocket::bound_address() const {
  return impl_->bound_address;
}

ZmqSocket::Sent ZmqSocket::send_to(std::string_view identity, std::string_view frame) {
  try {
    if (!impl_->socket.send(zmq::buffer(identity), zmq::send_flags::sndmore | zmq::send_flags::dontwait))
      return Sent::queue_full;
    return impl_->socket.send(zmq::buffer(frame), zmq::send_flags::dontwait) ? Sent::yes : Sent::queue_full;
  } catch (const zmq::error_t&) {
    return Sent::unreachable;
  }
}

ZmqSocket::Sent ZmqSocket::send(std::string_view frame) {
  try {
    impl_->read_monitor();
    if (!impl_->connected) return Sent::unreachable;
    return impl_->socket.send(zmq::buffer(frame), zmq::send_flags::dontwait) ? Sent::yes : Sent::queue_full;
  } catch (const zmq::error_t&) {
    return Sent::unreachable;
  }
}

std::optional<ZmqMessage> ZmqSocket::receive() {
  try {
    auto parts = std::make_unique<ZmqMessage::Parts>();
    zmq::message_t& first = impl_->router ? parts->identity : parts->frame;
    if (!impl_->socket.recv(first, zmq::recv_flags::dontwait)) return std::nullopt;
    bool more = first.more();
    if (impl_->router) {
      parts->one_frame = more;
      if (more) {
        // The rest of a message is there when its beginning is.
        parts->one_frame = impl_->socket.recv(parts->frame, zmq::recv_flags::dontwait).has_value();
        more = parts->frame.more();
      }
    }
    for (zmq::message_t surplus; more; more = surplus.more()) {
      parts->one_frame = false;
      if (!impl_->socket.recv(surplus, zmq::recv_flags::dontwait)) break;
    }
    return ZmqMessage(std::move(parts));
  } catch (const zmq::error_t&) {
    return std::nullopt;
  }
}

ZmqSocket::Ready ZmqSocket::wait(std::int64_t timeout_ms, int fd) {
  std::array<zmq::pollitem_t, 2> items{zmq::pollitem_t{impl_->socket.handle(), 0, ZMQ_POLLIN, 0},
                                       zmq::pollitem_t{nullptr, fd, ZMQ_POLLIN, 0}};
  if (!impl_->router) items[1].socket = impl_->monitor.handle();
  try {
    zmq::poll(items.data(), impl_->router && fd < 0 ? 1U : 2U,
              std::chrono::milliseconds(std::max<std::int64_t>(timeout_ms, 0)));
  } catch (const zmq::error_t&) {
    return {};  // interrupted by a signal: the caller's loop looks again
  }
  return ready();
}

ZmqSocket::Ready ZmqSocket::ready() {
  try {
    // The connection first: what it brought before its end is then seen below.
    impl_->read_monitor();
    const int events = impl_->socket.get(zmq::sockopt::events);
    return {(events & ZMQ_POLLIN) != 0, impl_->connected && (events & ZMQ_POLLOUT) != 0};
  } catch (const zmq::error_t&) {
    return {};
  }
}

void ZmqSocket::close(std::int64_t linger_ms) {
  try {
    impl_->socket.set(zmq::sockopt::linger, static_cast<int>(linger_ms));
    impl_->socket.close();
  } catch (const zmq::error_t&) {
    // Nothing is left to close.
  }
}

}  // namespace wattring::gateway
