// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <deque>
#include <tuple>

#include "tests/alert/troubled_shard.hpp"

/// Owners of one shard, each with the same facts; one of them tells at a time.

namespace wattring::alert {
namespace {

constexpr std::int64_t kHandOverMs = 2000;

/// An owner: what it derives, whether it speaks, and its outbox.
class Owner {
 public:
  Owner() : alerts_(policy(kRules)) { alerts_.set_voice({false, false}); }

  void work(const std::vector<Change>& changes) {
    for (const Change& change : changes)
      for (const Notification& one : change.notifications) outbox.push_back(one);
  }
  void become_home(std::int64_t now_ms) { speaks_from_ms_ = now_ms + kHandOverMs; }
  void hush() {
    speaks_from_ms_.reset();
    outbox.clear();
    alerts_.set_voice({false, false});
  }
  void tick(std::int64_t now_ms) {
    if (!speaks_from_ms_ || now_ms < *speaks_from_ms_) return;
    speaks_from_ms_.reset();
    alerts_.set_voice({true, false});
    work(alerts_.take_over(now_ms));
  }
  ShardAlerts& alerts() { return alerts_; }
  std::deque<Notification> outbox;

 private:
  ShardAlerts alerts_;
  std::optional<std::int64_t> speaks_from_ms_;
};

/// The shard of troubled_shard.hpp gives the facts; the owners look at them.
class Owners {
 public:
  explicit Owners(std::size_t count) : owners_(count), fold_(kShard) { owners_[0].alerts().set_voice({true, false}); }

  void apply(std::span<const Fact> facts) {
    const Lsn lsn{++lsn_};
    for (const Fact& one : facts) {
      fold_.apply(kMeter, kKey.hash(kMeter), {&one, 1}, lsn);
      const std::int64_t at = one.start_ms;
      for (auto& span : open_) span = {std::min(span.first_ms, at), std::max(span.last_ms, at)};
    }
    open_.resize(owners_.size(), {facts.front().start_ms, facts.back().start_ms});
  }
  void look(std::size_t owner, std::int64_t now_ms) {
    if (open_.size() != owners_.size()) return;
    auto disk = disk_.read();
    const auto meter = fold_.meters().find(kMeter, kKey.hash(kMeter));
    ASSERT_TRUE(meter);
    ShardAlerts& alerts = owners_[owner].alerts();
    Changed span = open_[owner];
    for (const auto& due : alerts.take_due(now_ms))
      span = {std::min(span.first_ms, due.changed.first_ms), std::max(span.last_ms, due.changed.last_ms)};
    app::ResidentHistory history(fold_, *meter, **disk);
    const auto changes = alerts.evaluate(kMeter, history, span, now_ms);
    ASSERT_TRUE(changes);
    owners_[owner].work(*changes);
    open_[owner] = {now_ms, now_ms};
  }
  /// The sink takes what the owner has first; all others hear of it, unless the owner dies before it can say so.
  bool deliver(std::size_t owner, bool dies) {
    auto& outbox = owners_[owner].outbox;
    if (outbox.empty()) return false;
    const Notification told = outbox.front();
    outbox.pop_front();
    taken.push_back({owner, told});
    if (!dies) marks_.push_back(mark_of(told));
    return true;
  }
  /// Marks travel late, twice and in any order.
  void spread(Prng& prng, bool all, std::int64_t now_ms) {
    for (const ToldMark& mark : marks_)
      for (std::size_t i = 0; i < owners_.size(); ++i)
        if (all || prng.chance(0.7)) (void)owners_[i].alerts().decide(mark, now_ms);
  }
  Owner& at(std::size_t owner) { return owners_[owner]; }
  [[nodiscard]] std::size_t count() const { return owners_.size(); }

  struct Taken {
    std::size_t owner;
    Notification told;
  };
  std::vector<Taken> taken;

