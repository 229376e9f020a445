// SPDX-License-Identifier: Apache-2.0
// What is erased is gone, whatever order things come in, and stays gone.
#include "node/meter/erasure.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "node/meter/interval_chunk.hpp"
#include "tests/node/erasing_node.hpp"

namespace wattring::meter {
namespace {

using test::ErasingNode;
using test::kImport;
using test::kMessage;
using test::kPower;
using test::meter_named;
using test::MeterFact;
using test::Payload;
using test::Table;

constexpr std::int64_t kQuarter = 15 * kMsPerMinute;
constexpr int kQuarters = 400;

const std::string kOne = test::meter_named(1);
const std::string kTwo = test::meter_named(2);

MeterFact random_fact(Prng& prng) {
  MeterFact made;
  made.meter = meter_named(prng.below(4));
  Fact& fact = made.fact;
  fact.reg = prng.chance(0.6) ? kImport : prng.chance(0.6) ? kPower : kMessage;
  fact.start_ms = static_cast<std::int64_t>(prng.below(kQuarters)) * kQuarter;
  fact.end_ms = fact.start_ms;
  fact.value = static_cast<std::int64_t>(prng.below(1000));
  fact.quality = prng.chance(0.9) ? Quality::actual : Quality::estimated;
  fact.revision = prng.chance(0.1) ? prng.below(3) : 0;
  if (fact.reg == kMessage) {
    made.text = "text " + std::to_string(prng.below(12));
    fact.value = text_value(made.text);
  }
  return made;
}

Payload random_payload(Prng& prng, bool watermarks) {
  if (prng.chance(0.7)) {
    std::vector<MeterFact> facts;
    for (std::uint64_t i = 1 + prng.below(20); i > 0; --i) facts.push_back(random_fact(prng));
    return facts;
  }
  if (watermarks && prng.chance(0.4)) {
    const auto day = static_cast<std::int32_t>(prng.below(kQuarters / 96));
    return std::vector<Limit>{RetentionDays{day, prng.chance(0.5) ? RetentionDays::kKeep : day / 2}};
  }
  // Off the grid, at midnight, in the middle of a day.
  std::int64_t before_ms = static_cast<std::int64_t>(prng.below(kQuarters)) * kQuarter;
  if (prng.chance(0.3)) before_ms = day_of(before_ms) * kMsPerDay;
  if (prng.chance(0.3)) before_ms += static_cast<std::int64_t>(prng.below(3)) - 1;
  return std::vector<Limit>{Erasure{meter_named(prng.below(4)), before_ms}};
}

/// The slow way: what is not beyond any limit, once.
struct Expected {
  explicit Expected(const std::vector<Payload>& payloads) {
    for (const Payload& payload : payloads)
      if (const auto* some = std::get_if<std::vector<Limit>>(&payload))
        for (const Limit& limit : *some) std::visit([&](const auto& one) { (void)limits.join(one); }, limit);
    std::vector<MeterFact> left;
    for (const Payload& payload : payloads)
      if (const auto* facts = std::get_if<std::vector<MeterFact>>(&payload))
        for (const MeterFact& fact : *facts)
          if (fact.fact.start_ms >= limits.erased_before(fact.meter)) left.push_back(fact);
    node.append(left);
    node.seal();
  }
  ShardLimits limits;
  ErasingNode node;
};

void do_something(Prng& prng, ErasingNode& node, ErasingNode& other) {
  if (prng.chance(0.3)) node.seal();
  if (prng.chance(0.1)) node.passivate();
  if (prng.chance(0.2)) node.purge();
  if (prng.chance(0.05)) node.purge(prng.below(3));
  if (prng.chance(0.1)) node.retain();
  if (prng.chance(0.1)) node.receive(other);
  if (prng.chance(0.05) && node.fold->can_begin_seal()) {
    node.fold->begin_seal(Lsn{0});
    node.fold->abandon_seal();
  }
  if (prng.chance(0.1)) {
    if (prng.chance(0.5)) node.seal(true);
    node.restart();
  }
}

/// All of them, in an order of its own, some twice.
void give_all(Prng& prng, std::vector<Payload> payloads, ErasingNode& node, ErasingNode& other) {
  for (std::uint64_t repeats = prng.below(4); repeats > 0; --repeats)
    payloads.push_back(payloads[prng.below(payloads.size())]);
  for (std::size_t i = payloads.size(); i > 1; --i) std::swap(payloads[i - 1], payloads[prng.below(i)]);
  for (const Payload& payload : payloads) {
    node.append(payload);
    do_something(prng, node, other);
  }
}

void come_to_rest(ErasingNode& node) {
  node.seal();
  node.purge();
  node.seal();
  node.retain();
  node.restart();
}

/// The keys of the rows that are not as in `other`, and of those that are only there.
std::vector<std::string> differing(const std::map<std::string, std::string>& one,
                                   const std::map<std::string, std::string>& other) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : one)
    if (const auto at = other.find(key); at == other.end() || at->second != value) keys.push_back("+ " + key);
  for (const auto& [key, value] : other)
    if (!one.contains(key)) keys.push_back("- " + key);
  return keys;
}

