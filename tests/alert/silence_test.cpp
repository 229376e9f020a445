// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>

#include "node/alert/shard_alerts.hpp"
#include "node/app/absence_board.hpp"
#include "node/app/meter_history.hpp"
#include "node/app/silence_sweep.hpp"
#include "node/meter/shard_seal.hpp"
#include "persistence/memory_journal.hpp"

namespace wattring::alert {
namespace {

const sharding::ShardKey kKey({}, 64);
constexpr ShardId kShard{0};
const Register kImport = obis(1, 0, 1, 8, 0);
const Register kAnnounced = obis(0, 0, 199, 128, 3);
constexpr std::int64_t kNoon = 1'767'614'400'000;  // 2026-01-05T12:00Z
constexpr std::int64_t kMinute = kMsPerMinute;

Rule silence_rule() {
  Rule rule;
  rule.name = "silent";
  rule.kind = RuleKind::no_data;
  rule.match = {"*"};
  rule.group_separator = "-";
  rule.effective_ms = kNoon - kMsPerDay;
  return rule;
}

/// One shard that is all there is, with a clock that is turned by hand.
class Shard {
 public:
  explicit Shard(std::vector<Profile> profiles = {}, std::vector<Rule> rules = {silence_rule()})
      : alerts_(policy(std::move(rules), std::move(profiles))) {
    fold_.keep_gates(&alerts_);
  }
  static std::shared_ptr<const Policy> policy(std::vector<Rule> rules, std::vector<Profile> profiles = {}) {
    return std::make_shared<const Policy>(
        Policy::Parts{std::move(rules), std::move(profiles), {}, {{"log", Severity::info}}});
  }
  /// What was told of it.
  std::vector<std::string> apply(std::vector<Rule> rules) {
    (void)alerts_.use(policy(std::move(rules)));
    std::vector<std::string> told;
    tell(alerts_.close_orphans(now_), told);
    return told;
  }

  void read(const std::string& meter, std::int64_t at_ms, Register reg = kImport) {
    Fact fact;
    fact.reg = reg;
    fact.start_ms = fact.end_ms = at_ms;
    fact.value = 1;
    fold_.apply(meter, kKey.hash(meter), {&fact, 1}, Lsn{1});
  }

  /// Looks every minute until then; what was told meanwhile.
  std::vector<std::string> until(std::int64_t end_ms) {
    std::vector<std::string> told;
    for (; now_ < end_ms; now_ += kMinute) {
      evaluate(told);
      auto disk = disk_.read();
      app::SilenceSweep sweep(fold_, alerts_, kKey, board_, last_, now_);
      auto sleepers = sweep.look_at_sleepers(**disk);
      EXPECT_TRUE(sleepers);
      Tallies tallies = sweep.look_at_residents();
      for (const auto& [source, tally] : sleepers->tallies) {
        tallies[source].meters += tally.meters;
        tallies[source].silent += tally.silent;
        tallies[source].permille = tally.permille;
      }
      here_is_everything(sweep);
      board_.report(0, std::move(tallies), now_);
      for (const auto meter : sweep.opened()) fold_.refresh_gates(meter);
      tell(sweep.take_changes(), told);
      last_ = now_;
    }
    return told;
  }
  [[nodiscard]] const AlertBook& book() const { return alerts_.book(); }
  meter::ShardFold& fold() { return fold_; }

  void seal() {
    fold_.begin_seal(Lsn{1});
    auto snapshot = disk_.read();
    std::vector<std::string> damaged;
    const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) -> Result<void> {
      std::vector<persistence::WriteOp> ops;
      for (const auto& op : slice) ops.push_back({op.kind, op.table, op.key, op.value});
      EXPECT_EQ(disk_.commit(ops).status, persistence::CommitStatus::committed);
      return {};
    };
    ASSERT_TRUE(meter::seal_shard(fold_, **snapshot, sink, damaged));
    fold_.finish_seal();
  }

