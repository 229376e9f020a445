// SPDX-License-Identifier: Apache-2.0
#include "node/app/slice_chain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "persistence/memory_journal.hpp"
#include "tests/support/faulty_journal.hpp"

namespace wattring::app {
namespace {

using persistence::MemoryJournal;
using persistence::Table;

constexpr int kSlices = 12;

std::vector<persistence::OwnedOp> slice_of(int number) {
  return {{persistence::WriteOp::Kind::put, Table::text, "slice " + std::to_string(number), "text"}};
}

class SliceChainTest : public testing::Test {
 protected:
  SliceChainTest() { writer_.start(); }

  void run(SliceChain& chain) {
    for (int i = 0; i < kSlices && chain.add(slice_of(i)); ++i) {
    }
    for (; !chain.is_over(); chain.move_on()) std::this_thread::yield();
  }
  [[nodiscard]] bool holds(int number) const {
    return (*disk_.read())->get(Table::text, "slice " + std::to_string(number)).has_value();
  }
  static persistence::JournalWriter::Options roomy() {
    persistence::JournalWriter::Options options;
    options.reserve_bytes = 0;
    return options;
  }

  MemoryJournal disk_;
  test::FaultyJournal faulty_{disk_};
  SystemClock clock_;
  Metrics metrics_;
  persistence::JournalWriter writer_{faulty_, Lsn{1}, roomy(), clock_, metrics_, Log::silent()};
};

TEST_F(SliceChainTest, AllSlicesGetToTheDisk) {
  SliceChain chain(writer_, [] {});
  run(chain);
  EXPECT_FALSE(chain.is_refused());
  for (int i = 0; i < kSlices; ++i) EXPECT_TRUE(holds(i)) << i;
}

TEST_F(SliceChainTest, NothingFollowsASliceThatWasRefused) {
  for (int nth = 1; nth <= kSlices; ++nth) {
    disk_.restore(MemoryJournal().image());
    faulty_.fail_commit(static_cast<std::uint64_t>(nth), test::FaultyJournal::Fault::refuse);
    SliceChain chain(writer_, [] {});
    run(chain);
    EXPECT_TRUE(chain.is_refused());
    for (int i = 0; i < kSlices; ++i) EXPECT_EQ(holds(i), i + 1 < nth) << i << " after " << nth;
  }
}

TEST_F(SliceChainTest, WhatIsNotOnItsWayWhenItsWorkFailsGoesNowhere) {
  SliceChain chain(writer_, [] {});
  ASSERT_TRUE(chain.add(slice_of(0)));
  chain.refuse();
  EXPECT_FALSE(chain.add(slice_of(1)));
  for (; !chain.is_over(); chain.move_on()) std::this_thread::yield();
  EXPECT_TRUE(chain.is_refused());
  EXPECT_FALSE(holds(1));
}

TEST_F(SliceChainTest, AFailedJournalRefuses) {
  faulty_.fail_commit(2, test::FaultyJournal::Fault::unknown_lost);
  SliceChain chain(writer_, [] {});
  run(chain);
  EXPECT_TRUE(chain.is_refused());
  EXPECT_TRUE(holds(0));
  EXPECT_FALSE(holds(1));
}

}  // namespace
}  // namespace wattring::app
