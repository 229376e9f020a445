// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "base/sockets.hpp"
#include "base/time.hpp"
#include "cluster/zmq_transport.hpp"
#include "tests/contract/transport_contract.hpp"

namespace wattring::cluster::test {

/// A TCP socket of a test's own on loopback.
struct RawSocket {
  FileHandle handle;
  std::string endpoint;
};
/// Listens on a free port and accepts nothing.
RawSocket raw_listen(int backlog);
/// Connects; sends the bytes.
RawSocket raw_connect(const std::string& endpoint, const std::string& bytes = {});
/// True when the other side has closed within so long.
bool closed_within(const RawSocket& socket, int timeout_ms);

/// Transports over ZeroMQ on loopback. Each has a context of its own, as a process has, so that destroying one closes
/// its connections before the call returns.
class ZmqNetwork final : public TransportNetwork {
 public:
  explicit ZmqNetwork(ZmqTransport::Options options = small()) : options_(std::move(options)) {}
  static ZmqTransport::Options small();

  std::unique_ptr<Transport> open(const std::string& endpoint) override;
  std::string closed_endpoint() override;
  std::string unreachable_endpoint() override;
  void advance(std::int64_t /*time_ns*/) override {}
  [[nodiscard]] std::size_t frame_bytes_max() const override { return options_.frame_bytes_max; }
  [[nodiscard]] std::uint64_t oversized(const Transport& receiver) const override {
    return dropped(receiver, "oversized");
  }
  [[nodiscard]] std::uint64_t dropped(const Transport& receiver, const std::string& reason) const;
  [[nodiscard]] std::uint64_t handshakes_failed(const Transport& receiver, const std::string& reason) const;
  [[nodiscard]] std::uint64_t accepted(const Transport& receiver) const {
    return metrics(receiver).counter("wattring_transport_accepted_total", "", R"(socket="membership")").value();
  }
  [[nodiscard]] Metrics& metrics(const Transport& transport) const { return *metrics_.at(&transport); }

  /// Transports opened from now on have these keys.
  void use_keys(CurveKeys keys) { keys_ = std::move(keys); }
  /// Of the transport opened last.
  [[nodiscard]] std::shared_ptr<ZmqSecurity> security() const { return security_.lock(); }

 private:
  const ZmqTransport::Options options_;
  const SystemClock clock_;
  std::map<const Transport*, std::shared_ptr<Metrics>> metrics_;
  std::vector<std::shared_ptr<Metrics>> kept_;
  std::vector<RawSocket> raw_;
  std::optional<CurveKeys> keys_;
  std::weak_ptr<ZmqSecurity> security_;  ///< it keeps its context open, which must go with its transport
};

}  // namespace wattring::cluster::test
