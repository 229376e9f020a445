// SPDX-License-Identifier: Apache-2.0
#include "node/app/port_reservation.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>

namespace wattring::app {
namespace {

std::string bound_address(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(socket, address, &size) != 0) return {};
  if (getnameinfo(address, size, host.data(), host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) !=
      0)
    return {};
  const bool v6 = storage.ss_family == AF_INET6;
  return (v6 ? "[" : "") + std::string(host.data()) + (v6 ? "]:" : ":") + port.data();
}

}  // namespace

Result<PortReservation> PortReservation::take(const Endpoint& endpoint, const std::string& key) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int looked_up = getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (looked_up != 0)
    return fail(ErrorCode::invalid_argument, key + " = \"" + endpoint.text() + "\": " + gai_strerror(looked_up));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(ErrorCode::io, key + ": no socket: " + std::strerror(errno));
  if (bind(socket, found->ai_addr, found->ai_addrlen) != 0) {
    const std::string why = std::strerror(errno);
    close(socket);
    return fail(ErrorCode::io, "cannot take " + key + " = " + endpoint.text() + ": " + why,
                "another process has it? set " + key + " to a free port, or to port 0");
  }
  return PortReservation(socket, bound_address(socket));
}

PortReservation::~PortReservation() {
  if (socket_ >= 0) close(socket_);
}

PortReservation::PortReservation(PortReservation&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), address_(std::move(other.address_)) {}

}  // namespace wattring::app