std::vector<Payload> random_payloads(Prng& prng, bool watermarks) {
  std::vector<Payload> payloads;
  for (std::uint64_t i = 2 + prng.below(25); i > 0; --i) payloads.push_back(random_payload(prng, watermarks));
  return payloads;
}

TEST(Erasure, AnyOrderRepetitionSealCrashAndTransferLeavesTheSameBytes) {
  const bool held = rc::check("what is left is a function of facts and limits", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    const std::vector<Payload> payloads = random_payloads(prng, false);
    Expected expected(payloads);
    ErasingNode a;
    ErasingNode b;
    give_all(prng, payloads, a, b);
    give_all(prng, payloads, b, a);
    a.receive(b);
    for (ErasingNode* node : {&a, &b}) {
      come_to_rest(*node);
      RC_ASSERT(node->fold->limits().unpurged() == 0U);
      RC_ASSERT(differing(node->state(), expected.node.state()) == std::vector<std::string>{});
    }
    RC_ASSERT(differing(a.rows_of({Table::limit}), b.rows_of({Table::limit})) == std::vector<std::string>{});
  });
  EXPECT_TRUE(held);
}

TEST(Erasure, NoQuestionEverSeesWhatWasErased) {
  const bool held = rc::check("what is visible is within the limits that are known", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    const std::vector<Payload> payloads = random_payloads(prng, true);
    ErasingNode a;
    ErasingNode b;
    give_all(prng, payloads, b, a);
    std::vector<Payload> given;
    for (const Payload& payload : payloads) {
      given.push_back(payload);
      a.append(payload);
      do_something(prng, a, b);
      const Expected expected(given);
      for (std::uint64_t number = 0; number < 4; ++number) {
        const std::string meter = meter_named(number);
        const std::int64_t from_ms =
            std::max(a.fold->limits().erased_before(meter), expected.limits.erased_before(meter));
        for (const Register reg : {kImport, kPower, kMessage})
          for (const Fact& fact : a.visible(meter, reg)) RC_ASSERT(fact.start_ms >= from_ms);
      }
    }
  });
  EXPECT_TRUE(held);
}

TEST(Erasure, WatermarksLeaveEqualDigestsBehind) {
  const bool held = rc::check("owners agree on what is above the watermark", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    const std::vector<Payload> payloads = random_payloads(prng, true);
    Expected expected(payloads);
    (void)expected.node.fold->limit(expected.limits.days(), Lsn{1});
    ErasingNode a;
    ErasingNode b;
    give_all(prng, payloads, a, b);
    give_all(prng, payloads, b, a);
    for (ErasingNode* node : {&a, &b}) {
      const auto digest = digest_of(*node->fold, **node->disk.read());
      RC_ASSERT(digest.has_value());
      RC_ASSERT(*digest == *digest_of(*expected.node.fold, **expected.node.disk.read()));
      RC_ASSERT(node->fold->limits().days() == expected.limits.days());
    }
  });
  EXPECT_TRUE(held);
}

MeterFact reading(const std::string& meter, std::int64_t at_ms, std::int64_t value = 5) {
  return {meter, Fact{kImport, at_ms, at_ms, value, 0, Quality::actual, 0, 0}, {}};
}
Payload erase(const std::string& meter, std::int64_t before_ms) {
  return std::vector<Limit>{Erasure{meter, before_ms}};
}

