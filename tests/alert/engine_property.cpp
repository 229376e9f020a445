// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/alert/troubled_shard.hpp"

namespace wattring::alert {
namespace {

TEST(AlertEngine, AnyOrderPortionsSealsAndCrashesGiveTheSameAlerts) {
  std::size_t found = 0;
  const bool held = rc::check("alerts are a function of the set of facts", [&] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    std::vector<Fact> facts = troubled_meter(prng, true);
    const std::int64_t end = kStart + 42 * kMsPerDay;
    const Lines expected = all_at_once(facts, end);
    found += expected.size();

    // Mostly in order, some late, some twice.
    std::stable_sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) { return a.start_ms < b.start_ms; });
    const std::size_t late = prng.below(facts.size() / 4 + 1);
    for (std::size_t i = 0; i < late; ++i) {
      const std::size_t from = prng.below(facts.size());
      const std::size_t to = std::min(facts.size() - 1, from + prng.below(300));
      std::rotate(facts.begin() + static_cast<std::ptrdiff_t>(from),
                  facts.begin() + static_cast<std::ptrdiff_t>(from) + 1,
                  facts.begin() + static_cast<std::ptrdiff_t>(to) + 1);
    }
    for (std::size_t i = 0; i < facts.size() / 20; ++i) facts.push_back(facts[prng.below(facts.size())]);
    Shard shard;
    std::int64_t now = kStart;
    for (std::size_t begin = 0; begin < facts.size();) {
      const std::size_t next = std::min(facts.size(), begin + 1 + prng.below(60));
      for (std::size_t i = begin; i < next; ++i) now = std::max(now, facts[i].start_ms + 2000);
      shard.apply(std::span(facts).subspan(begin, next - begin));
      begin = next;
      if (prng.chance(0.6)) shard.work(now + static_cast<std::int64_t>(prng.below(20)) * kMsPerMinute);
      if (prng.chance(0.1)) shard.seal(now);
      if (prng.chance(0.05)) shard.crash();
    }
    settle(shard, end);
    const std::string wrong = difference(expected, shown(shard.alerts()));
    if (!wrong.empty()) RC_FAIL(wrong);
  });
  EXPECT_TRUE(held);
  EXPECT_GT(found, 100U) << "too little happened";
}

TEST(AlertEngine, WhatIsToldIsOnRecordAndNeverTwoPayloadsUnderOneRevision) {
  const bool held = rc::check("id and revision name one payload", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    const std::vector<Fact> facts = troubled_meter(prng, false);
    Shard shard;
    std::int64_t now = kStart;
    for (std::size_t i = 0; i < facts.size() / 3; ++i) {
      now = std::max(now, facts[i].start_ms + 1000);
      shard.apply(std::span(facts).subspan(i, 1));
      if (prng.chance(0.1)) shard.work(now);
      if (prng.chance(0.005)) shard.crash();
    }
    settle(shard, now + 2 * kMsPerDay);
    std::map<std::string, std::string> payloads;
    std::map<std::string, Event> first;
    for (const Notification& notification : shard.told()) {
      Alert plain = notification.alert;
      plain.recorded_ms = 0;
      plain.told = true;
      const std::string key = plain.id + ":" + plain.revision + ":" + std::string(to_string(notification.event));
      const auto [at, fresh] = payloads.try_emplace(key, encode(plain));
      if (!fresh && at->second != encode(plain)) RC_FAIL("two payloads under " + key);
      first.try_emplace(plain.id, notification.event);
    }
    for (const auto& [id, event] : first)
      if (event != Event::firing) RC_FAIL(id + " was first told as " + std::string(to_string(event)));
    for (const auto& [id, alert] : shard.alerts())
      if (alert.told && !first.contains(id)) RC_FAIL(id + " is marked as told and was not");
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace wattring::alert
