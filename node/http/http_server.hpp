// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/gateway/ingest_door.hpp"
#include "node/http/doors.hpp"
#include "node/http/exchange.hpp"
#include "node/http/query_door.hpp"

namespace wattring::http {

/// The HTTP API (docs/protocols/http-api.md). One thread per connection, made when needed, at most connections_max.
/// start() and stop() on one thread; the doors are called on the connections' threads.
class HttpServer {
 public:
  struct Options {
    std::string listen = "127.0.0.1:7414";    ///< HOST:PORT or [IPV6]:PORT; port 0 takes a free one
    std::size_t threads = 8;                  ///< made at start; more are made when there are more connections
    std::size_t connections_max = 256;        ///< beyond it the longest idle one is closed, else the new one gets 503
    std::size_t body_bytes_max = 64U << 20U;  ///< of one request as it arrives; more is 413
    std::size_t unpacked_bytes_max = 64U << 20U;   ///< of one gzip body after unpacking; more is 413
    std::size_t buffered_bytes_max = 512U << 20U;  ///< of all bodies in memory together; more is 503
    std::int64_t keep_alive_ms = 20'000;           ///< how long an idle connection is kept
    std::int64_t slow_ms = 10'000;                 ///< grace of a client for a request or a response ...
    std::size_t slow_bytes_per_s = 16'384;         ///< ... and the rate it must hold beyond that; slower is 408
    std::int64_t ingest_wait_ms = 30'000;          ///< for the outcome of a batch; then it is unknown
    std::int64_t drain_ms = 10'000;                ///< what stop() gives requests in flight
    /// On the Influx endpoints a later write of the same point wins: its revision is the time of receipt.
    bool line_overwrite_latest = true;
    std::string telegram_zone = "Europe/Amsterdam";  ///< IANA zone of P1 telegrams' times, unless a request names one
    std::string node_name;                           ///< shown as the home of its meters
    std::string version;                             ///< of this program, for /version, /ping and the Server header
    /// The node's other listeners, shown by status and members; empty when there is none.
    std::string membership_address;
    std::string peers_address;
    std::string ingest_address;
    std::string data_address;
    std::string tokens_file;         ///< of the bearer tokens that requests must carry; empty asks for none
    bool metrics_open = false;       ///< /metrics without a token all the same
    std::vector<std::string> names;  ///< host names the operator gave the node; without tokens it answers to no others
  };

  /// The doors, the clock and the metrics must outlive it. The wall clock is read only to stamp and to default times.
  HttpServer(Options options, gateway::IngestDoor& ingest, QueryDoor& query, const Clock& clock, Metrics& metrics,
             const std::shared_ptr<Log>& log, const Doors& doors = {});
  ~HttpServer();  ///< stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Listens; the bound address, for example "127.0.0.1:40001". invalid_argument for an address that makes no sense,
  /// io when it is taken or not ours,
  /// or when the file of tokens cannot be used.
  [[nodiscard]] Result<std::string> start();
  /// A question that another node passes on. Any thread.
  [[nodiscard]] Response answer_relayed(Request request);
  /// Refuses new connections, lets requests in flight end within drain_ms, then cuts them. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::http
