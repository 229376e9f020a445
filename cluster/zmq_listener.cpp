// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_listener.hpp"

#include <array>
#include <optional>
#include <utility>

namespace wattring::cluster {
namespace {

constexpr std::size_t kIdBytes = 5;

/// The number in an id that libzmq gave, a zero byte before it; nothing when the peer chose its id: another process may
/// choose the same later.
std::optional<std::uint32_t> given_id(std::string_view id) {
  if (id.size() != kIdBytes || id.front() != '\0') return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : id.substr(1)) number = (number << 8U) | static_cast<unsigned char>(c);
  return number;
}

std::array<char, kIdBytes> id_bytes(std::uint32_t number) {
  std::array<char, kIdBytes> bytes{};
  for (std::size_t i = kIdBytes - 1; i > 0; --i, number >>= 8U) bytes.at(i) = static_cast<char>(number & 0xFFU);
  return bytes;
}

}  // namespace

bool ZmqAdmission::fits(ZmqSocket& socket, const ZmqFrame& body) const {
  if (socket.drop_rest(body)) {
    counters->extra_frames.add();
    return false;
  }
  if (body.bytes().size() <= frame_bytes_max) return true;
  counters->oversized.add();
  return false;
}

std::optional<std::string> ZmqAdmission::sender(const ZmqFrame& body) const {
  if (security == nullptr) return std::string{};
  auto name = security->name_of(body.user(), Callers::nodes);
  if (!name) counters->revoked.add();
  return name;
}

Result<ZmqListener> ZmqListener::open(const std::string& endpoint, const ZmqTcpOptions& options,
                                      const std::shared_ptr<ZmqContext>& context, ZmqAdmission admission) {
  auto socket = ZmqSocket::open(context, ZmqSocket::Kind::router);
  if (!socket) return Failure(socket.error());
  set_tcp_options(*socket, options);
  set_router_options(*socket);
  const auto secured =
      admission.security == nullptr ? Result<void>() : admission.security->secure_listener(*socket, Callers::nodes);
  if (!secured) return Failure(secured.error());
  auto monitor = ZmqMonitor::open(*socket, true);
  if (!monitor) return Failure(monitor.error());
  const auto bound = socket->bind(endpoint);
  if (!bound) return Failure(bound.error());
  return ZmqListener(std::move(*socket), std::move(*monitor), admission);
}

SendOutcome ZmqListener::send(ConnectionTable& table, std::uint64_t number, std::string_view frame) {
  const auto id = table.find(number);
  if (!id) return SendOutcome::no_route;
  const auto bytes = id_bytes(*id);
  switch (socket_.send({bytes.data(), bytes.size()}, true)) {
    case ZmqSocket::Io::again:
      return SendOutcome::full;
    case ZmqSocket::Io::unreachable:
      table.erase(number);
      return SendOutcome::no_route;
    case ZmqSocket::Io::done:
      break;
  }
  return socket_.send(frame) == ZmqSocket::Io::done ? SendOutcome::sent : SendOutcome::full;
}

bool ZmqListener::receive(ConnectionTable& table, std::int64_t now_ns, std::size_t budget, std::vector<Input>& inputs) {
  for (; budget > 0; --budget) {
    ZmqFrame id;
    ZmqFrame body;
    if (!socket_.receive(id)) return true;
    if (!id.more() || !socket_.receive(body)) continue;
    if (!admission_.fits(socket_, body)) continue;
    auto name = admission_.sender(body);
    if (!name) continue;
    const auto number = given_id(id.bytes());
    if (!number) {
      admission_.counters->foreign_id.add();
      continue;
    }
    admission_.counters->received.add();
    inputs.emplace_back(
        input::Received{Route::back(table.heard(*number, now_ns)), std::string(body.bytes()), std::move(*name)});
  }
  return false;
}

void ZmqListener::read_events() {
  while (const auto event = monitor_.next()) {
    if (*event == ZmqEvent::accepted) admission_.counters->accepted.add();
    if (*event == ZmqEvent::refused) admission_.counters->refused.add();
    if (*event == ZmqEvent::handshake_failed) admission_.counters->failed.add();
  }
}

}  // namespace wattring::cluster
