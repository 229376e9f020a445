// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wattring::cluster {

/// Where a message goes: to whoever listens at an endpoint, or back on the connection another message came in on.
/// Exactly one of the two is set. A connection number is never used twice.
struct Route {
  std::string endpoint;
  std::uint64_t connection = 0;

  [[nodiscard]] static Route to(std::string endpoint) { return {std::move(endpoint), 0}; }
  [[nodiscard]] static Route back(std::uint64_t connection) { return {{}, connection}; }
  friend bool operator==(const Route&, const Route&) = default;
};

enum class LinkChange : std::uint8_t {
  up,   ///< the handshake is through: the other side speaks our protocol and, with keys, is allowed
  down  ///< an established link broke
};

/// What an own connect() to an endpoint came to.
enum class ConnectOutcome : std::uint8_t {
  accepted,    ///< somebody's kernel accepts there; it says nothing about the process
  refused,     ///< the machine answers and nothing listens
  unreachable  ///< nothing came back in time, or the network says no
};

enum class SendOutcome : std::uint8_t {
  sent,
  full,     ///< the queue to this peer is full
  no_route  ///< not connected (yet), or the connection is gone
};

namespace input {
struct Received {
  Route from;  ///< an answer sent there reaches the sender
  std::string bytes;
  std::string user{};  ///< name of the sender's key on the allow-list; empty without keys and in answers
};
struct LinkChanged {
  std::string endpoint;
  LinkChange change = LinkChange::up;
};
struct ConnectChecked {
  std::string endpoint;
  ConnectOutcome outcome = ConnectOutcome::unreachable;
};
}  // namespace input

using Input = std::variant<input::Received, input::LinkChanged, input::ConnectChecked>;

/// The door to other nodes' membership. Datagram-like: a message arrives whole, once, or not at all; nothing is kept
/// for a peer that is away and nothing ever reaches another process than the one that listened when it was sent.
/// One thread, its owner's.
class Transport {
 public:
  virtual ~Transport() = default;
  /// The first message to an endpoint opens the link; it and a few more are kept until the link is up or given up, at
  /// most 2 s.
  virtual SendOutcome send(const Route& to, std::string_view frame) = 0;
  /// One non-blocking connect() of our own; the outcome comes as ConnectChecked within 1 s.
  virtual void check_connect(const std::string& endpoint) = 0;
  /// Waits at most so long for inputs, then takes all that are there (bounded), in order of arrival.
  virtual void receive(std::int64_t wait_ns, std::vector<Input>& inputs) = 0;
  /// Any thread: ends a receive() that waits, or the next one that would. Nothing for a transport that never waits.
  virtual void wake() {}
  [[nodiscard]] virtual std::string endpoint() const = 0;  ///< where it listens, with the port it got
};

}  // namespace wattring::cluster
