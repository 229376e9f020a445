// SPDX-License-Identifier: Apache-2.0
#include "base/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <resolv.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/check.hpp"

namespace wattring {
namespace {

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// Null with the error of getaddrinfo when there is none.
AddressList look_up(const HostPort& name, int flags, int& error) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  error = getaddrinfo(name.host.c_str(), std::to_string(name.port).c_str(), &wanted, &found);
  return {error == 0 ? found : nullptr, &freeaddrinfo};
}

Failure cannot_connect(const HostPort& peer, int error) {
  return fail(ErrorCode::io, "cannot connect to " + peer.text() + ": " + reason_of(error),
              error == ECONNREFUSED ? "nothing listens there; is it started, and is the port right?"
                                    : "is the address right and the network up?");
}

}  // namespace

void FileHandle::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

WakeUp::WakeUp() : handle_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  WATTRING_CHECK(handle_.open());
}

void WakeUp::signal() const {
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then the poller is awake anyway.
  [[maybe_unused]] const auto written = ::write(handle_.get(), &one, sizeof one);
}

void WakeUp::clear() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto bytes_read = ::read(handle_.get(), &count, sizeof count);
}

std::string HostPort::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool HostPort::is_numeric() const {
  in6_addr scratch{};
  return inet_pton(AF_INET, host.c_str(), &scratch) == 1 || inet_pton(AF_INET6, host.c_str(), &scratch) == 1;
}

Result<HostPort> parse_host_port(std::string_view text) {
  const auto refuse = [&](const char* why) {
    return fail(ErrorCode::invalid_argument, "address \"" + std::string(text) + "\": " + why,
                "write host:port, an IPv6 address in brackets");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse("an IPv6 address without brackets, or a colon too many");
  }
  if (host.empty()) return refuse("the host is missing");
  HostPort parsed;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return refuse("the port is not a number to 65535");
  parsed.host = host;
  return parsed;
}

Result<std::vector<HostPort>> resolve(const HostPort& name) {
  if (name.is_numeric()) return std::vector{name};
  int error = 0;
  const AddressList list = look_up(name, 0, error);
  if (list == nullptr)
    return fail(ErrorCode::io, "cannot find the address of \"" + name.host + "\": " + gai_strerror(error),
                "check the name, or write the numeric address");
  std::vector<HostPort> found;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    char host[NI_MAXHOST];
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    const auto same = [&](const HostPort& other) { return other.host == host; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(HostPort{host, name.port});
  }
  if (found.empty()) return fail(ErrorCode::io, "\"" + name.host + "\" has no usable address");
  return found;
}

void shorten_look_ups_of_this_thread() {
  // _res is this thread's own in glibc.
  if (res_init() != 0) return;
  _res.retrans = 1;
  _res.retry = 1;
}

Connecting begin_connect(const HostPort& numeric) {
  int ignored = 0;
  const AddressList list = look_up(numeric, AI_NUMERICHOST, ignored);
  if (list == nullptr) return {{}, EINVAL};
  FileHandle socket(::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) return {{}, errno};
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::connect(socket.get(), list->ai_addr, list->ai_addrlen) != 0 && errno != EINPROGRESS) return {{}, errno};
  return {std::move(socket), 0};
}

int pending_error(const FileHandle& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool connected_to_itself(const FileHandle& socket) {
  sockaddr_storage here{};
  sockaddr_storage there{};
  socklen_t here_size = sizeof here;
  socklen_t there_size = sizeof there;
  void* const here_raw = &here;
  void* const there_raw = &there;
  return getsockname(socket.get(), static_cast<sockaddr*>(here_raw), &here_size) == 0 &&
         getpeername(socket.get(), static_cast<sockaddr*>(there_raw), &there_size) == 0 && here_size == there_size &&
         std::memcmp(&here, &there, here_size) == 0;
}

Result<FileHandle> start_connect(const HostPort& numeric) {
  if (!numeric.is_numeric()) return fail(ErrorCode::invalid_argument, "\"" + numeric.host + "\" is not an address");
  Connecting begun = begin_connect(numeric);
  if (begun.error != 0) return cannot_connect(numeric, begun.error);
  return std::move(begun.socket);
}

Result<void> connect_outcome(const FileHandle& socket, const HostPort& peer) {
  const int error = pending_error(socket);
  if (error != 0) return cannot_connect(peer, error);
  return {};
}

Result<void> probe_listener(const HostPort& numeric, std::int64_t timeout_ms) {
  const Result<FileHandle> socket = start_connect(numeric);
  if (!socket) return Failure(socket.error());
  pollfd item{socket->get(), POLLOUT, 0};
  int ready = 0;
  do {
    ready = ::poll(&item, 1, static_cast<int>(std::clamp<std::int64_t>(timeout_ms, 0, 3'600'000)));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return cannot_connect(numeric, ETIMEDOUT);
  return connect_outcome(*socket, numeric);
}

}  // namespace wattring
