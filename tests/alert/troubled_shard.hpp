// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.hpp"
#include "node/alert/rule_document.hpp"
#include "node/alert/shard_alerts.hpp"
#include "node/app/meter_history.hpp"
#include "node/meter/shard_fold.hpp"
#include "node/meter/shard_seal.hpp"
#include "persistence/memory_journal.hpp"

/// A shard with one meter on which much goes wrong, as a worker runs it.

namespace wattring::alert {

inline const sharding::ShardKey kKey({}, 64);
inline constexpr ShardId kShard{0};
inline constexpr std::string_view kMeter = "M-1";
inline const Register kImport = obis(1, 0, 1, 8, 0);
inline const Register kPowerNow = obis(1, 0, 1, 7, 0);
inline const Register kSags = obis(1, 0, 32, 32, 0);
inline constexpr std::int64_t kStart = 1'767'571'200'000;  // 2026-01-05T00:00Z, a Monday

inline constexpr std::string_view kRules = R"(
[[rule]]
name = "power"
kind = "over_power"
above = "5kW"
clear = "4kW"
hold = "60s"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "sag"
kind = "voltage_sag"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "use"
kind = "interval_threshold"
register = "import_wh"
above = "4kWh"
clear = "3kWh"
intervals = 2
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "fall"
kind = "rollback"
register = "import_wh"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "stuck"
kind = "stuck_register"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "peak"
kind = "peak_projection"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "drop"
kind = "sudden_drop"
zone = "Europe/Brussels"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "night"
kind = "night_baseline"
zone = "Europe/Brussels"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "sags"
kind = "increase"
register = "1-0:32.32.0"
effective = 2026-01-01T00:00:00Z
[[rule]]
name = "uneven"
kind = "imbalance"
of = "voltage"
effective = 2026-01-01T00:00:00Z
)";

inline std::shared_ptr<const Policy> policy(std::string_view rules) {
  const ParsedDocuments parsed = parse_documents(rules, kStart);
  for (const DocumentError& error : parsed.errors) ADD_FAILURE() << error.line << ": " << error.message;
  return std::make_shared<const Policy>(Policy::Parts{parsed.documents.rules, {}, {}, {{"log", Severity::info}}});
}

inline Fact fact(Register reg, std::int64_t at_ms, std::int64_t value) {
  Fact made;
  made.reg = reg;
  made.start_ms = made.end_ms = at_ms;
  made.value = value;
  return made;
}

/// A few days of a meter on which much goes wrong.
inline std::vector<Fact> troubled_meter(Prng& prng, bool may_be_long) {
  std::vector<Fact> facts;
  const std::int64_t days = may_be_long && prng.chance(0.2) ? 40 : 1 + static_cast<std::int64_t>(prng.below(2));
  const std::int64_t step = days > 10 ? 15 * kMsPerMinute : 5 * kMsPerMinute;
  std::int64_t import = 1'000'000;
  std::int64_t sags = 0;
  bool high = false;
  bool low_voltage = false;
  bool asleep = false;
  for (std::int64_t at = kStart; at < kStart + days * kMsPerDay; at += step) {
    if (prng.chance(0.05)) high = !high;
    if (prng.chance(0.03)) low_voltage = !low_voltage;
    if (prng.chance(0.02)) asleep = !asleep;
    if (prng.chance(0.01)) sags += 1;
    if (prng.chance(0.05)) continue;
    const auto watts =
        high ? static_cast<std::int64_t>(4500 + prng.below(6000)) : static_cast<std::int64_t>(prng.below(900));
    if (!asleep) import += watts * step / kMsPerHour;
    if (prng.chance(0.003)) import -= 5000;
    if (days <= 10) {
      facts.push_back(fact(kPowerNow, at + static_cast<std::int64_t>(prng.below(3)) * 1000, watts));
      facts.push_back(fact(obis(1, 0, 1, 4, 0), at, watts * ((at / kMsPerMinute) % 15) / 15));
      for (unsigned phase = 0; phase < 3; ++phase)
        facts.push_back(fact(obis(1, 0, 32 + 20 * phase, 7, 0), at,
                             low_voltage && phase == 0 ? 1950 : 2250 + static_cast<std::int64_t>(prng.below(60))));
      if (prng.chance(0.2)) facts.push_back(fact(kSags, at, sags));
      if (prng.chance(0.01))
        facts.push_back(fact(obis(1, 0, 1, 6, 0), at, 2000 + static_cast<std::int64_t>(prng.below(4000))));
    }
    facts.push_back(fact(kImport, at, import));
  }
  return facts;
}

/// A shard as its worker runs it, on a disk in memory.
class Shard {
 public:
  explicit Shard(std::string_view rules = kRules) : policy_(policy(rules)) { recover(0); }

  void apply(std::span<const Fact> facts) {
    const Lsn lsn{++lsn_};
    for (const Fact& one : facts) fold_->apply(kMeter, kKey.hash(kMeter), {&one, 1}, lsn);
    fold_->cover(writer_, Sequence{lsn_}, lsn);
    tail_.push_back({lsn, {facts.begin(), facts.end()}});
  }

  void work(std::int64_t now_ms) {
    worked_at_ms_ = now_ms;
    auto disk = disk_.read();
    for (const ShardAlerts::Due& due : alerts_->take_due(now_ms))
      if (const auto meter = fold_->meters().find(due.meter, kKey.hash(due.meter)))
        fold_->attention().note(*meter, due.changed);
    for (const auto& [meter, span] : fold_->attention().take()) {
      app::ResidentHistory history(*fold_, meter, **disk);
      const auto changes = alerts_->evaluate(fold_->meters().id(meter), history, span, now_ms);
      ASSERT_TRUE(changes);
      write(*changes);
      fold_->refresh_gates(meter);
    }
    write(alerts_->take_unwritten(now_ms, false));
  }