TEST(Erasure, AMeterOfWhichNothingIsLeftIsUnknownAndLeavesNoRow) {
  ErasingNode node;
  node.append(std::vector{reading(kOne, 0), reading(kOne, 5 * kMsPerDay), reading(kTwo, 0)});
  node.seal();
  node.append(erase(kOne, 9 * kMsPerDay));
  EXPECT_TRUE(node.visible(kOne, kImport).empty()) << "at once";
  node.seal();
  node.purge();
  EXPECT_EQ(node.rows.readings, 2U);
  EXPECT_EQ(node.rows.chunks, 2U);
  EXPECT_FALSE(node.fold->meters().find(kOne, test::kErasingKey.hash(kOne)));
  for (const auto& [key, value] : node.state()) EXPECT_EQ(key.find(kOne), std::string::npos);
  EXPECT_EQ(node.visible(kTwo, kImport).size(), 1U);
  node.append(std::vector{reading(kOne, kMsPerDay)});
  EXPECT_FALSE(node.fold->meters().find(kOne, test::kErasingKey.hash(kOne))) << "what comes again is not taken";
  node.append(std::vector{reading(kOne, 9 * kMsPerDay)});
  EXPECT_EQ(node.visible(kOne, kImport).size(), 1U) << "what is new is";
}

TEST(Erasure, TheDayOfTheErasureLosesItsFirstPartOnly) {
  ErasingNode node;
  std::vector<MeterFact> day;
  for (int i = 0; i < 96; ++i) day.push_back(reading(kOne, i * kQuarter, i));
  node.append(day);
  node.seal();
  const ErasedRows counted = *count_erasable(*node.fold, **node.disk.read(), {kOne, 40 * kQuarter});
  node.append(erase(kOne, 40 * kQuarter));
  node.seal();
  node.purge();
  EXPECT_EQ(node.rows, counted);
  EXPECT_EQ(counted.readings, 40U);
  const auto left = node.visible(kOne, kImport);
  ASSERT_EQ(left.size(), 56U);
  EXPECT_EQ(left.front().start_ms, 40 * kQuarter);
}

TEST(Erasure, WhatIsOnItsWayToTheDiskGoesToo) {
  ErasingNode node;
  node.append(std::vector{reading(kOne, 0), reading(kOne, kMsPerDay)});
  node.fold->begin_seal(Lsn{1});
  node.append(erase(kOne, kMsPerDay));
  EXPECT_EQ(node.visible(kOne, kImport).size(), 1U);
  std::vector<std::string> damaged;
  ASSERT_TRUE(seal_shard(*node.fold, **node.disk.read(), node.sink(), damaged));
  node.fold->finish_seal();
  EXPECT_EQ(node.visible(kOne, kImport).size(), 1U);
  node.purge();
  EXPECT_EQ(node.rows.readings, 1U);
}

TEST(Erasure, AMeterThatIsOnTheDiskOnlyIsErased) {
  ErasingNode node;
  node.append(std::vector{reading(kOne, 0), reading(kOne, kMsPerDay)});
  node.seal();
  node.passivate();
  ASSERT_EQ(node.fold->passivated_count(), 1U);
  node.append(erase(kOne, kMsPerDay));
  EXPECT_EQ(node.visible(kOne, kImport).size(), 1U);
}

TEST(Erasure, AfterACrashBetweenTheSealAndThePurgeTheStartPurges) {
  ErasingNode node;
  node.append(std::vector{reading(kOne, 0), reading(kOne, kMsPerDay)});
  node.append(erase(kOne, kMsPerDay));
  node.seal();
  node.restart();
  EXPECT_EQ(node.fold->limits().unpurged(), 1U);
  node.purge();
  node.restart();
  EXPECT_EQ(node.fold->limits().unpurged(), 0U);
  EXPECT_EQ(node.fold->limits().erased_before(kOne), kMsPerDay);
}

TEST(Erasure, DaysThatRetentionKeptAsIntervalsGoToo) {
  ErasingNode node;
  std::vector<MeterFact> readings;
  for (int i = 0; i < 5 * 96; ++i) readings.push_back(reading(kOne, i * kQuarter + 3 * kMsPerMinute, i * i));
  node.append(readings);
  node.seal();
  node.append(std::vector<Limit>{RetentionDays{4, RetentionDays::kKeep}});
  node.seal();
  node.retain();
  ASSERT_EQ(node.rows_of({Table::interval}).size(), 4U);
  node.append(erase(kOne, kMsPerDay + 40 * kQuarter));
  node.seal();
  node.purge();
  EXPECT_EQ(node.rows.interval_days, 2U);
  EXPECT_EQ(node.rows_of({Table::interval}).size(), 3U);
  const std::string key = persistence::interval_key({test::kErasingShard, 1, kOne, kImport});
  auto snapshot = node.disk.read();
  const auto value = (*snapshot)->get(Table::interval, key);
  ASSERT_TRUE(value);
  const auto day = decode_interval_day(*persistence::open_value(*value, persistence::position_of(key)), 1);
  ASSERT_TRUE(day);
  for (int i = 0; i < 96; ++i) EXPECT_EQ((*day)[static_cast<std::size_t>(i)].value.has_value(), i >= 40) << i;
}

