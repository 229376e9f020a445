// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/sim/chaos_plan.hpp"
#include "node/sim/checker.hpp"

/// What a chaos run found. Times are milliseconds since the load began; -1 = did not happen, or was not measured.

namespace wattring::sim {

/// One thing done to one node. A planned fault may be several.
struct FaultRecord {
  std::string kind;  ///< as in the plan
  std::string node;
  std::int64_t at_ms = 0;
  std::int64_t healed_ms = -1;  ///< started again, or goes on
  bool took_hold = false;
  std::string proof;  ///< what was seen of it
  // As the client saw it, until the next fault.
  std::uint64_t sent = 0;          ///< readings that were due
  std::uint64_t waited = 0;        ///< of these: longer than kLongWaitMs
  std::int64_t longest_ms = -1;    ///< that one waited for its acknowledgement
  std::int64_t first_ack_ms = -1;  ///< after the fault, of a reading that became due after it
  std::int64_t normal_ms = -1;     ///< after the fault: the last long wait was over
  std::uint64_t never_acked = 0;
  // As the others saw it, after the fault.
  std::int64_t suspected_ms = -1;  ///< by the first
  std::int64_t agreed_ms = -1;     ///< by the last that runs: down, or left
  std::int64_t home_ms = -1;       ///< complete answers from elsewhere about all meters of its that were asked for
  std::string home_note;           ///< how it was measured, or why not
};
inline constexpr std::int64_t kLongWaitMs = 500;

struct TimelineEntry {
  std::int64_t at_ms = 0;
  std::string what;  ///< "KILL -9 n3"
  std::string text;
};

/// One second of the load, by the time when readings were due.
struct LoadSecond {
  std::uint64_t due = 0;
  std::uint64_t acked = 0;  ///< in this second
  std::int64_t longest_ms = 0;
};

struct LoadFigures {
  std::uint64_t sent = 0, acked = 0, refused = 0, unknown = 0;
  std::uint64_t turned_away = 0;                                  ///< batches
  std::uint64_t hedged = 0;                                       ///< batches sent to one more node
  std::uint64_t single = 0, held = 0, durable = 0, no_class = 0;  ///< acknowledged readings by class
  double p50_ms = 0, p99_ms = 0;
  std::int64_t longest_wait_ms = 0;
  std::int64_t longest_silence_ms = 0;         ///< between two acknowledgements, of all clients together
  std::int64_t longest_client_silence_ms = 0;  ///< of one client
  double within_second = 0;                    ///< share of the readings acknowledged within one second
  std::vector<LoadSecond> seconds;
};

/// What one node gave when all was read back through it.
struct NodeReading {
  std::string node;
  CheckCounts counts;
  std::string unread_reason;
  bool rotten = false;  ///< it may leave out what was damaged on its disk, when it says so
};

struct CopiesFound {
  std::uint64_t registers = 0;  ///< (meter, register) pairs looked at
  std::uint64_t differing = 0;  ///< whose owners do not give the same
  std::uint64_t too_few = 0;    ///< with fewer owners than there must be
  std::uint64_t unread = 0;
  std::uint64_t left_out = 0;  ///< of which a node with a damaged disk says that its copy is not whole
  int expected = 0;            ///< owners of each
};

struct ChaosReport {
  ChaosPlan plan;
  std::uint64_t seed = 0;
  std::string version;  ///< of the nodes
  std::string started;  ///< RFC 3339
  std::string replay;   ///< the command
  std::string folder;
  std::int64_t ring_ms = -1;   ///< from the first node's start until the ring had all
  std::int64_t quiet_ms = -1;  ///< from the end of the load until all was quiet
  std::string not_quiet;       ///< what was missing for that
  int lost_nodes = 0;          ///< for good
  std::string untold;          ///< nodes that did not tell of damage on their disks
  std::string crashed;         ///< nodes that ended without being asked, or badly when asked
  std::vector<FaultRecord> faults;
  std::vector<TimelineEntry> timeline;
  LoadFigures load;
  std::vector<NodeReading> readings;
  CopiesFound copies;
  std::vector<std::string> evidence;
  std::string trouble;  ///< why the run could not be done as planned
  Verdict verdict = Verdict::inconclusive;
  int exit_code = 22;
  std::string reason;
};

/// Sets verdict, exit code and reason: wrong data beats everything, then a node that ended badly, then what makes it
/// inconclusive, then a limit that was missed.
void judge_chaos(ChaosReport& report);

[[nodiscard]] std::string render_chaos_text(const ChaosReport& report);
/// One page without any other file.
[[nodiscard]] std::string render_chaos_html(const ChaosReport& report);
/// One test suite of JUnit's XML: a case for each fault, each node read through, and the verdict.
[[nodiscard]] std::string render_chaos_junit(const ChaosReport& report);
/// {"schema":"wattring.chaos/1",...}
[[nodiscard]] std::string render_chaos_json(const ChaosReport& report);
/// corrupt: not written by render_chaos_json().
[[nodiscard]] Result<ChaosReport> parse_chaos_json(std::string_view text);

}  // namespace wattring::sim
