// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/prng.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/gateway/ingest_door.hpp"

namespace wattring::gateway {

/// Reads P1 telegrams from TCP sources (ser2net, ESPHome, SlimmeLezer...) and submits each as a batch. One thread for
/// all sources. A telegram that the door turns away is held, and its socket is not read until it was accepted, so that
/// nothing is dropped silently.
class P1SourceService {
 public:
  struct Source {
    std::string name;                       ///< for logs and metrics; letters, digits, - and _; unique
    std::string address;                    ///< "host:port"
    std::string meter;                      ///< meter id; empty = the equipment id in the telegram
    std::string zone = "Europe/Amsterdam";  ///< IANA zone of the telegram's local times
  };
  struct Options {
    std::vector<Source> sources;
    std::int64_t connect_timeout_ms = 5'000;
    std::int64_t idle_timeout_ms = 60'000;  ///< without a whole telegram: reconnect
    std::int64_t reconnect_min_ms = 500;    ///< doubles up to the maximum, with jitter; a good telegram resets it
    std::int64_t reconnect_max_ms = 60'000;
    std::int64_t busy_retry_min_ms = 50;    ///< before a telegram that was turned away is offered again
    std::int64_t stop_deadline_ms = 2'000;  ///< how long stop() waits for the replies in flight
  };
  /// The door, clock and metrics must outlive the service.
  P1SourceService(Options options, IngestDoor& door, const Clock& clock, Prng prng, Metrics& metrics,
                  std::shared_ptr<Log> log);
  ~P1SourceService();
  P1SourceService(const P1SourceService&) = delete;
  P1SourceService& operator=(const P1SourceService&) = delete;

  /// Checks the configuration (invalid_argument names the source) and starts the thread; a source that does not answer
  /// is no error. Does nothing when there are no sources.
  [[nodiscard]] Result<void> start();
  /// Closes the connections, waits for the replies in flight and ends the thread; a look-up of a host name that is
  /// under way cannot be cut short. Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::gateway
