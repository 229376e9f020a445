// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fact.hpp"
#include "base/result.hpp"
#include "node/meter/intervals.hpp"
#include "node/meter/zone.hpp"

/// The way to what the node knows, behind the HTTP API. All calls: any thread, bounded work, no side effect.

namespace wattring::http {

struct RegisterSummary {
  Register reg;
  std::int64_t last_time_ms = 0;
  std::int64_t last_value = 0;
  Quality last_quality = Quality::actual;
  std::string last_text;  ///< for text facts
};
struct MeterSummary {
  std::string id;
  std::vector<RegisterSummary> registers;
  std::int64_t last_time_ms = 0;
  std::uint16_t shard = 0;
  std::optional<std::int64_t> erased_before_ms{};  ///< what it said before is gone for good
};
struct MeterPage {
  std::vector<MeterSummary> meters;  ///< ascending by id
  std::optional<std::string> next;   ///< pass as `after` for the next page
};

struct ReadingsQuery {
  std::string meter;
  Register reg;
  std::int64_t from_ms = 0;  ///< inclusive
  std::int64_t to_ms = 0;    ///< exclusive
  std::size_t limit = 1000;
};
struct ReadingRow {
  Fact fact;
  bool conflict = false;  ///< other values were claimed for the same key
  std::string text;       ///< for text facts
};
struct ReadingsAnswer {
  std::vector<ReadingRow> rows;         ///< ascending by time
  std::optional<std::int64_t> next_ms;  ///< start of the first row that the limit cut off
  bool complete = true;
  std::int64_t as_of_ms = 0;
};

struct IntervalsQuery {
  std::string meter;
  Register reg;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  meter::Every every = meter::Every::quarter_hour;
  meter::Zone zone = meter::Zone::utc();  ///< for days and months
};
struct IntervalsAnswer {
  std::vector<meter::Interval> intervals;
  bool complete = true;
  std::int64_t as_of_ms = 0;
};

struct Problem {
  std::string code;      ///< stable, e.g. "DISK_RESERVE"
  std::string severity;  ///< "warn" or "critical"
  std::string subject;
  std::string text;  ///< what it means for readings
  std::string remedy;
  std::int64_t since_ms = 0;
};
/// What `wattringctl status` shows of one node.
/// What came from outside and was not let in, since the start.
struct TurnedAway {
  std::uint64_t keys = 0;  ///< connections and messages under a key that is not, or no longer, on the list
  /// Connections that spoke otherwise, had no key, or said nothing; looks whether we listen too.
  std::uint64_t handshakes = 0;
  std::uint64_t malformed = 0;  ///< frames that were not understood, too large, or of a banned connection
  std::uint64_t foreign = 0;    ///< frames of another cluster or another release's protocol
  std::uint64_t requests = 0;   ///< HTTP requests without a token that may
};

struct NodeStatus {
  std::string cluster;
  std::string node;
  std::string node_id;
  std::string version;
  std::int64_t now_ms = 0;
  std::int64_t started_ms = 0;
  bool ready = false;
  std::vector<Problem> problems;
  std::uint64_t shards = 0;
  std::uint64_t shards_recovering = 0;
  std::uint64_t meters = 0;
  std::uint64_t stored_total = 0;
  double stored_per_s = 0;  ///< over the last 10 s
  std::uint64_t refused_total = 0;
  std::uint64_t duplicate_total = 0;
  std::uint64_t in_flight_bytes = 0;
  std::uint64_t in_flight_bytes_max = 0;
  double ack_p50_s = 0;
  double ack_p99_s = 0;
  double commit_p99_s = 0;
  std::uint64_t journal_records = 0;
  std::uint64_t last_lsn = 0;
  std::uint64_t unsealed_facts = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t reusable_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t map_bytes = 0;
  std::uint64_t disk_free_bytes = 0;
  bool disk_reserve = false;
  bool insecure = false;
  TurnedAway turned_away;
};

/// What `wattringctl doctor` compares between nodes. No secrets.
struct NodeFacts {
  std::string cluster_id;
  std::string data_dir;
  std::uint32_t format = 0;  ///< of the data directory
  std::string keys;          ///< of membership and peers: "none", or what is the same on nodes with the same keys
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;
  std::vector<std::pair<std::string, std::string>> config;  ///< every key with its value in force
};

class QueryDoor {
 public:
  virtual ~QueryDoor() = default;
  /// Meters whose id starts with the prefix, after the given id; limit <= 10,000.
  [[nodiscard]] virtual Result<MeterPage> meters(std::string_view prefix, std::string_view after,
                                                 std::size_t limit) = 0;
  /// not_found when no reading of it was ever stored.
  [[nodiscard]] virtual Result<MeterSummary> meter(std::string_view id) = 0;
  [[nodiscard]] virtual Result<ReadingsAnswer> readings(const ReadingsQuery& query) = 0;
  [[nodiscard]] virtual Result<IntervalsAnswer> intervals(const IntervalsQuery& query) = 0;
  [[nodiscard]] virtual NodeStatus status() = 0;
  [[nodiscard]] virtual NodeFacts facts() { return {}; }
};

}  // namespace wattring::http
