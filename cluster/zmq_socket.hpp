// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cluster/zmq_context.hpp"

/// libzmq's sockets with their options in one place; the library's own header stays inside the sources.

namespace wattring::cluster {

/// One frame of a message.
class ZmqFrame {
 public:
  ZmqFrame();
  ~ZmqFrame();
  ZmqFrame(const ZmqFrame&) = delete;
  ZmqFrame& operator=(const ZmqFrame&) = delete;

  [[nodiscard]] std::string_view bytes() const;
  [[nodiscard]] bool more() const;  ///< another frame of the same message follows
  /// Public key of the sender; empty without keys. Of a body's frame: libzmq 4.3.4 leaves it off the routing id's.
  [[nodiscard]] std::string_view user() const;

 private:
  friend class ZmqSocket;
  struct Native;
  [[nodiscard]] Native* native() const;
  alignas(void*) mutable std::byte storage_[64];
};

/// Belongs to the thread that uses it; may be handed over once, before use. Nothing here ever waits.
class ZmqSocket {
 public:
  enum class Kind : std::uint8_t { router, dealer, pair, reply };
  enum class Io : std::uint8_t {
    done,
    again,       ///< no room, or nothing there
    unreachable  ///< a router's: no such connection
  };
  ZmqSocket() = default;
  /// io when the process has no more sockets or files.
  [[nodiscard]] static Result<ZmqSocket> open(std::shared_ptr<ZmqContext> context, Kind kind);
  ZmqSocket(ZmqSocket&& other) noexcept;
  ZmqSocket& operator=(ZmqSocket&& other) noexcept;
  ~ZmqSocket() { close(); }

  /// What is queued gets so long to leave, in the background. Idempotent.
  void close(int linger_ms = 0);
  /// Of the constants of zmq.h.
  void set(int option, int value);
  void set(int option, std::string_view value);
  /// already_exists when the address is taken.
  [[nodiscard]] Result<void> bind(const std::string& address);
  [[nodiscard]] Result<void> connect(const std::string& address);
  [[nodiscard]] std::string bound_address() const;  ///< without the scheme

  /// Becomes readable when something happened; then, and after each send(), receive until there is nothing.
  [[nodiscard]] int fd() const;
  Io send(std::string_view bytes, bool more = false);
  /// False when nothing is there.
  bool receive(ZmqFrame& frame);
  /// Throws away the rest of the message that the frame belongs to; true when there was a rest.
  bool drop_rest(const ZmqFrame& frame);

  [[nodiscard]] void* handle() const { return handle_; }
  [[nodiscard]] const std::shared_ptr<ZmqContext>& context() const { return context_; }

 private:
  ZmqSocket(std::shared_ptr<ZmqContext> context, void* handle) : context_(std::move(context)), handle_(handle) {}
  std::shared_ptr<ZmqContext> context_;
  void* handle_ = nullptr;
};

struct ZmqTcpOptions {
  std::size_t frame_bytes_max = 0;  ///< a peer that sends a larger frame is cut off
  int send_queue = 0;               ///< messages queued per peer; never unlimited
  int receive_queue = 0;
  bool ipv6 = false;
};
/// What every socket over TCP has in common. To be called before bind and connect.
void set_tcp_options(ZmqSocket& socket, const ZmqTcpOptions& options);
/// A listener: refuses to queue for a peer that is not there, and takes a burst of connections.
void set_router_options(ZmqSocket& socket);
/// Connects once: a lost connection stays lost, so that nothing meant for one process reaches the next at its address.
void set_dealer_options(ZmqSocket& socket);

}  // namespace wattring::cluster
