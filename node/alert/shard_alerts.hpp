// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "node/alert/alert_book.hpp"
#include "node/alert/decision.hpp"
#include "node/alert/evaluation.hpp"
#include "node/alert/policy.hpp"
#include "node/alert/watch.hpp"
#include "node/meter/attention.hpp"

/// The alerts of one shard: what is on record, what must be looked at again and when, and what changes. Sans-IO: facts
/// come through MeterHistory, time is a parameter, changes go out to be journalled. One owner.

namespace wattring::alert {

/// A record to be written, with what has to be told of it; both in one transaction.
struct Change {
  Alert alert;
  std::vector<Notification> notifications;
};

class ShardAlerts final : public meter::GateKeeper {
 public:
  explicit ShardAlerts(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {}

  /// From the disk, before anything else.
  void load(Alert alert) { book_.put(std::move(alert)); }
  /// Another policy from now on. The caller refreshes the gates and evaluates the meters returned: those with alerts
  /// that fire.
  [[nodiscard]] std::vector<std::string> use(std::shared_ptr<const Policy> policy);

  [[nodiscard]] std::uint16_t gate_of(std::string_view meter, Register reg) override;

  /// Looks at a meter again. An error leaves everything as it was.
  [[nodiscard]] Result<std::vector<Change>> evaluate(std::string_view meter, MeterHistory& data, Changed changed,
                                                     std::int64_t now_ms);

  /// Meters whose time has come, with what to evaluate; each once.
  struct Due {
    std::string meter;
    Changed changed;
  };
  [[nodiscard]] std::vector<Due> take_due(std::int64_t now_ms);
  [[nodiscard]] std::optional<std::int64_t> next_due_ms() const;
  /// There is no such meter.
  void forget_watch(const std::string& meter) {
    watches_.erase(meter);
    due_is_stale_ = true;
  }
  /// Records of which only the tally grew are not written each time. Those whose turn has come, or all: before their
  /// facts are sealed, because nobody counts those again.
  [[nodiscard]] std::vector<Change> take_unwritten(std::int64_t now_ms, bool all);
  [[nodiscard]] std::optional<std::int64_t> next_unwritten_ms() const { return next_unwritten_ms_; }
  /// What take_due() would forget in a crash: meters with windows that have not closed. Bytes for the disk, and back.
  [[nodiscard]] std::string encode_watches() const;
  [[nodiscard]] Result<void> load_watches(std::string_view bytes);
  /// Something of the meter is still open; it should stay at hand.
  [[nodiscard]] bool watches(std::string_view meter) const { return watches_.contains(meter); }
  /// Fingerprint of the policy under which the whole history was looked at, kept with the watches; 0 = none.
  [[nodiscard]] std::uint64_t looked_under() const { return looked_under_; }
  void looked_under(std::uint64_t fingerprint) { looked_under_ = fingerprint; }

  /// Resolves what fires under rules of absence or quarantine that have ended or are no longer for the meter.
  [[nodiscard]] std::vector<Change> close_orphans(std::int64_t now_ms);
  /// The meter is due at that time.
  void look_again(std::string_view meter, Changed changed, std::int64_t due_ms);

  // Who tells (docs/decisions/0010-one-node-tells.md; shard_telling.cpp). What is on record is the same whoever tells.

  struct Voice {
    bool speaks = true;     ///< what is to be told goes out
    bool confirms = false;  ///< of window kinds only after confirmation that nothing is missing here
    friend bool operator==(const Voice&, const Voice&) = default;
  };
  /// At first it speaks, without confirmation.
  void set_voice(Voice voice);
  [[nodiscard]] Voice voice() const { return voice_; }
  /// From the disk, before anything else.
  void load(const Decision& decision) { (void)decisions_.join(decision); }
  /// A decision, of this node or another; repeats and order do not matter. Gives the records that it changes.
  [[nodiscard]] std::vector<Change> decide(const Decision& decision, std::int64_t now_ms);
  [[nodiscard]] const DecisionBook& decisions() const { return decisions_; }
  /// This node speaks from now on, and another did: what fires, or has ended, and was not told.
  [[nodiscard]] std::vector<Change> take_over(std::int64_t now_ms);
  /// Alerts with something to tell that waits for confirmation. They are the caller's: to be said, or given back.
  [[nodiscard]] std::set<std::string> take_unsaid() { return std::exchange(unsaid_, {}); }
  void give_back(std::set<std::string> unsaid) { unsaid_.merge(std::move(unsaid)); }
  [[nodiscard]] bool has_unsaid() const { return !unsaid_.empty(); }
  /// They are confirmed; but for those that changed again since.
  [[nodiscard]] std::vector<Change> say(const std::set<std::string>& confirmed, std::int64_t now_ms);
  /// Alerts that fire and were not told, because a silence was over them, and it has ended.
  [[nodiscard]] std::vector<Change> tell_untold(std::int64_t now_ms);
  /// not_found, or invalid_argument when it does not fire.
  [[nodiscard]] Result<Change> acknowledge(std::string_view id, std::string_view user, std::string_view note,
                                           std::int64_t now_ms);

  // Alerts that no point of the meter decides: absence, quarantine (docs/metering/alerts.md).

  /// Opens one, or gives nothing when it is open already.
  [[nodiscard]] std::optional<Change> open(const Rule& rule, std::string_view meter, std::int64_t onset_ms,
                                           std::int64_t peak, std::int64_t now_ms);
  /// Resolves the open one, if there is one.
  [[nodiscard]] std::optional<Change> close(const Rule& rule, std::string_view meter, std::int64_t resolved_ms,
                                            std::int64_t now_ms);

  [[nodiscard]] bool is_firing(std::string_view rule, std::string_view meter) const;
  /// Meters with an open alert of that rule.
  [[nodiscard]] std::vector<std::string> firing_under(std::string_view rule) const;

  [[nodiscard]] const AlertBook& book() const { return book_; }
  [[nodiscard]] const Policy& policy() const { return *policy_; }
  /// Readings before this are gone: what they said stays as it is.
  void keep_history_before(std::int64_t time_ms) { kept_from_ms_ = time_ms; }
  /// Alerts of the meter that began before the instant leave the record with what was decided about them, because what
  /// they were made of was erased. The sinks of those that fire are told that they are retracted.
  struct Erased {
    std::vector<Notification> notifications;
    std::vector<std::string> ids;
  };
  [[nodiscard]] Erased erase_before(std::string_view meter, std::int64_t before_ms, std::int64_t now_ms);
  /// Ids of alerts that are over and were not touched since the instant; they are forgotten.
  [[nodiscard]] std::vector<std::string> forget_before(std::int64_t recorded_ms);

 private:
  void reconcile(const Verdict& verdict, const Rule& rule, const std::vector<Alert>& on_record, std::int64_t now_ms,
                 std::vector<Change>& changes);
  void record(Alert next, const Alert* old, const Rule& rule, std::int64_t now_ms, std::vector<Change>& changes);
  [[nodiscard]] Alert joined_to_record(const Alert& derived, const Rule& rule,
                                       const std::vector<Alert>& on_record) const;
  void tell(Change& change, const Alert* old, const Rule& rule, std::int64_t now_ms);
  void find_what_to_tell(Change& change, const Alert* old, const Rule& rule, std::int64_t now_ms) const;
  /// To the sinks that want alerts of that severity; `above`: and did not hear of it at this one.
  void notify(Change& change, Event event, const Rule& rule, std::int64_t now_ms,
              std::optional<Severity> above = std::nullopt) const;
  [[nodiscard]] const ToldMark* last_told(std::string_view id, std::string_view sink) const;
  [[nodiscard]] bool is_owed(const Notification& notification, State state) const;
  [[nodiscard]] Change owed(const Alert& alert, const Rule& rule, std::int64_t now_ms) const;
  void keep_or_drop(Change& change, bool waits);
  void queue(Change& change);
  [[nodiscard]] const Rule* rule_of(const Alert& alert) const;
  static void mark_acked(Alert& alert, const AckMark& mark);
  void resolve_orphans(const std::vector<Alert>& on_record, const Rule& rule, std::int64_t now_ms,
                       std::vector<Change>& changes);
  Result<void> judge_absence(const Rule& rule, const std::vector<Alert>& on_record, MeterHistory& data,
                             std::int64_t now_ms, std::vector<Change>& changes);
  void put_off(const Alert& alert);
  [[nodiscard]] std::uint16_t intern(const meter::Gate& gate);

  std::shared_ptr<const Policy> policy_;
  AlertBook book_;
  std::map<std::string, Watch, std::less<>> watches_;
  mutable std::optional<std::int64_t> next_due_ms_;  ///< as of the last look; valid unless due_is_stale_
  mutable bool due_is_stale_ = false;
  std::set<std::string> unwritten_;                ///< ids of alerts that say more than their record on the disk
  std::optional<std::int64_t> next_unwritten_ms_;  ///< not later than the first of them has its turn
  Voice voice_;
  DecisionBook decisions_;        ///< what all owners know
  DecisionBook queued_;           ///< what this node has put in its outbox since it speaks, unless all know it
  std::set<std::string> unsaid_;  ///< ids
  std::uint64_t looked_under_ = 0;
  std::int64_t kept_from_ms_ = 0;
};

}  // namespace wattring::alert