TEST(Erasure, KeptDaysThatATransferBringsAreCut) {
  ErasingNode old;
  std::vector<MeterFact> readings;
  for (int i = 0; i < 5 * 96; ++i) readings.push_back(reading(kOne, i * kQuarter, i * i));
  old.append(readings);
  old.append(std::vector<Limit>{RetentionDays{4, RetentionDays::kKeep}});
  old.seal();
  old.retain();
  ErasingNode node;
  node.append(erase(kOne, 2 * kMsPerDay));
  node.receive(old);
  EXPECT_EQ(node.rows_of({Table::interval}).size(), 2U);
  node.purge();
  EXPECT_EQ(node.rows, (ErasedRows{0, 0, 0, 0}));
}

TEST(Erasure, QuarantinedReadingsGoOrLoseWhatIsErased) {
  ErasingNode node;
  node.append(std::vector{reading(kTwo, 0)});
  node.seal();
  std::uint32_t number = 0;
  for (const std::int64_t last_ms : {std::int64_t{10}, 3 * kMsPerDay}) {
    QuarantineNote note;
    note.key = {test::kErasingShard, Lsn{1}, number++};
    note.meter = kOne;
    const std::vector<Fact> facts{reading(kOne, 5).fact, reading(kOne, last_ms).fact};
    const std::string row = encode_quarantine_row(note, facts);
    const std::string key = persistence::quarantine_key(note.key);
    const std::string value = persistence::seal_value(row, persistence::position_of(key));
    const persistence::WriteOp op{persistence::WriteOp::Kind::put, Table::quarantine, key, value};
    ASSERT_EQ(node.disk.commit({&op, 1}).status, persistence::CommitStatus::committed);
  }
  node.restart();
  ASSERT_EQ(node.fold->quarantined().size(), 2U);
  node.append(erase(kOne, kMsPerDay));
  node.seal();
  node.purge();
  EXPECT_EQ(node.rows.quarantined, 3U);
  ASSERT_EQ(node.fold->quarantined().size(), 1U);
  EXPECT_EQ(node.fold->quarantined().front().readings, 1U);
  EXPECT_EQ(node.rows_of({Table::quarantine}).size(), 1U);
}

TEST(Erasure, ATextGoesWithTheLastReadingThatSaysIt) {
  const auto says = [](const std::string& meter, std::int64_t at_ms, const std::string& text) {
    return MeterFact{meter, Fact{kMessage, at_ms, at_ms, text_value(text), 0, Quality::actual, 0, 0}, text};
  };
  ErasingNode node;
  node.append(std::vector{says(kOne, 0, "mine"), says(kOne, 1, "ours"), says(kTwo, 0, "ours")});
  node.seal();
  ASSERT_EQ(node.rows_of({Table::text}).size(), 2U);
  node.append(erase(kOne, kMsPerDay));
  node.seal();
  node.purge();
  EXPECT_EQ(node.rows_of({Table::text}).size(), 1U);
  node.append(std::vector{says(kOne, 0, "mine")});
  node.seal();
  EXPECT_EQ(node.rows_of({Table::text}).size(), 1U) << "it does not come back with a repeat";
}

TEST(Erasure, ManyMetersArePurgedInOnePass) {
  ErasingNode node;
  std::vector<MeterFact> readings;
  std::vector<Limit> limits;
  for (int i = 0; i < 200; ++i)
    for (int day = 0; day < 3; ++day)
      readings.push_back(reading(meter_named(static_cast<std::size_t>(i)), day * kMsPerDay));
  for (std::size_t i = 0; i < 200; i += 2) limits.emplace_back(Erasure{meter_named(i), 2 * kMsPerDay});
  node.append(readings);
  node.append(limits);
  node.seal();
  node.purge();
  EXPECT_EQ(node.visible(meter_named(0), kImport).size(), 1U);
  EXPECT_EQ(node.visible(kOne, kImport).size(), 3U);
  EXPECT_EQ(node.rows_of({Table::series}).size(), 100U * 1 + 100U * 3);
}

}  // namespace
}  // namespace wattring::meter
