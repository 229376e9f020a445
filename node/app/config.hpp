// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"
#include "node/app/config_values.hpp"

/// The configuration of a node: a plain value, read and validated once at start. Pure: files, environment and flags
/// come in as data. The table in config_keys.cpp names every key; docs/operations/configuration.md is made from it.

namespace wattring::app {

/// A P1 port server that is dialled: one [[p1]] table.
struct P1Source {
  std::string name;   ///< unique; stands in logs, problems and metrics
  Endpoint connect;   ///< where the telegrams come from
  std::string meter;  ///< id to file the readings under; empty = the equipment id in the telegram
  std::string zone;   ///< IANA zone of the telegrams' local times; empty = meters.zone
  friend bool operator==(const P1Source&, const P1Source&) = default;
};

/// Who is told about alerts: one [[sink]] table.
struct AlertSink {
  std::string name;                            ///< unique; rows of the outbox carry it
  std::string kind;                            ///< webhook, alertmanager, log
  std::string url;                             ///< empty for log
  std::string token_file;                      ///< its first line is the bearer token; empty = none
  std::int64_t timeout_ms = 5 * kMsPerSecond;  ///< "5s"
  std::string min_severity = "info";           ///< info, warn, critical
  std::int64_t resend_ms = kMsPerMinute;       ///< alertmanager. "1m"
  std::int64_t give_up_after_ms = kMsPerDay;   ///< "1d"
  friend bool operator==(const AlertSink&, const AlertSink&) = default;
};

struct Config {
  /// Allow listeners that are not on loopback although there is no authentication. Default false.
  bool insecure = false;

  struct Listen {
    Endpoint membership{"127.0.0.1", 7411};
    Endpoint peers{"127.0.0.1", 7412};
    Endpoint ingest{"127.0.0.1", 7413};
    Endpoint http{"127.0.0.1", 7414};
    Endpoint data{"127.0.0.1", 7415};
    friend bool operator==(const Listen&, const Listen&) = default;
  } listen;

  struct Cluster {
    std::vector<Endpoint> join;  ///< membership addresses to ask for a way in; names are looked up again at each try
    std::string keys;            ///< key file of this node; empty = everybody may connect
    std::string zone;            ///< what fails together: a rack, a site
    std::uint32_t weight = 100;  ///< this node's share of the data; 100 = one share
    friend bool operator==(const Cluster&, const Cluster&) = default;
  } cluster;

  /// What others are told instead of the listeners' addresses. An empty host: the listener's.
  struct Advertise {
    Endpoint membership;
    Endpoint peers;
    Endpoint ingest;
    Endpoint http;
    Endpoint data;
    friend bool operator==(const Advertise&, const Advertise&) = default;
  } advertise;

  struct Placement {
    bool automatic = true;  ///< nodes that have joined get their share of the readings without an operator's word
    std::uint64_t transfer_bytes_per_second = 64ULL << 20U;  ///< of a shard's whole content to other nodes. "64MiB"
    friend bool operator==(const Placement&, const Placement&) = default;
  } placement;

  struct Ingest {
    std::int64_t accept_past_ms = 3650 * kMsPerDay;    ///< older readings are TS_TOO_OLD. "10y"
    std::int64_t accept_future_ms = 5 * kMsPerMinute;  ///< later readings are TS_IN_FUTURE. "5m"
    std::uint64_t in_flight_bytes_max = 64ULL << 20U;  ///< memory of batches not yet folded; then BUSY. "64MiB"
    std::uint64_t batch_bytes_max = kBatchBytesMax;    ///< one native batch. "8MiB"
    std::uint32_t connections_max = 1024;              ///< native clients at once
    std::uint32_t credit_batches = 16;                 ///< batches a native client may have unanswered
    bool line_overwrite_latest = true;                 ///< line protocol: "latest" write wins (true) or "keep"
    friend bool operator==(const Ingest&, const Ingest&) = default;
  } ingest;

  struct Meters {
    std::string zone = "Europe/Brussels";                 ///< IANA zone of the local times in telegrams
    std::int64_t passivate_after_ms = 10 * kMsPerMinute;  ///< without readings for so long: out of memory. "10m"
    std::uint64_t resident_bytes_max = 1ULL << 30U;       ///< memory of meters; above it the idlest go. "1GiB"
    friend bool operator==(const Meters&, const Meters&) = default;
  } meters;

  struct Store {
    std::uint64_t map_size_bytes = 1ULL << 40U;        ///< the most the data file may grow to; sparse. "1TiB"
    DiskReserve reserve{256ULL << 20U, 0};             ///< room kept free on the volume; then DISK_RESERVE. "256MiB"
    std::uint64_t unsealed_bytes_max = 512ULL << 20U;  ///< memory of facts not yet sealed into chunks. "512MiB"
    std::uint64_t journal_bytes_max = 1ULL << 30U;     ///< journal records kept before a checkpoint is forced. "1GiB"
    std::uint32_t workers = 0;                         ///< threads that own shards; 0 = one per core
    friend bool operator==(const Store&, const Store&) = default;
  } store;

  struct Retention {
    std::optional<std::int64_t> raw_ms;                       ///< age at which readings are dropped; nothing = "keep"
    std::optional<std::int64_t> intervals_ms;                 ///< the same for intervals
    std::optional<std::int64_t> alerts_ms = 365 * kMsPerDay;  ///< age at which alerts that are over are dropped. "1y"
    friend bool operator==(const Retention&, const Retention&) = default;
  } retention;

  struct Logging {
    std::string level = "info";   ///< debug, info, warn, error
    std::string format = "text";  ///< text, json
    friend bool operator==(const Logging&, const Logging&) = default;
  } log;

  struct Http {
    std::uint32_t threads = 8;                    ///< requests served at once
    std::uint64_t body_bytes_max = 64ULL << 20U;  ///< a request body, packed or unpacked; then 413. "64MiB"
    bool metrics_open = false;                    ///< /metrics without a token
    std::string tokens;                           ///< file of bearer tokens' hashes; empty = everybody may ask
    friend bool operator==(const Http&, const Http&) = default;
  } http;

  std::vector<P1Source> p1;
  std::vector<AlertSink> sinks;

  friend bool operator==(const Config&, const Config&) = default;
};

struct ConfigFile {
  std::string path;  ///< for messages only
  std::string text;  ///< its whole content
};
/// Later wins: files in order, then the environment, then the flags.
struct ConfigSources {
  std::vector<ConfigFile> files;
  std::map<std::string, std::string> environment;  ///< all of it; only WATTRING_* is looked at
  std::vector<std::string> sets;                   ///< "section.key=value" of each --set
};

struct ConfigError {
  std::string where;    ///< "FILE:LINE:COLUMN", "env WATTRING_...", "--set ...", or the key for a rule between keys
  std::string message;  ///< what is wrong and what would be right
  [[nodiscard]] std::string text() const { return where + ": error: " + message; }
};

struct LoadedConfig {
  Config config;
  /// key ("listen.http", "p1.NAME", "sink.NAME") -> "FILE:LINE", "env NAME", "--set"; keys at their default are absent.
  std::map<std::string, std::string> origins;
};

/// Gives every error, not only the first; with any error there is no configuration.
[[nodiscard]] tl::expected<LoadedConfig, std::vector<ConfigError>> load_config(const ConfigSources& sources);

}  // namespace wattring::app