 private:
  void evaluate(std::vector<std::string>& told) {
    auto disk = disk_.read();
    for (const auto& [meter, span] : fold_.attention().take()) {
      app::ResidentHistory history(fold_, meter, **disk);
      auto changes = alerts_.evaluate(fold_.meters().id(meter), history, span, now_);
      ASSERT_TRUE(changes);
      tell(std::move(*changes), told);
      fold_.refresh_gates(meter);
    }
  }
  /// A source's alert stands in the shard of its name; here there is one shard only.
  void here_is_everything(app::SilenceSweep& sweep) { sweep.look_at_sources(); }
  static void tell(std::vector<Change> changes, std::vector<std::string>& told) {
    for (const Change& change : changes)
      for (const Notification& notification : change.notifications)
        told.push_back(notification.alert.meter + " " + std::string(to_string(notification.event)));
  }

  persistence::MemoryJournal disk_;
  app::AbsenceBoard board_{1};
  ShardAlerts alerts_;
  meter::ShardFold fold_{kShard};
  std::int64_t now_ = kNoon;
  std::int64_t last_ = 0;
};

TEST(Silence, AMeterThatStopsIsToldOnceAndResolvesWithItsNextReading) {
  Shard shard;
  shard.read("A-1", kNoon);
  EXPECT_TRUE(shard.until(kNoon + 45 * kMinute).empty());
  EXPECT_EQ(shard.until(kNoon + 3 * kMsPerHour), std::vector<std::string>{"A-1 firing"});
  EXPECT_EQ(shard.book().all().begin()->second.onset_ms, kNoon + 45 * kMinute);
  shard.read("A-1", kNoon + 175 * kMinute);
  EXPECT_EQ(shard.until(kNoon + 190 * kMinute), std::vector<std::string>{"A-1 resolved"});
  EXPECT_EQ(shard.book().all().begin()->second.resolved_ms, kNoon + 175 * kMinute);
}

TEST(Silence, AReadingFromBeforeTheOnsetTakesTheAlertBack) {
  Shard shard;
  shard.read("A-1", kNoon);
  EXPECT_EQ(shard.until(kNoon + kMsPerHour), std::vector<std::string>{"A-1 firing"});
  shard.read("A-1", kNoon + 30 * kMinute);
  EXPECT_EQ(shard.until(kNoon + 70 * kMinute), std::vector<std::string>{"A-1 retracted"});
  EXPECT_EQ(shard.until(kNoon + 2 * kMsPerHour), std::vector<std::string>{"A-1 firing"}) << "silent since then";
}

TEST(Silence, ASourceThatIsOutIsToldOnceAndItsMetersAreNot) {
  Shard shard;
  for (int i = 0; i < 10; ++i) {
    shard.read("gw-" + std::to_string(i), kNoon);
    shard.read("other-" + std::to_string(i), kNoon + 3 * kMsPerHour);
  }
  const auto told = shard.until(kNoon + 2 * kMsPerHour);
  // The source's alert stands in the shard of its name, which may be another: then it is told there.
  for (const std::string& one : told) EXPECT_EQ(one, "source:gw firing");
  EXPECT_LE(told.size(), 1U);
}

TEST(Silence, AnAnnouncedMeterThatNeverReadsIsMissed) {
  Shard shard;
  shard.read("A-1", kNoon, kAnnounced);
  EXPECT_EQ(shard.until(kNoon + 2 * kMsPerHour), std::vector<std::string>{"A-1 firing"});
}

TEST(Silence, AMeterOfARosterThatWasNeverSeenIsMissed) {
  Profile profile;
  profile.name = "homes";
  profile.match = {"*"};
  profile.effective_ms = kNoon;
  for (int i = 0; i < 400; ++i) profile.roster.push_back("M" + std::to_string(i) + "-x");
  Shard shard({profile});
  const auto told = shard.until(kNoon + 2 * kMsPerHour);
  std::size_t here = 0;
  for (const std::string& meter : profile.roster) here += kKey.shard_of(meter) == kShard ? 1 : 0;
  EXPECT_GT(here, 0U);
  EXPECT_EQ(told.size(), here) << "each of this shard's, as its own source";
}

TEST(Silence, APassivatedMeterIsMissedAllTheSame) {
  Shard shard;
  shard.read("A-1", kNoon);
  shard.fold().set_time(kNoon);
  shard.seal();
  shard.fold().set_time(kNoon + 20 * kMinute);
  EXPECT_EQ(shard.fold().passivate(0, [](auto) { return true; }), 1U);
  EXPECT_EQ(shard.until(kNoon + 2 * kMsPerHour), std::vector<std::string>{"A-1 firing"});
}

TEST(Silence, NobodyIsMissedByARuleThatHasEnded) {
  Rule rule = silence_rule();
  rule.disabled = true;
  Shard shard({}, {rule});
  shard.read("A-1", kNoon);
  EXPECT_TRUE(shard.until(kNoon + 5 * kMsPerHour).empty());
}

/// A source whose alert stands in this shard.
std::string source_here() {
  for (int i = 0;; ++i) {
    const std::string source = "gw" + std::to_string(i);
    if (kKey.shard_of(source_meter(source)) == kShard) return source;
  }
}

TEST(Silence, EachRuleHasItsOwnAlertOnASource) {
  Rule slower = silence_rule();
  slower.name = "slower";
  slower.after_ms += 5 * kMinute;
  Shard shard({}, {silence_rule(), slower});
  for (int i = 0; i < 10; ++i) shard.read(source_here() + "-" + std::to_string(i), kNoon);
  const std::string source = source_meter(source_here());
  EXPECT_EQ(shard.until(kNoon + 2 * kMsPerHour), (std::vector<std::string>{source + " firing", source + " firing"}));
  EXPECT_EQ(shard.book().firing(), 2U);
}

TEST(Silence, ARuleThatEndsResolvesItsAlerts) {
  Shard shard;
  for (int i = 0; i < 10; ++i) shard.read(source_here() + "-" + std::to_string(i), kNoon);
  shard.read("alone", kNoon);
  EXPECT_EQ(shard.until(kNoon + 2 * kMsPerHour).size(), 2U);
  Rule ended = silence_rule();
  ended.disabled = true;
  ended.revision = 2;
  EXPECT_EQ(shard.apply({silence_rule(), ended}).size(), 2U);
  EXPECT_EQ(shard.book().firing(), 0U);
}

TEST(Silence, ASourceThatComesBackResolves) {
  Shard shard;
  const auto read_all = [&](std::int64_t at_ms) {
    for (int i = 0; i < 10; ++i) shard.read(source_here() + "-" + std::to_string(i), at_ms);
  };
  read_all(kNoon);
  EXPECT_EQ(shard.until(kNoon + kMsPerHour).size(), 1U);
  read_all(kNoon + kMsPerHour);
  EXPECT_EQ(shard.until(kNoon + kMsPerHour + 5 * kMinute),
            std::vector<std::string>{source_meter(source_here()) + " resolved"});
}

TEST(AbsenceBoard, ASourceIsOutAboveItsShareAndBackAtHalfOfIt) {
  app::AbsenceBoard board(1);
  const SourceKey source{"silent", "gw"};
  const auto report = [&](std::uint64_t silent) { board.report(0, {{source, {100, silent, 200}}}, 0); };
  report(20);
  EXPECT_FALSE(board.is_out(source));
  report(21);
  EXPECT_TRUE(board.is_out(source));
  report(11);
  EXPECT_TRUE(board.is_out(source));
  report(10);
  EXPECT_FALSE(board.is_out(source));
}

TEST(AbsenceBoard, ARoundIsOverWhenEachShardHasCounted) {
  app::AbsenceBoard board(2);
  EXPECT_TRUE(board.may_count(0, 0, 0));
  board.report(0, {}, 0);
  EXPECT_FALSE(board.may_count(0, 1000, 0));
  EXPECT_EQ(board.rounds(), 0U);
  board.report(1, {}, 0);
  EXPECT_EQ(board.rounds(), 1U);
  EXPECT_FALSE(board.may_count(0, 999, 1000));
  EXPECT_TRUE(board.may_count(0, 1000, 1000));
}

}  // namespace
}  // namespace wattring::alert
