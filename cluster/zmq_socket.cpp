// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_socket.hpp"

#include <zmq.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/check.hpp"

namespace wattring::cluster {
namespace {

constexpr int kHandshakeMs = 2'000;
constexpr int kConnectMs = 2'000;
constexpr int kTcpMaxRetransmitMs = 10'000;
constexpr int kBacklog = 4'096;
// A day stands for never. With the documented -1, and with IMMEDIATE, libzmq 4.3.4 drops what was received but not yet
// read when the peer goes, and a node that stops sends its last words just then.
constexpr int kNeverReconnectMs = 86'400'000;
constexpr std::string_view kScheme = "tcp://";
constexpr std::array<int, 4> kTypes{ZMQ_ROUTER, ZMQ_DEALER, ZMQ_PAIR, ZMQ_REP};

Failure cannot_open(const char* what, const std::string& address) {
  const int error = zmq_errno();
  const std::string start = what + address + ": ";
  if (error == EADDRINUSE)
    return fail(ErrorCode::already_exists, start + "the address is in use",
                "another program, or another node, listens there; stop it or choose another port");
  if (error == ENODEV || error == EADDRNOTAVAIL)
    return fail(ErrorCode::invalid_argument, start + "this machine has no such address",
                "use an address of this machine, or 0.0.0.0 for all of them");
  return fail(ErrorCode::io, start + zmq_strerror(error));
}

}  // namespace

struct ZmqFrame::Native : zmq_msg_t {};

ZmqFrame::Native* ZmqFrame::native() const {
  static_assert(sizeof(Native) == sizeof storage_ && alignof(Native) <= alignof(void*));
  void* const raw = storage_;
  return static_cast<Native*>(raw);
}

ZmqFrame::ZmqFrame() {
  zmq_msg_init(native());
}
ZmqFrame::~ZmqFrame() {
  zmq_msg_close(native());
}
std::string_view ZmqFrame::bytes() const {
  return {static_cast<const char*>(zmq_msg_data(native())), zmq_msg_size(native())};
}
bool ZmqFrame::more() const {
  return zmq_msg_more(native()) != 0;
}
std::string_view ZmqFrame::user() const {
  const char* const user = zmq_msg_gets(native(), "User-Id");
  return user == nullptr ? std::string_view{} : std::string_view(user);
}

Result<ZmqSocket> ZmqSocket::open(std::shared_ptr<ZmqContext> context, Kind kind) {
  void* const handle = zmq_socket(context->handle(), kTypes.at(static_cast<std::size_t>(kind)));
  if (handle == nullptr)
    return fail(ErrorCode::io, std::string("no further socket can be opened: ") + zmq_strerror(zmq_errno()),
                "raise the limit of open files: LimitNOFILE= of the systemd unit, or ulimit -n");
  return ZmqSocket(std::move(context), handle);
}

ZmqSocket::ZmqSocket(ZmqSocket&& other) noexcept
    : context_(std::move(other.context_)), handle_(std::exchange(other.handle_, nullptr)) {}
ZmqSocket& ZmqSocket::operator=(ZmqSocket&& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(handle_, other.handle_);
  return *this;
}

void ZmqSocket::close(int linger_ms) {
  if (handle_ == nullptr) return;
  set(ZMQ_LINGER, linger_ms);
  // The IO thread of all sockets waits for ever when it has an event for a monitor that nobody reads any more.
  zmq_socket_monitor(handle_, nullptr, 0);
  zmq_close(std::exchange(handle_, nullptr));
}

void ZmqSocket::set(int option, int value) {
  WATTRING_CHECK(zmq_setsockopt(handle_, option, &value, sizeof value) == 0);
}
void ZmqSocket::set(int option, std::string_view value) {
  WATTRING_CHECK(zmq_setsockopt(handle_, option, value.data(), value.size()) == 0);
}

Result<void> ZmqSocket::bind(const std::string& address) {
  if (zmq_bind(handle_, (std::string(kScheme) + address).c_str()) != 0)
    return cannot_open("cannot listen on ", address);
  return {};
}
Result<void> ZmqSocket::connect(const std::string& address) {
  if (zmq_connect(handle_, (std::string(kScheme) + address).c_str()) != 0)
    return cannot_open("cannot connect to ", address);
  return {};
}
std::string ZmqSocket::bound_address() const {
  std::array<char, 256> text{};
  std::size_t size = text.size();
  if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text.data(), &size) != 0 || size <= kScheme.size()) return {};
  return std::string(text.data()).substr(kScheme.size());
}

int ZmqSocket::fd() const {
  int fd = -1;
  std::size_t size = sizeof fd;
  WATTRING_CHECK(zmq_getsockopt(handle_, ZMQ_FD, &fd, &size) == 0);
  return fd;
}

ZmqSocket::Io ZmqSocket::send(std::string_view bytes, bool more) {
  const int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
  if (zmq_send(handle_, bytes.data(), bytes.size(), flags) >= 0) return Io::done;
  return zmq_errno() == EAGAIN ? Io::again : Io::unreachable;
}

bool ZmqSocket::receive(ZmqFrame& frame) {
  return zmq_msg_recv(frame.native(), handle_, ZMQ_DONTWAIT) >= 0;
}

bool ZmqSocket::drop_rest(const ZmqFrame& frame) {
  if (!frame.more()) return false;
  // The rest of a message is there when its beginning is.
  ZmqFrame surplus;
  while (receive(surplus) && surplus.more()) {
  }
  return true;
}

void set_tcp_options(ZmqSocket& socket, const ZmqTcpOptions& options) {
  const auto bytes_max = static_cast<std::int64_t>(options.frame_bytes_max);
  WATTRING_CHECK(zmq_setsockopt(socket.handle(), ZMQ_MAXMSGSIZE, &bytes_max, sizeof bytes_max) == 0);
  socket.set(ZMQ_LINGER, 0);
  socket.set(ZMQ_SNDHWM, options.send_queue);
  socket.set(ZMQ_RCVHWM, options.receive_queue);
  socket.set(ZMQ_HANDSHAKE_IVL, kHandshakeMs);
  socket.set(ZMQ_TCP_MAXRT, kTcpMaxRetransmitMs);
  socket.set(ZMQ_TCP_KEEPALIVE, 1);
  socket.set(ZMQ_TCP_KEEPALIVE_IDLE, 30);
  socket.set(ZMQ_TCP_KEEPALIVE_INTVL, 10);
  socket.set(ZMQ_TCP_KEEPALIVE_CNT, 3);
  socket.set(ZMQ_IPV6, options.ipv6 ? 1 : 0);
}

void set_router_options(ZmqSocket& socket) {
  socket.set(ZMQ_ROUTER_MANDATORY, 1);
  socket.set(ZMQ_BACKLOG, kBacklog);
}

void set_dealer_options(ZmqSocket& socket) {
  socket.set(ZMQ_RECONNECT_IVL, kNeverReconnectMs);
  socket.set(ZMQ_CONNECT_TIMEOUT, kConnectMs);
}

}  // namespace wattring::cluster
