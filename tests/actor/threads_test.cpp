// SPDX-License-Identifier: Apache-2.0
// The same rules with real threads. No test here depends on how fast anything is.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <set>
#include <thread>

#include "node/actor/start_budget.hpp"
#include "node/actor/system.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

/// A system of three workers that is stopped at the end.
class Threads : public ::testing::Test {
 protected:
  Threads() { system.start(); }
  ~Threads() override { end(); }

  /// Before what the actors refer to goes out of scope.
  void end() { EXPECT_TRUE(system.stop(60'000)); }

  template <class T>
  Result<T> ask_for(const ActorRef& to, Message question) {
    return answer_as<T>(ask(system, to, std::move(question), 60'000).get());
  }

  static SystemOptions options() {
    SystemOptions options;
    options.scheduler = make_thread_scheduler({.workers = 3, .throughput = 16});
    options.root_strategy = restart_at_once();
    return options;
  }
  System system{options()};
};

struct Numbered {
  int source = 0;
  int value = 0;
};

/// Checks that each source's numbers come in order, and that it runs on one thread at a time.
class InOrder final : public Actor {
 public:
  explicit InOrder(std::shared_ptr<std::atomic<int>> violations) : violations_(std::move(violations)) {}
  void receive(Context& context, const Message& message) override {
    if (inside_.exchange(true)) ++*violations_;
    match(message)
        .on<Numbered>([&](const Numbered& number) {
          if (number.value != ++last_[number.source]) ++*violations_;
          ++count_;
        })
        .on<GetCount>([&] { context.reply(Count{count_}); });
    inside_.store(false);
  }

 private:
  std::shared_ptr<std::atomic<int>> violations_;
  std::atomic<bool> inside_{false};
  std::map<int, int> last_;
  int count_ = 0;
};

TEST_F(Threads, EachSendersMessagesArriveInOrderAndNoActorRunsTwiceAtOnce) {
  constexpr int kSenders = 4;
  constexpr int kMessages = 5'000;
  const auto violations = std::make_shared<std::atomic<int>>(0);
  std::vector<ActorRef> targets;
  for (int i = 0; i < 8; ++i) targets.push_back(system.spawn(Props::make<InOrder>(violations)).value());
  {
    std::vector<std::jthread> senders;
    for (int source = 0; source < kSenders; ++source) {
      senders.emplace_back([&, source] {
        for (int value = 1; value <= kMessages; ++value) {
          for (const ActorRef& target : targets) ASSERT_EQ(target.tell(Numbered{source, value}), Delivery::accepted);
        }
      });
    }
  }
  for (const ActorRef& target : targets) {
    EXPECT_EQ(ask_for<Count>(target, GetCount{}).value().value, kSenders * kMessages);
  }
  EXPECT_EQ(*violations, 0);
  end();
}

TEST_F(Threads, ARingOfActorsPassesATokenWithoutALostWakeUp) {
  constexpr int kRounds = 2'000;
  std::promise<void> done;
  const Props node = scripted([&](Context& context, const Message& message) {
    if (const auto* next = message.get_if<ActorRef>()) {
      context.become([next = *next, &done](Context& inner, const Message& token) {
        const int left = token.get_if<Count>()->value;
        if (left == 0) return done.set_value();
        inner.tell(next, Count{left - 1});
      });
    }
  });
  std::vector<ActorRef> ring;
  for (int i = 0; i < 10; ++i) ring.push_back(system.spawn(i % 3 == 0 ? node.pinned_to(i) : node).value());
  for (std::size_t i = 0; i < ring.size(); ++i) ring[i].tell(ring[(i + 1) % ring.size()]);
  ring[0].tell(Count{kRounds});
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  end();
}

TEST_F(Threads, APinnedActorStaysOnItsThreadAndADedicatedOneHasItsOwn) {
  std::mutex mutex;
  std::map<std::string, std::set<std::thread::id>> seen;
  const auto note = [&](const std::string& name) {
    return scripted([&, name](Context& context, const Message& message) {
      const std::lock_guard lock(mutex);
      seen[name].insert(std::this_thread::get_id());
      if (message.is<GetCount>()) context.reply(Count{});
    });
  };
  const ActorRef pinned = system.spawn(note("pinned").pinned_to(1)).value();
  const ActorRef urgent = system.spawn(note("urgent").pinned_to(1).urgent()).value();
  const ActorRef dedicated = system.spawn(note("dedicated").on_own_thread()).value();
  for (int i = 0; i < 200; ++i) {
    for (const ActorRef& actor : {pinned, urgent, dedicated}) ASSERT_TRUE(ask_for<Count>(actor, GetCount{}));
  }
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen["pinned"].size(), 1U);
  EXPECT_EQ(seen["urgent"], seen["pinned"]);
  EXPECT_EQ(seen["dedicated"].size(), 1U);
  EXPECT_NE(seen["dedicated"], seen["pinned"]);
  end();
}

TEST_F(Threads, AnActorThatBlocksOnItsOwnThreadHoldsNobodyUp) {
  std::latch release(1);
  for (int i = 0; i < 4; ++i) {
    system.spawn(scripted([&](Context&, const Message&) { release.wait(); }).on_own_thread()).value().tell(Text{});
  }
  const ActorRef counter = system.spawn(recorder(make_journal())).value();
  EXPECT_TRUE(ask_for<Count>(counter, GetCount{}));
  release.count_down();
  end();
}

TEST_F(Threads, WorkBehindABlockedActorIsTakenByAnotherWorker) {
  std::latch release(1);
  std::promise<void> helped;
  const ActorRef helper = system.spawn(scripted([&](Context&, const Message&) { helped.set_value(); })).value();
  // Wakes the helper on its own worker, then does not give the worker back.
  system
      .spawn(scripted([&](Context& context, const Message&) {
        context.tell(helper, Text{});
        release.wait();
      }))
      .value()
      .tell(Text{});
  EXPECT_EQ(helped.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  release.count_down();
  end();
}

TEST(ThreadsUrgent, AnUrgentActorWaitsForOneSliceAtMostWhileOthersFlood) {
  constexpr std::uint64_t kThroughput = 16;
  constexpr int kBeats = 500;
  SystemOptions options;
  options.scheduler = make_thread_scheduler({.workers = 1, .throughput = kThroughput});
  System system(std::move(options));
  system.start();
  // One worker: all of this is on its thread.
  std::uint64_t flood = 0;
  std::uint64_t longest_wait = 0;
  std::promise<void> done;
  const ActorRef heartbeat = system
                                 .spawn(scripted([&, beats = 0](Context&, const Message& message) mutable {
                                          longest_wait =
                                              std::max(longest_wait, flood - *message.get_if<std::uint64_t>());
                                          if (++beats == kBeats) done.set_value();
                                        }).urgent())
                                 .value();
  std::atomic<bool> flooding{true};
  std::vector<ActorRef> flooders;
  for (int i = 0; i < 6; ++i) {
    flooders.push_back(system
                           .spawn(scripted([&](Context& context, const Message&) {
                             if (++flood % 50 == 0) context.tell(heartbeat, flood);
                             if (flooding) context.tell(context.self(), Text{});
                           }))
                           .value());
  }
  for (int i = 0; i < 100; ++i) {
    for (const ActorRef& flooder : flooders) flooder.tell(Text{});
  }
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  flooding = false;
  EXPECT_TRUE(system.stop(60'000));
  EXPECT_LE(longest_wait, kThroughput);
}

TEST_F(Threads, BirthsFailuresAndDeathsFromManyThreadsLeaveNothingBehind) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::atomic<int> ended{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          const ActorRef actor = system.spawn(recorder(make_journal())).value();
          system.when_terminated(actor, [&](const Terminated&) { ++ended; });
          actor.tell(Text{"x"});
          if (i % 3 == 0) actor.tell(Fail{"boom"});
          if (i % 2 == 0) {
            system.stop(actor);
          } else {
            system.stop_now(actor);
          }
          actor.tell(Text{"late"});
        }
      });
    }
  }
  end();
  EXPECT_EQ(ended, kThreads * kEach);
  EXPECT_EQ(system.stats().actors, 0U);
}

TEST_F(Threads, NoMessageIsLostAcrossRestarts) {
  constexpr int kMessages = 20'000;
  std::atomic<int> processed{0};
  const Props flaky = scripted([&](Context& context, const Message& message) {
    const int value = message.get_if<Count>()->value;
    if (value % 100 == 0 && context.failures_of_message() == 0) throw std::runtime_error("first time");
    ++processed;
  });
  Strategy patient = restart_at_once();
  patient.window_ms = 0;
  ActorRef child;
  std::promise<void> born;
  const ActorRef parent = system
                              .spawn(scripted([](Context& context, const Message&) { context.reply(Count{}); },
                                              [&](Context& context) {
                                                child = context.spawn(flaky).value();
                                                born.set_value();
                                              })
                                         .with_strategy(patient))
                              .value();
  born.get_future().wait();
  for (int i = 1; i <= kMessages; ++i) ASSERT_EQ(child.tell(Count{i}), Delivery::accepted);
  std::promise<void> gone;
  system.when_terminated(child, [&](const Terminated&) { gone.set_value(); });
  system.stop(child);
  ASSERT_EQ(gone.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(processed, kMessages);
  EXPECT_EQ(system.stats().restarts, static_cast<std::uint64_t>(kMessages / 100));
  end();
}

TEST_F(Threads, AStartBudgetHoldsWithThreadsToo) {
  const auto budget = std::make_shared<StartBudget>(2);
  std::atomic<int> starting{0};
  std::atomic<int> most{0};
  std::latch all(200);
  const Props slow = scripted([](Context&, const Message&) {},
                              [&](Context&) {
                                const int now = ++starting;
                                int seen = most;
                                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                                }
                                std::this_thread::yield();
                                --starting;
                                all.count_down();
                              })
                         .with_start_budget(budget);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(system.spawn(slow));
  all.wait();
  EXPECT_LE(most, 2);
  end();
}

TEST_F(Threads, AsksFromManyThreadsEachGetTheirOwnAnswer) {
  const ActorRef echo =
      system.spawn(scripted([](Context& context, const Message& message) { context.reply(*message.get_if<Count>()); }))
          .value();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) ASSERT_EQ(ask_for<Count>(echo, Count{t * 1'000 + i}).value().value, t * 1'000 + i);
    });
  }
  threads.clear();
  end();
}

