// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/ctl/session.hpp"

/// The verbs of wattringctl. Those that give an Answer can be watched.

namespace wattring::ctl {

[[nodiscard]] Outcome<Answer> status(Session& session);
struct MembersArguments {
  bool views = false;  ///< print who sees whom even when all agree
};
[[nodiscard]] Outcome<Answer> members(Session& session, const MembersArguments& arguments);
[[nodiscard]] Outcome<Answer> problems(Session& session);
/// No node is asked.
[[nodiscard]] Outcome<Answer> explain_problem(const std::string& code);
[[nodiscard]] Outcome<Answer> version(Session& session);

struct HealthArguments {
  bool local = false;   ///< judge the one node, by its readiness
  bool nagios = false;  ///< one line with performance data, exit 0 to 3
};
[[nodiscard]] Outcome<Answer> health(Session& session, const HealthArguments& arguments);

struct EventsArguments {
  std::int64_t since_ms = kMsPerHour;  ///< back from now
  bool follow = false;
  std::optional<std::int64_t> for_ms;  ///< with follow: stop after this; empty = until stopped
};
/// What happened to members, as every node saw it, by time.
[[nodiscard]] Outcome<Answer> events(Session& session, const EventsArguments& arguments);
/// Prints while it runs; returns an ExitCode.
[[nodiscard]] int follow_events(const EventsArguments& arguments, const Context& context, const Globals& globals);

/// Checks what goes wrong most often, from here and on every node. Exit 0 when all is well, 10 with a warning, 11 with
/// a failure.
[[nodiscard]] Outcome<Answer> doctor(Session& session);

struct MeterListArguments {
  std::string prefix;
  std::int64_t limit = 1000;
};
[[nodiscard]] Outcome<Answer> meter_list(Session& session, const MeterListArguments& arguments);
[[nodiscard]] Outcome<Answer> meter_show(Session& session, const std::string& meter);

struct IntervalsArguments {
  std::string meter;
  std::string register_name;  ///< empty = the meter's import register
  std::string from;           ///< empty = 24 h before `to`
  std::string to;             ///< empty = now
  std::string every = "15m";
};
[[nodiscard]] Outcome<Answer> meter_intervals(Session& session, const IntervalsArguments& arguments);

struct VerifyArguments {
  std::string meter;
  std::string from;  ///< empty = 31 days before `to`
  std::string to;    ///< empty = now
};
[[nodiscard]] Outcome<Answer> meter_verify(Session& session, const VerifyArguments& arguments);

struct TailArguments {
  std::string meter;
  std::string register_name;           ///< empty = all
  std::int64_t poll_ms = 1000;         ///< how often to ask
  std::optional<std::int64_t> for_ms;  ///< empty = until stopped
};
/// Prints while it runs; returns an ExitCode.
[[nodiscard]] int meter_tail(const TailArguments& arguments, const Context& context, const Globals& globals);

struct WaitArguments {
  enum class For { healthy, ready, node_up, members, shards_settled };
  For what = For::healthy;
  std::string node;          ///< node_up: name or id
  std::int64_t members = 0;  ///< members: how many are to be up, no more and no fewer, as every node sees it
  std::int64_t timeout_ms = 60'000;
};
[[nodiscard]] int wait_for(const WaitArguments& arguments, const Context& context, const Globals& globals);

struct ImportArguments {
  std::string file;          ///< "-" = standard input
  std::string format;        ///< empty = from the content; "line", "json", "p1"
  std::string refused_file;  ///< where to write what was refused; empty = nowhere
  std::string meter;         ///< P1 only: id instead of the telegram's
  std::string precision;     ///< line protocol only: "ns" (default), "us", "ms", "s"
  std::int64_t chunk_bytes = 1 << 20;
  std::int64_t retry_ms = 300'000;  ///< how long one chunk is tried
  bool strict = false;              ///< exit 7 when anything was refused
};
[[nodiscard]] int import_file(const ImportArguments& arguments, const Context& context, const Globals& globals);

}  // namespace wattring::ctl
