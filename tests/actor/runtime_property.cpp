// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>
#include <vector>

#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

using testkit::TestKit;

struct Numbered {
  int number = 0;
  int failures = 0;  ///< how often it throws before it is processed
};

/// What became of each message told.
struct Fates {
  std::map<int, int> processed;
  std::map<int, int> set_aside;
  std::map<int, int> dead;
  std::vector<int> order;
};

Props worker(Fates& fates, std::uint32_t poison_after) {
  return scripted([&](Context& context, const Message& message) {
           const Numbered& number = *message.get_if<Numbered>();
           if (context.failures_of_message() < static_cast<std::uint32_t>(number.failures))
             throw std::runtime_error("x");
           ++fates.processed[number.number];
           fates.order.push_back(number.number);
         })
      .with_poison_after(poison_after);
}

/// Whatever fails, waits or stops: each message that was accepted has exactly one fate, and order is kept.
TEST(RuntimeProperty, EachAcceptedMessageIsProcessedSetAsideOrADeadLetterExactlyOnceAndInOrder) {
  EXPECT_TRUE(rc::check([] {
    Fates fates;
    Strategy strategy;
    strategy.failures_max = *rc::gen::inRange<std::uint32_t>(0, 6);
    strategy.backoff = {*rc::gen::inRange(0, 50), 200, 2.0, 0.2};
    SystemOptions options;
    options.root_strategy = strategy;
    options.quarantine = [&](const Quarantined& poison) {
      ++fates.set_aside[poison.message.get_if<Numbered>()->number];
    };
    TestKit kit(std::move(options));
    const ActorRef listener = kit.spawn(scripted([&](Context&, const Message& message) {
      ++fates.dead[message.get_if<DeadLetter>()->message.get_if<Numbered>()->number];
    }));
    kit.system().events().subscribe<DeadLetter>(listener);
    const auto limit = *rc::gen::inRange<std::uint32_t>(1, 20);
    const ActorRef actor =
        kit.spawn(worker(fates, *rc::gen::inRange<std::uint32_t>(1, 4)).with_mailbox({limit, 1'000'000}));
    std::set<int> told;
    const int steps = *rc::gen::inRange(1, 80);
    for (int step = 0; step < steps; ++step) {
      const int choice = *rc::gen::inRange(0, 20);
      if (choice < 12) {
        const int failures = choice < 9 ? 0 : choice - 8;
        if (actor.tell(Numbered{step, failures}) != Delivery::full) told.insert(step);
      } else if (choice < 16) {
        kit.run_one();
      } else if (choice < 19) {
        kit.advance(choice * 5);
      } else if (*rc::gen::inRange(0, 8) == 0) {
        kit.system().stop(actor);
      }
    }
    kit.advance(100'000);
    for (const int number : told) {
      RC_ASSERT(fates.processed[number] + fates.set_aside[number] + fates.dead[number] == 1);
    }
    RC_ASSERT(std::is_sorted(fates.order.begin(), fates.order.end()));
  }));
}

TEST(RuntimeProperty, TheSameSeedGivesTheSameRun) {
  EXPECT_TRUE(rc::check([] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto run = [&] {
      SystemOptions options;
      options.seed = seed;
      TestKit kit(std::move(options));
      std::vector<std::int64_t> starts_ns;
      const ActorRef actor = kit.spawn(scripted([](Context&, const Message&) { throw std::runtime_error("x"); },
                                                [&](Context& context) { starts_ns.push_back(context.now_ns()); }));
      for (int i = 0; i < 3; ++i) actor.tell(Count{i});
      kit.advance(60'000);
      return starts_ns;
    };
    const auto first = run();
    RC_ASSERT(first.size() > 3U);
    RC_ASSERT(first == run());
  }));
}

}  // namespace
}  // namespace wattring::actor
