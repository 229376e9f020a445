// SPDX-License-Identifier: Apache-2.0
#include "tests/cluster/zmq_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

namespace wattring::cluster::test {
namespace {

constexpr std::size_t kFrameBytesMax = 64U << 10U;

std::string endpoint_of(const FileHandle& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  void* const raw = &address;
  if (getsockname(socket.get(), static_cast<sockaddr*>(raw), &size) != 0) throw std::runtime_error("getsockname");
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

}  // namespace

RawSocket raw_listen(int backlog) {
  FileHandle socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const void* const raw = &address;
  if (::bind(socket.get(), static_cast<const sockaddr*>(raw), sizeof address) != 0 ||
      ::listen(socket.get(), backlog) != 0)
    throw std::runtime_error("cannot listen on loopback");
  std::string endpoint = endpoint_of(socket);
  return {std::move(socket), std::move(endpoint)};
}

RawSocket raw_connect(const std::string& endpoint, const std::string& bytes) {
  auto socket = start_connect(parse_host_port(endpoint).value());
  if (!socket) throw std::runtime_error(socket.error().text());
  if (!bytes.empty() && ::send(socket->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
    throw std::runtime_error("cannot send to " + endpoint);
  return {std::move(*socket), endpoint};
}

bool closed_within(const RawSocket& socket, int timeout_ms) {
  for (int waited = 0; waited < timeout_ms; waited += 50) {
    pollfd item{socket.handle.get(), POLLIN, 0};
    if (::poll(&item, 1, 50) <= 0) continue;
    char bytes[256];
    if (::recv(socket.handle.get(), bytes, sizeof bytes, MSG_DONTWAIT) <= 0) return true;
  }
  return false;
}

ZmqTransport::Options ZmqNetwork::small() {
  ZmqTransport::Options options;
  options.frame_bytes_max = kFrameBytesMax;
  return options;
}

std::unique_ptr<Transport> ZmqNetwork::open(const std::string& endpoint) {
  auto metrics = std::make_shared<Metrics>();
  kept_.push_back(metrics);
  auto options = options_;
  if (!endpoint.empty()) options.endpoint = endpoint;
  auto context = ZmqContext::create().value();
  std::shared_ptr<ZmqSecurity> security;
  if (keys_) security = ZmqSecurity::start(context, "test", *keys_, *metrics, Log::silent()).value();
  security_ = security;
  auto opened = ZmqTransport::open(options, context, security, clock_, *metrics, Log::silent());
  if (!opened) throw std::runtime_error(opened.error().text());
  metrics_[opened->get()] = metrics;
  return std::move(*opened);
}

std::string ZmqNetwork::closed_endpoint() {
  return raw_listen(1).endpoint;
}

std::string ZmqNetwork::unreachable_endpoint() {
  // Its queue is full: the kernel drops what asks for a connection.
  raw_.push_back(raw_listen(0));
  std::string endpoint = raw_.back().endpoint;
  for (int i = 0; i < 4; ++i) raw_.push_back(raw_connect(endpoint));
  return endpoint;
}

std::uint64_t ZmqNetwork::dropped(const Transport& receiver, const std::string& reason) const {
  return metrics(receiver)
      .counter("wattring_transport_dropped_total", "", R"(socket="membership",reason=")" + reason + "\"")
      .value();
}

std::uint64_t ZmqNetwork::handshakes_failed(const Transport& receiver, const std::string& reason) const {
  return metrics(receiver)
      .counter("wattring_transport_handshakes_failed_total", "", R"(socket="membership",reason=")" + reason + "\"")
      .value();
}

}  // namespace wattring::cluster::test
