// SPDX-License-Identifier: Apache-2.0
#include "node/http/bind_address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace wattring::http {
namespace {

constexpr int kBacklog = 512;

Failure cannot_listen(const std::string& address, int error) {
  const std::string message = "http: cannot listen on " + address + ": " + std::strerror(error);
  if (error == EADDRINUSE)
    return fail(ErrorCode::io, message,
                "another process, perhaps another node, listens there; stop it or set listen.http to another port");
  if (error == EACCES) return fail(ErrorCode::io, message, "ports below 1024 need CAP_NET_BIND_SERVICE");
  return fail(ErrorCode::io, message, "set listen.http to an address of this machine");
}

std::string address_of(int descriptor, const std::string& fallback) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return fallback;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(&storage);
    inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(address->sin6_port));
  }
  const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
  inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(ntohs(address->sin_port));
}

/// The descriptor, or -errno.
int try_listen(const addrinfo& candidate) {
  const int descriptor = ::socket(candidate.ai_family, candidate.ai_socktype | SOCK_CLOEXEC, candidate.ai_protocol);
  if (descriptor < 0) return -errno;
  // SO_REUSEADDR lets a restarted node bind past connections in TIME_WAIT; SO_REUSEPORT would let a second one share.
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 && ::listen(descriptor, kBacklog) == 0)
    return descriptor;
  const int error = errno;
  ::close(descriptor);
  return -error;
}

}  // namespace

std::optional<HostPort> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return std::nullopt;
  }
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number > 65535) return std::nullopt;
  return HostPort{std::string(host), std::string(port)};
}

Result<BoundSocket> bind_and_listen(const std::string& address) {
  const auto parts = split_host_port(address);
  if (!parts)
    return fail(ErrorCode::invalid_argument, "http: \"" + address.substr(0, 80) + "\" is not HOST:PORT",
                "for example 127.0.0.1:7414, [::1]:7414, or port 0 for a free one");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found); error != 0)
    return fail(ErrorCode::invalid_argument, "http: cannot resolve \"" + parts->host + "\": " + gai_strerror(error),
                "set listen.http to an address of this machine");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  int result = -EADDRNOTAVAIL;
  for (const addrinfo* candidate = found; candidate != nullptr && result < 0; candidate = candidate->ai_next)
    result = try_listen(*candidate);
  if (result < 0) return cannot_listen(address, -result);
  return BoundSocket{result, address_of(result, address)};
}

}  // namespace wattring::http
