// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "node/alert/outbox.hpp"
#include "node/alert/policy.hpp"
#include "node/alert/shard_alerts.hpp"
#include "node/app/absence_board.hpp"
#include "node/app/shard_homes.hpp"
#include "persistence/journal_writer.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// What the alerts of all shards of a node share. Any thread.
class AlertHub {
 public:
  /// Ages at which things go; nothing = never.
  struct Retention {
    std::optional<std::int64_t> alerts_ms;  ///< records of alerts that are over
  };
  AlertHub(const sharding::ShardKey& shard_key, persistence::JournalWriter& journal, Metrics& metrics,
           std::shared_ptr<Log> node_log, std::uint64_t next_outbox_sequence, Retention keep);

  [[nodiscard]] std::shared_ptr<const alert::Policy> policy() const;
  /// Counts up with each new policy, so that a shard can ask cheaply.
  [[nodiscard]] std::uint64_t policy_version() const { return version_.load(std::memory_order_acquire); }
  void set_policy(std::shared_ptr<const alert::Policy> policy);

  /// Who hears that something was put in the outbox and is on the disk; null: nobody.
  void set_on_outbox(std::function<void()> heard);
  void outbox_grew() const;

  /// Rows of the outbox below this sequence are on the disk or gone: shards commit on their own, so that a row may come
  /// to be there later than one with a greater sequence.
  [[nodiscard]] std::uint64_t outbox_settled_below() const;
  /// These operations are on the disk.
  void committed(const std::vector<std::uint64_t>& outbox_sequences);

  // Who tells (docs/decisions/0010-one-node-tells.md).

  /// Asks whether nothing of the shard is missing on this node: the answer goes to AlertExtension::confirmed(). False:
  /// there is none.
  using Confirm = std::function<bool(ShardId, std::int64_t asked_ms)>;
  void set_confirm(Confirm confirm);
  [[nodiscard]] bool confirm(ShardId shard, std::int64_t asked_ms) const;
  /// A row of the outbox about an alert of that shard: this node speaks for it, since the row was put there.
  [[nodiscard]] alert::MayTell may_tell(ShardId shard, std::uint64_t outbox_sequence) const;
  /// This node speaks for the shard from now on; rows of an earlier time are void. kept: they are not.
  void speaks_for(ShardId shard, bool kept);
  void hushed_for(ShardId shard);
  /// Whether the alert is one that no reading gives back.
  [[nodiscard]] bool is_of_absence(const alert::Alert& alert) const;

  /// The operations that put the changes on record and their notifications in the outbox.
  [[nodiscard]] std::vector<persistence::OwnedOp> operations(ShardId shard, const std::vector<alert::Change>& changes);

  const sharding::ShardKey& key;
  persistence::JournalWriter& writer;
  const std::shared_ptr<Log> log;
  const Retention retention;
  AbsenceBoard absence;
  ShardHomes homes;
  Counter& evaluations;
  Counter& evaluation_errors;
  DurationHistogram& evaluation_time;
  Counter& unconfirmed;

  /// So many alerts of the shard fire.
  void note_firing(ShardId shard, std::int64_t alerts) {
    firing_[shard.value].store(alerts, std::memory_order_relaxed);
  }
  /// Alerts that fire, of the shards for which this node speaks: every owner records them, and all nodes together have
  /// each once.
  [[nodiscard]] std::int64_t firing_here() const;

 private:
  Counter& fired_;
  Counter& resolved_;
  Counter& retracted_;
  std::atomic<std::uint64_t> version_{0};
  std::vector<std::atomic<std::int64_t>> firing_;  ///< by shard
  /// By shard: the first row of the outbox that may be told.
  std::vector<std::atomic<std::uint64_t>> tell_from_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::uint64_t next_outbox_;
  std::set<std::uint64_t> unsettled_;  ///< drawn, not on the disk yet
  std::shared_ptr<const alert::Policy> policy_;
  std::function<void()> on_outbox_;
  Confirm confirm_;
};

}  // namespace wattring::app