 private:
  std::vector<Owner> owners_;
  meter::ShardFold fold_;
  persistence::MemoryJournal disk_;
  std::vector<Changed> open_;
  std::vector<ToldMark> marks_;
  std::uint64_t lsn_ = 0;
};

std::string key_of(const Notification& told) {
  return told.alert.id + ":" + told.alert.revision + ":" + std::string(to_string(told.event));
}

/// What a sink that acts on the last word believes of each alert.
std::map<std::string, Event> last_words(const Owners& owners) {
  std::map<std::string, Event> last;
  for (const auto& taken : owners.taken) last[taken.told.alert.id] = taken.told.event;
  return last;
}

struct Outcome {
  std::size_t told = 0;
  std::size_t moves = 0;
  std::size_t deaths = 0;
};

void run(Prng& prng, bool may_die, Outcome& outcome) {
  std::vector<Fact> facts = troubled_meter(prng, false);
  facts.resize(1 + prng.below(facts.size()));  // a story of any length
  Owners owners(2 + prng.below(2));
  std::size_t home = 0;
  std::size_t deaths = 0;
  std::int64_t now = kStart;
  const auto all_look = [&] {
    for (std::size_t i = 0; i < owners.count(); ++i) owners.look(i, now);
  };
  for (std::size_t i = 0, end = 0; i < facts.size(); i = end) {
    end = std::min(facts.size(), i + 1 + prng.below(120));
    for (std::size_t k = i; k < end; ++k) now = std::max(now, facts[k].start_ms + 1000);
    owners.apply(std::span(facts).subspan(i, end - i));
    all_look();
    owners.at(home).tick(now);
    const bool dies = may_die && prng.chance(0.03);
    for (std::size_t left = prng.below(prng.chance(0.3) ? 1000 : 4); left > 0; --left)
      (void)owners.deliver(home, dies && left == 1);
    owners.spread(prng, false, now);
    if (!dies && !prng.chance(0.05)) continue;
    // In order: what is under way is taken and marked before the next home speaks.
    owners.at(home).hush();
    deaths += dies ? 1 : 0;
    ++outcome.moves;
    home = (home + 1 + prng.below(owners.count() - 1)) % owners.count();
    owners.spread(prng, true, now);
    owners.at(home).become_home(now);
    now += kHandOverMs;
    if (prng.chance(0.5)) owners.look(home, now);
    owners.at(home).tick(now);
  }
  now += kMsPerDay;
  all_look();
  owners.at(home).tick(now);
  while (owners.deliver(home, false)) {
  }

  std::map<std::string, std::string> payloads;
  std::map<std::string, Event> before;
  std::size_t repeats = 0;
  for (const auto& [owner, told] : owners.taken) {
    Alert plain = told.alert;
    plain.recorded_ms = 0;
    const auto at = payloads.try_emplace(key_of(told), encode(plain)).first;
    if (at->second != encode(plain)) RC_FAIL("two payloads under " + key_of(told));
    const auto last = before.find(told.alert.id);
    if (last != before.end() && last->second == told.event) ++repeats;
    before[told.alert.id] = told.event;
  }
  if (repeats > deaths) RC_FAIL(std::to_string(repeats) + " repeats after " + std::to_string(deaths) + " deaths");
  const auto last = last_words(owners);
  for (const auto& [id, alert] : owners.at(home).alerts().book().all()) {
    if (!alert.told || alert.state == State::retracted) continue;
    const auto word = last.find(id);
    if (word == last.end()) RC_FAIL(alert.rule + " " + id + " was never told");
    const Event expected = alert.state == State::firing ? Event::firing : Event::resolved;
    if (word->second != expected)
      RC_FAIL(alert.rule + " " + id + " was last told as " + std::string(to_string(word->second)));
  }
  outcome.told += owners.taken.size();
  outcome.deaths += deaths;
}

TEST(Telling, AHomeThatMovesInOrderTellsEverythingOnce) {
  Outcome outcome;
  const bool held = rc::check("one voice at a time", [&] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    run(prng, false, outcome);
  });
  EXPECT_TRUE(held);
  EXPECT_GT(outcome.told, 100U);
  EXPECT_GT(outcome.moves, 20U);
}

TEST(Telling, AHomeThatDiesLeavesRepeatsOfWhatWasUnderWayOnly) {
  Outcome outcome;
  const bool held = rc::check("at least once", [&] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    run(prng, true, outcome);
  });
  EXPECT_TRUE(held);
  EXPECT_GT(outcome.deaths, 20U);
}

}  // namespace
}  // namespace wattring::alert
