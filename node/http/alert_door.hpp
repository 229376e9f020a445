// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/alert/alert.hpp"
#include "node/alert/rule.hpp"
#include "node/alert/rule_document.hpp"

/// The way to alerts, rules, actors and quarantine, behind the HTTP API. Any thread; verbs that write return when what
/// they did is on the disk. Errors: not_found, invalid_argument (told to the caller), busy (again later).

namespace wattring::http {

struct AlertQuery {
  bool history = false;      ///< also resolved and retracted ones
  std::string state;         ///< "", "firing", "acked", "resolved", "retracted"
  std::string rule;          ///< pattern; empty = all
  std::string meter;         ///< pattern; empty = all
  std::int64_t from_ms = 0;  ///< with an onset in [from, to)
  std::int64_t to_ms = 0;    ///< 0 = no end
  std::size_t limit = 1000;
};
struct AlertList {
  std::vector<alert::Alert> alerts;  ///< most severe first, then newest onset; history: newest onset first
  std::uint64_t total = 0;           ///< before the limit
};

struct RuleVersion {
  alert::Rule rule;
  std::string toml;
  bool current = false;      ///< effective now and not superseded
  std::uint64_t meters = 0;  ///< resident meters it applies to
  std::uint64_t firing = 0;  ///< open alerts
};
struct Applied {
  std::vector<std::string> created;    ///< names with a new version
  std::vector<std::string> unchanged;  ///< names whose newest version is the same document
};
/// What a rule would have done: nothing is recorded or told.
struct RuleTrial {
  std::string rule;
  std::vector<alert::Alert> alerts;
  std::uint64_t meters = 0;  ///< meters it was tried on
  bool complete = true;      ///< false when the limit of meters cut it
};

/// More rows than this are not shown.
inline constexpr std::size_t kActorRowsMax = 10'000;
struct ActorRow {
  std::string path;            ///< "/shards/12/M-000731"
  std::string state;           ///< "running", "passivated", "journal-only", "restarting", "stopped"
  std::uint64_t mailbox = 0;   ///< messages that wait
  std::int64_t oldest_ms = 0;  ///< age of the oldest of them
  std::uint64_t restarts = 0;
  std::string last_failure;  ///< empty = none
  std::uint64_t children = 0;
};

struct QuarantineRow {
  std::string id;  ///< "<shard>-<lsn>-<n>", stable
  std::string meter;
  std::int64_t time_ms = 0;  ///< of the first reading in it
  std::uint64_t readings = 0;
  std::uint64_t bytes = 0;
  std::string failure;  ///< what the actor failed with
  std::int64_t since_ms = 0;
};

class AlertDoor {
 public:
  virtual ~AlertDoor() = default;
  [[nodiscard]] virtual Result<AlertList> alerts(const AlertQuery& query) = 0;
  /// `id`: at least 4 leading digits, unique. A second acknowledgement replaces user and note.
  [[nodiscard]] virtual Result<alert::Alert> acknowledge(std::string_view id, std::string_view user,
                                                         std::string_view note) = 0;
  [[nodiscard]] virtual Result<std::vector<alert::Silence>> silences() = 0;
  /// The id is given by the node.
  [[nodiscard]] virtual Result<alert::Silence> silence(alert::Silence wanted) = 0;
  [[nodiscard]] virtual Result<void> unsilence(std::string_view id) = 0;

  /// Every version, by (name, effective, revision).
  [[nodiscard]] virtual Result<std::vector<RuleVersion>> rules() = 0;
  [[nodiscard]] virtual Result<std::vector<alert::Profile>> profiles() = 0;
  /// All or nothing.
  [[nodiscard]] virtual Result<Applied> apply(const alert::Documents& documents) = 0;
  /// Over the readings in [from, to); meter: pattern; at most 1000 meters.
  [[nodiscard]] virtual Result<RuleTrial> try_rule(const alert::Rule& rule, std::string_view meter,
                                                   std::int64_t from_ms, std::int64_t to_ms) = 0;

  /// Rows of the subtree, each before its children; depth 0 = the path itself. At most kActorRowsMax.
  [[nodiscard]] virtual Result<std::vector<ActorRow>> actors(std::string_view path, std::size_t depth) = 0;
  /// Ends journal-only: the shard folds again.
  [[nodiscard]] virtual Result<void> resume_actor(std::string_view path) = 0;
  [[nodiscard]] virtual Result<std::vector<QuarantineRow>> quarantine() = 0;
  /// Gives the readings to the meter again.
  [[nodiscard]] virtual Result<void> release(std::string_view id) = 0;
  /// Forgets them for good.
  [[nodiscard]] virtual Result<void> drop(std::string_view id) = 0;
  /// Announces a meter that has not read yet, so that its silence is noticed.
  [[nodiscard]] virtual Result<void> announce(std::string_view meter) = 0;
};

}  // namespace wattring::http
