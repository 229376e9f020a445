// SPDX-License-Identifier: Apache-2.0
#include "node/app/disk_notes.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <string>
#include <vector>

#include "persistence/memory_journal.hpp"
#include "tests/support/faulty_journal.hpp"

namespace wattring::app {
namespace {

using persistence::MemoryJournal;
using persistence::Table;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kNever = INT64_MAX;

persistence::OwnedOp row(const std::string& key, const std::string& value) {
  return {persistence::WriteOp::Kind::put, Table::meta, key, value};
}

class DiskNotesTest : public testing::Test {
 protected:
  DiskNotesTest() { writer_.start(); }
  ~DiskNotesTest() override { writer_.stop(); }

  DiskNotes::Done said(const std::string& what) {
    return [this, what] { said_.push_back(what); };
  }
  /// Hands over and waits until it is known what became of it.
  void flush_and_land(std::int64_t now_ns) {
    notes_.flush(now_ns);
    landed_.acquire();
  }
  [[nodiscard]] std::string on_disk(const std::string& key) const {
    const auto snapshot = disk_.read();
    const auto value = (*snapshot)->get(Table::meta, key);
    return value ? std::string(*value) : "nothing";
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
  std::vector<std::string> said_;  // by the writer's thread, read after landed_
  std::counting_semaphore<> landed_{0};
  persistence::JournalWriter writer_{faulty_, Lsn{1}, roomy(), clock_, metrics_, Log::silent()};
  DiskNotes notes_{writer_, [this] { landed_.release(); }};
};

TEST_F(DiskNotesTest, WhatIsGatheredIsOneCommitAndThenSaid) {
  EXPECT_EQ(notes_.next_deadline(), kNever);
  notes_.add(row("a", "1"));
  notes_.add(row("b", "1"), said("b"));
  flush_and_land(0);
  EXPECT_EQ(faulty_.commits(), 1U);
  EXPECT_EQ(on_disk("a"), "1");
  EXPECT_EQ(said_, std::vector<std::string>{"b"});
  EXPECT_EQ(notes_.next_deadline(), kNever);
}

TEST_F(DiskNotesTest, ARefusedNoteIsTriedAgainASecondLaterAndOnlyThenSaid) {
  faulty_.set_no_space(true);
  notes_.add(row("a", "1"), said("a"));
  flush_and_land(0);
  notes_.flush(5);
  EXPECT_EQ(notes_.next_deadline(), kSecondNs + 5);
  EXPECT_TRUE(said_.empty());
  flush_and_land(kSecondNs + 5);
  notes_.flush(kSecondNs + 6);
  EXPECT_EQ(notes_.next_deadline(), 2 * kSecondNs + 6);
  faulty_.set_no_space(false);
  notes_.flush(2 * kSecondNs + 5);
  EXPECT_EQ(faulty_.commits(), 2U);
  flush_and_land(2 * kSecondNs + 6);
  EXPECT_EQ(on_disk("a"), "1");
  EXPECT_EQ(said_, std::vector<std::string>{"a"});
  notes_.flush(9 * kSecondNs);
  EXPECT_EQ(faulty_.commits(), 3U);
  EXPECT_EQ(notes_.next_deadline(), kNever);
}

TEST_F(DiskNotesTest, WhatCameAfterARefusedNoteStaysAfterIt) {
  faulty_.fail_commit(1, test::FaultyJournal::Fault::refuse);
  notes_.add(row("a", "old"), said("old"));
  notes_.add(row("b", "old"), said("b"));
  flush_and_land(0);
  notes_.add(row("a", "new"), said("new"));
  notes_.flush(1);
  flush_and_land(kSecondNs + 1);
  EXPECT_EQ(on_disk("a"), "new");
  EXPECT_EQ(on_disk("b"), "old");
  EXPECT_EQ(said_, (std::vector<std::string>{"old", "b", "new"}));
  EXPECT_EQ(faulty_.commits(), 2U);
}

TEST_F(DiskNotesTest, WhatComesWhileASliceIsOnItsWayGoesWhenItHasLanded) {
  notes_.add(row("a", "1"), said("a"));
  notes_.flush(0);
  notes_.add(row("a", "2"), said("b"));
  landed_.acquire();
  flush_and_land(0);
  EXPECT_EQ(on_disk("a"), "2");
  EXPECT_EQ(said_, (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace wattring::app
