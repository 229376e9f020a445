// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/zmq_security.hpp"
#include "node/gateway/ingest_door.hpp"

namespace wattring::gateway {

/// The listener of the native protocol (docs/protocols/ingest.md). One thread of its own owns the socket; replies come
/// from any thread through a bounded queue. start() and stop() are called by one thread.
class ZmqGateway {
 public:
  struct Options {
    std::string endpoint = "127.0.0.1:7413";  ///< numeric address; port 0 takes a free one
    std::string node_name{};
    std::uint32_t credit_batches = 32;     ///< batches a connection may have in flight
    std::uint32_t connections_max = 1024;  ///< further ones are answered with an error
    std::size_t frame_bytes_max = kBatchBytesMax;
    std::int64_t stop_deadline_ms = 2000;              ///< how long stop() waits for replies in flight
    std::shared_ptr<cluster::ZmqContext> context{};    ///< null: the gateway has its own
    std::shared_ptr<cluster::ZmqSecurity> security{};  ///< of that context; null: everybody may connect
  };
  /// The door, clock and metrics must outlive the gateway; replies may still come after it, they are then dropped.
  ZmqGateway(Options options, IngestDoor& door, const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log);
  ~ZmqGateway();
  ZmqGateway(const ZmqGateway&) = delete;
  ZmqGateway& operator=(const ZmqGateway&) = delete;

  /// Binds and starts the thread; returns the bound address, "127.0.0.1:41233".
  [[nodiscard]] Result<std::string> start();
  /// From now on batches are answered BUSY; waits for the replies in flight up to the deadline, then closes.
  /// Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::gateway
