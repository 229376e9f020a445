// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "cluster/curve_keys.hpp"
#include "cluster/zmq_context.hpp"
#include "cluster/zmq_socket.hpp"

namespace wattring::cluster {

/// CURVE for a socket that connects; before connect. While the cluster's key is being changed there are two of them;
/// attempts take turns.
void secure_dialer(ZmqSocket& socket, const CurveKeys& keys, unsigned attempt = 0);

/// Whose keys a listener lets in.
enum class Callers : std::uint8_t { nodes, nodes_and_clients };

/// Who may connect: CURVE on every socket it is applied to, and one handler for the context that holds each handshake
/// to the allow-list (without one libzmq lets any key in). Start it before any socket of the context is opened. Has a
/// thread that sleeps while nobody connects. Any thread.
class ZmqSecurity {
 public:
  /// Domain: the cluster's name, which libzmq hands on to the handler. With a client's key file nothing can listen.
  [[nodiscard]] static Result<std::shared_ptr<ZmqSecurity>> start(std::shared_ptr<ZmqContext> context,
                                                                  std::string domain, CurveKeys keys, Metrics& metrics,
                                                                  std::shared_ptr<Log> log);
  ~ZmqSecurity();
  ZmqSecurity(const ZmqSecurity&) = delete;
  ZmqSecurity& operator=(const ZmqSecurity&) = delete;

  /// New keys count for handshakes from now on, a key that is gone from the list also for connections that stand:
  /// name_of() no longer knows it. A listener keeps the secret key it was opened with.
  void reload(CurveKeys keys);

  /// How many times reload() brought another key pair of this node's own: connections that stand were made with one
  /// before it, and others may strike that from their lists.
  [[nodiscard]] std::uint64_t own_changes() const;

  /// summary() of the keys in force.
  [[nodiscard]] std::string keys_summary() const;

  /// Before bind. invalid_argument when the key file is a client's.
  [[nodiscard]] Result<void> secure_listener(ZmqSocket& socket, Callers callers) const;
  /// Before connect.
  void secure_dialer(ZmqSocket& socket, unsigned attempt = 0) const;
  /// Name on the allow-list of a key as ZmqFrame::user() gives it; nothing when it is not, or no longer, among those
  /// that such a listener lets in.
  [[nodiscard]] std::optional<std::string> name_of(std::string_view key, Callers callers) const;

 private:
  class Impl;
  explicit ZmqSecurity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::cluster
