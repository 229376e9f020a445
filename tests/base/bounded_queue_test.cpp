// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <thread>

namespace wattring {
namespace {

using namespace std::chrono_literals;

TEST(BoundedQueue, GivesBackInOrder) {
  BoundedQueue<int> queue(3);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
}

TEST(BoundedQueue, AFullQueueRefusesAndLeavesTheItemToItsOwner) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(second)));
  ASSERT_NE(second, nullptr) << "refused, so not moved from";
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, AClosedQueueRefusesPushesAndDrainsWhatIsLeft) {
  BoundedQueue<int> queue(3);
  EXPECT_TRUE(queue.try_push(1));
  queue.close();
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.try_push(2));
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop_for(1h), std::nullopt) << "closed and empty: no need to wait";
}

TEST(BoundedQueue, PopForGivesUpWhenNothingComes) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.pop_for(0ms), std::nullopt);
  EXPECT_TRUE(queue.try_push(5));
  EXPECT_EQ(queue.pop_for(0ms), 5);
}

TEST(BoundedQueue, DrainTakesAllAtOnceWithoutWaiting) {
  BoundedQueue<int> queue(3);
  EXPECT_TRUE(queue.drain().empty());
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_EQ(queue.drain(), (std::vector<int>{1, 2}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(BoundedQueue, CloseWakesAPopThatWaits) {
  BoundedQueue<int> queue(1);
  std::jthread waiter([&] { EXPECT_EQ(queue.pop(), std::nullopt); });
  queue.close();
}

TEST(BoundedQueue, CloseWakesAPushThatWaits) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.try_push(1));
  std::jthread waiter([&] { EXPECT_FALSE(queue.push(2)); });
  queue.close();
}

TEST(BoundedQueue, DrainMakesRoomForAPushThatWaits) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.try_push(1));
  std::jthread waiter([&] { EXPECT_TRUE(queue.push(2)); });
  EXPECT_EQ(queue.drain(), std::vector<int>{1});
  EXPECT_EQ(queue.pop(), 2);
}

TEST(BoundedQueue, ManyThreadsLoseAndDoubleNothingAndNeverPassTheBound) {
  static constexpr int kProducers = 3;
  static constexpr int kEach = 2000;
  BoundedQueue<int> queue(8);
  std::atomic<std::int64_t> sum = 0;
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> consumers;
    for (int c = 0; c < 2; ++c) {
      consumers.emplace_back([&] {
        while (const auto item = queue.pop()) {
          EXPECT_LE(queue.size(), 8U);
          sum += *item;
          ++taken;
        }
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&queue] {
          for (int i = 1; i <= kEach; ++i) EXPECT_TRUE(queue.push(int{i}));
        });
      }
    }
    queue.close();
  }
  EXPECT_EQ(taken, kProducers * kEach);
  EXPECT_EQ(sum, std::int64_t{kProducers} * kEach * (kEach + 1) / 2);
}

}  // namespace
}  // namespace wattring
