// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <filesystem>
#include <iterator>

#include "node/app/config_keys.hpp"
#include "node/app/node.hpp"

namespace wattring::app {
namespace {

std::uint64_t open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return 0;
  const auto count = std::distance(begin(entries), end(entries));
  // One of them is the look itself.
  return count > 0 ? static_cast<std::uint64_t>(count - 1) : 0;
}

std::uint64_t open_files_max() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace

http::TurnedAway Node::turned_away() const {
  http::TurnedAway away;
  away.keys = metrics_.total("wattring_transport_handshakes_failed_total", "reason=\"key\"") +
              metrics_.total("wattring_transport_dropped_total", "revoked") +
              metrics_.total("wattring_ingest_frames_total", "revoked");
  away.handshakes = metrics_.total("wattring_transport_handshakes_failed_total", "reason=\"protocol\"");
  away.malformed =
      metrics_.total("wattring_membership_refused_total") + metrics_.total("wattring_membership_turned_away_total");
  for (const char* reason : {"oversized", "extra_frames", "foreign_id"})
    away.malformed += metrics_.total("wattring_transport_dropped_total", reason);
  away.malformed += metrics_.total("wattring_remote_dropped_total", "malformed");
  for (const char* result : {"malformed", "too_large"})
    away.malformed += metrics_.total("wattring_ingest_frames_total", result);
  for (const char* reason : {"other_cluster", "other_version"})
    away.foreign += metrics_.total("wattring_membership_ignored_total", reason);
  for (const char* reason : {"cluster", "version"})
    away.foreign += metrics_.total("wattring_remote_dropped_total", reason);
  // "limit" says again of some of them that there were many.
  for (const char* reason : {"reason=\"token\"", "reason=\"role\"", "reason=\"foreign\""})
    away.requests += metrics_.total("wattring_http_refused_total", reason);
  return away;
}

http::NodeFacts Node::facts() {
  const persistence::Identity& identity = directory_->identity();
  http::NodeFacts facts;
  facts.cluster_id = to_hex(identity.cluster.bytes);
  facts.data_dir = options_.data_dir;
  facts.format = identity.format_version;
  facts.keys = cluster_->keys_summary();
  facts.open_files = open_files();
  facts.open_files_max = open_files_max();
  for (const ConfigKey& key : config_keys()) facts.config.emplace_back(key.path(), key.get(options_.config));
  return facts;
}

void Node::open_backups() {
  BackupDesk::Options options;
  options.self = directory_->identity().node;
  options.bytes_per_second = options_.config.placement.transfer_bytes_per_second;
  for (const auto& sink : options_.config.sinks) options.sinks.push_back(sink.name);
  options.rows_writer = WriterId{os_random_128()};
  options.decisions_writer = WriterId{os_random_128()};
  backups_ =
      std::make_unique<BackupDesk>(std::move(options), BackupDesk::Doors{*replication_, *workers_, *key_, clock_});
}

}  // namespace wattring::app
