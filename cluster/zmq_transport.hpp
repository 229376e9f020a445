// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/message.hpp"
#include "cluster/transport.hpp"
#include "cluster/zmq_context.hpp"
#include "cluster/zmq_security.hpp"

namespace wattring::cluster {

/// The door over ZeroMQ: one ROUTER that listens, one DEALER for each endpoint that is written to. It has no thread and
/// sleeps while nothing happens; all but wake() belongs to one thread at a time.
class ZmqTransport final : public Transport {
 public:
  struct Options {
    std::string endpoint = "127.0.0.1:0";  ///< numeric; port 0 takes a free one
    std::string name = "membership";       ///< in the metrics, to tell sockets of one node apart
    std::size_t frame_bytes_max = kSyncPageBytesMax;
    int send_queue = 64;     ///< messages for each peer
    int receive_queue = 64;  ///< likewise
    std::size_t links_max = 512;
    std::size_t connections_max = 4096;
    std::int64_t idle_ns = 60'000'000'000;       ///< an unused link is closed
    std::int64_t open_ns = 2'000'000'000;        ///< how long a link may take to come up
    std::int64_t reopen_after_ns = 200'000'000;  ///< after an attempt that failed
  };
  /// Binds. security may be null: everybody may connect then. Clock and metrics must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ZmqTransport>> open(const Options& options,
                                                                  std::shared_ptr<ZmqContext> context,
                                                                  std::shared_ptr<ZmqSecurity> security,
                                                                  const Clock& clock, Metrics& metrics,
                                                                  std::shared_ptr<Log> log);
  ~ZmqTransport() override;
  ZmqTransport(const ZmqTransport&) = delete;
  ZmqTransport& operator=(const ZmqTransport&) = delete;

  SendOutcome send(const Route& to, std::string_view frame) override;
  void check_connect(const std::string& endpoint) override;
  void receive(std::int64_t wait_ns, std::vector<Input>& inputs) override;
  void wake() override;
  [[nodiscard]] std::string endpoint() const override;

  /// What was sent gets so long to leave, in the background. Nothing may be called after it.
  void close(int linger_ms);

 private:
  class Impl;
  explicit ZmqTransport(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::cluster