TEST_F(Threads, TheTreeCanBeReadWhileItChanges) {
  std::atomic<bool> going{true};
  const Props leaf = scripted([](Context&, const Message&) {});
  const Props parent = scripted([](Context&, const Message&) {},
                                [leaf](Context& context) {
                                  for (const char* name : {"a", "b"}) (void)context.spawn(leaf, name);
                                });
  std::atomic<int> alive{0};
  std::jthread changing([&] {
    while (going) {
      // Not more than the workers can follow.
      if (alive > 50) {
        std::this_thread::yield();
        continue;
      }
      ++alive;
      const ActorRef actor = system.spawn(parent).value();
      system.when_terminated(actor, [&](const Terminated&) { --alive; });
      actor.tell(Text{"x"});
      system.stop(actor);
    }
  });
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(system.tree("/", 5));
  going = false;
  changing.join();
  end();
}

TEST(ThreadsStop, AStopThatIsNotReachedInTimeStillEndsTheThreads) {
  SystemOptions options;
  options.scheduler = make_thread_scheduler({.workers = 1});
  System system(std::move(options));
  system.start();
  Strategy slow;
  slow.backoff = {3'600'000, 3'600'000, 1.0, 0.0};
  const ActorRef parent = system.spawn(family(make_journal(), slow, {"a", "b"}), "p").value();
  ASSERT_TRUE(ask(system, parent, GetCount{}, 1).valid());
  while (!system.find("/p/a")) std::this_thread::yield();
  system.find("/p/a").tell(Fail{"boom"}, system.find("/p/b"));
  while (system.stats().failures == 0) std::this_thread::yield();
  EXPECT_FALSE(system.stop(1));
}

TEST(ThreadsStop, ASystemThatNeverStartedCanBeDestroyed) {
  SystemOptions options;
  options.scheduler = make_thread_scheduler({.workers = 1});
  System system(std::move(options));
  EXPECT_TRUE(system.spawn(recorder(make_journal())));
}

}  // namespace
}  // namespace wattring::actor
