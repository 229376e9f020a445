// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cluster/zmq_context.hpp"
#include "cluster/zmq_security.hpp"

/// The two ZeroMQ sockets of the native protocol, with every option that matters set in one place. A socket belongs to
/// the thread that uses it; it may be handed over once, before use.

namespace wattring::gateway {

/// A received message. The views live as long as the object.
class ZmqMessage {
 public:
  struct Parts;
  explicit ZmqMessage(std::unique_ptr<Parts> parts);
  ZmqMessage(ZmqMessage&&) noexcept;
  ZmqMessage& operator=(ZmqMessage&&) noexcept;
  ~ZmqMessage();
  [[nodiscard]] std::string_view identity() const;  ///< of the connection; a router's messages only
  /// The one frame; empty when the message had another number of frames, which this protocol does not know.
  [[nodiscard]] std::string_view frame() const;
  /// Public key of the sender; empty without keys.
  [[nodiscard]] std::string_view user() const;

 private:
  std::unique_ptr<Parts> parts_;
};

class ZmqSocket {
 public:
  struct Options {
    std::string address;              ///< "127.0.0.1:7413", numeric
    std::size_t frame_bytes_max = 0;  ///< a peer that sends a larger frame is cut off
    int send_queue = 0;               ///< messages queued per peer; never unlimited
    int receive_queue = 0;
    std::shared_ptr<cluster::ZmqContext> context{};  ///< null: one that all such sockets of the process share
  };
  /// A bound ROUTER. already_exists when the address is taken. security may be null: everybody may connect then.
  [[nodiscard]] static Result<ZmqSocket> bind_router(const Options& options, const cluster::ZmqSecurity* security);
  /// A DEALER that connects once: a lost connection stays lost, and what it had brought can still be received. keys:
  /// null for a listener that has none; attempt: which of the cluster's keys, in turns.
  [[nodiscard]] static Result<ZmqSocket> connect_dealer(const Options& options, const cluster::CurveKeys* keys,
                                                        unsigned attempt = 0);
  ZmqSocket(ZmqSocket&&) noexcept;
  ZmqSocket& operator=(ZmqSocket&&) noexcept;
  ~ZmqSocket();  ///< drops what was not sent yet

  [[nodiscard]] const std::string& bound_address() const;

  enum class Sent { yes, queue_full, unreachable };
  /// Router. Never waits.
  Sent send_to(std::string_view identity, std::string_view frame);
  /// Dealer. Never waits; unreachable until the connection is made and after it is lost.
  Sent send(std::string_view frame);
  /// The next message; nothing when none is there. Never waits.
  [[nodiscard]] std::optional<ZmqMessage> receive();

  struct Ready {
    bool receive = false;
    bool send = false;  ///< a dealer's: it has a connection, and room in its queue
    bool over = false;  ///< a dealer's: its connection is lost or never came to be
  };
  /// Waits until a message can be received or, a router, the file descriptor (-1 = none) be read or, a dealer, its
  /// connection was made or lost.
  Ready wait(std::int64_t timeout_ms, int fd = -1);
  /// What is ready now.
  [[nodiscard]] Ready ready();

  /// Closes, giving what is queued this long to leave in the background.
  void close(std::int64_t linger_ms);

 private:
  struct Impl;
  explicit ZmqSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::gateway