  void seal(std::int64_t now_ms) {
    if (!fold_->can_begin_seal()) return;
    work(now_ms);
    write(alerts_->take_unwritten(now_ms, true));
    watches_on_disk_ = alerts_->encode_watches();
    fold_->begin_seal(Lsn{lsn_});
    auto snapshot = disk_.read();
    std::vector<std::string> damaged;
    const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) -> Result<void> {
      std::vector<persistence::WriteOp> ops;
      ops.reserve(slice.size());
      for (const auto& op : slice) ops.push_back({op.kind, op.table, op.key, op.value});
      EXPECT_EQ(disk_.commit(ops).status, persistence::CommitStatus::committed);
      return {};
    };
    ASSERT_TRUE(meter::seal_shard(*fold_, **snapshot, sink, damaged));
    fold_->finish_seal();
    std::erase_if(tail_, [&](const auto& record) { return record.first <= fold_->sealed_up_to(); });
  }

  /// Only the disk is left.
  void crash() { recover(1); }

  [[nodiscard]] std::map<std::string, Alert> alerts() const {
    std::map<std::string, Alert> all;
    for (const auto& [id, alert] : alerts_->book().all())
      if (alert.state != State::retracted) all[id] = alert;
    return all;
  }
  /// The record on the disk of the only alert of that rule.
  [[nodiscard]] Alert written(std::string_view rule) const {
    for (const auto& [id, alert] : on_disk_)
      if (alert.rule == rule) return alert;
    return {};
  }
  [[nodiscard]] const std::vector<Notification>& told() const { return told_; }
  [[nodiscard]] std::optional<std::int64_t> next_due_ms() const { return alerts_->next_due_ms(); }
  [[nodiscard]] std::vector<ShardAlerts::Due> take_due(std::int64_t now_ms) { return alerts_->take_due(now_ms); }
  [[nodiscard]] std::int64_t worked_at_ms() const { return worked_at_ms_; }
  meter::ShardFold& fold() { return *fold_; }

 private:
  void write(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      on_disk_[change.alert.id] = change.alert;
      told_.insert(told_.end(), change.notifications.begin(), change.notifications.end());
    }
  }

  void recover(int boots) {
    fold_ = std::make_unique<meter::ShardFold>(kShard);
    alerts_ = std::make_unique<ShardAlerts>(policy_);
    writer_.bytes[0] = static_cast<std::uint8_t>(writer_.bytes[0] + boots);
    std::vector<std::string> damaged;
    auto snapshot = disk_.read();
    ASSERT_TRUE(fold_->recover(**snapshot, kKey, {}, damaged));
    for (const auto& [id, alert] : on_disk_) alerts_->load(alert);
    if (!watches_on_disk_.empty()) {
      ASSERT_TRUE(alerts_->load_watches(watches_on_disk_));
    }
    fold_->keep_gates(alerts_.get());
    for (const auto& [id, alert] : on_disk_)
      if (alert.state == State::firing)
        if (const auto meter = fold_->meters().find(alert.meter, kKey.hash(alert.meter)))
          fold_->attention().note(*meter, alert.last_ms);
    for (const auto& [lsn, facts] : tail_)
      for (const Fact& one : facts) fold_->apply(kMeter, kKey.hash(kMeter), {&one, 1}, lsn);
  }

  const std::shared_ptr<const Policy> policy_;
  persistence::MemoryJournal disk_;
  std::map<std::string, Alert> on_disk_;
  std::string watches_on_disk_;
  std::vector<std::pair<Lsn, std::vector<Fact>>> tail_;
  std::vector<Notification> told_;
  std::unique_ptr<ShardAlerts> alerts_;  // before the fold, which keeps its gates
  std::unique_ptr<meter::ShardFold> fold_;
  WriterId writer_;
  std::uint64_t lsn_ = 0;
  std::int64_t worked_at_ms_ = 0;
};

using Lines = std::set<std::string>;

/// What is derived of each alert.
inline Lines shown(const std::map<std::string, Alert>& alerts) {
  Lines lines;
  for (const auto& [id, alert] : alerts)
    lines.insert(alert.rule + " " + alert.phase + " onset " + format_rfc3339(alert.onset_ms) + " fired " +
                 format_rfc3339(alert.fired_ms) + " last " + format_rfc3339(alert.last_ms) + " resolved " +
                 format_rfc3339(alert.resolved_ms) + " count " + std::to_string(alert.count) + " peak " +
                 std::to_string(alert.peak) + (alert.flapping ? " flapping" : ""));
  return lines;
}

inline std::string difference(const Lines& expected, const Lines& got) {
  std::string text;
  for (const std::string& line : expected)
    if (!got.contains(line)) text += "missing " + line + "\n";
  for (const std::string& line : got)
    if (!expected.contains(line)) text += "extra   " + line + "\n";
  return text;
}

inline Lines all_at_once(const std::vector<Fact>& facts, std::int64_t now_ms) {
  Shard shard;
  shard.apply(facts);
  shard.work(now_ms);
  return shown(shard.alerts());
}

inline void settle(Shard& shard, std::int64_t now_ms) {
  shard.work(now_ms);
  while (shard.next_due_ms() && *shard.next_due_ms() <= now_ms) shard.work(now_ms);
}

/// The wall clock comes to that time; a worker is woken when its shard says so, at no other moment.
inline void wait_until(Shard& shard, std::int64_t now_ms) {
  for (auto due_ms = shard.next_due_ms(); due_ms && *due_ms <= now_ms; due_ms = shard.next_due_ms())
    shard.work(std::max(*due_ms, shard.worked_at_ms()));
}

}  // namespace wattring::alert
