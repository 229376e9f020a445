// SPDX-License-Identifier: Apache-2.0
// Group commit against the dumb model: every record and slice in a transaction of its own, in the order it was taken.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <deque>
#include <set>

#include "persistence/group_commit.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/record.hpp"
#include "persistence/recovery.hpp"
#include "tests/persistence/sample_records.hpp"
#include "tests/support/faulty_journal.hpp"

namespace wattring::persistence {
namespace {

using Fault = test::FaultyJournal::Fault;

std::string payload_of(const ReadTransaction& snapshot, std::uint64_t lsn) {
  const auto record = snapshot.get(Table::journal, journal_key(Lsn{lsn}));
  RC_ASSERT(record.has_value());
  auto reader = RecordReader::open(*record, Lsn{lsn});
  RC_ASSERT(reader.has_value());
  EntryView entry;
  RC_ASSERT(reader->next(entry) == RecordReader::Step::entry);
  return std::string(entry.payload);
}

class Scenario {
 public:
  void step() {
    switch (*rc::gen::inRange(0, 10)) {
      case 0:
        reserve();
        break;
      case 1:
        fault();
        break;
      case 2:
        truncate();
        break;
      case 3:
      case 4:
        write();
        break;
      case 5:
      case 6:
        turn();
        break;
      default:
        append();
        break;
    }
  }

  void end() {
    while (turn()) {
    }
    if (group_.failed()) settle(group_.fail_queued(CommitStatus::unknown, {}));
    RC_ASSERT(appends_.empty() && slices_.empty());
    check_disk();
  }

 private:
  void append() {
    const std::string payload =
        "p" + std::to_string(++made_) + std::string(*rc::gen::inRange<std::size_t>(0, 300), 'x');
    const bool taken = group_.append(test::Streams(1).add(1, payload).finish()).has_value();
    RC_ASSERT(taken == (!group_.failed() && !group_.reserve_reached() && appends_.size() < 8));
    if (taken) appends_.push_back(payload);
  }
  void write() {
    const std::string key = "k" + std::to_string(*rc::gen::inRange(0, 5));
    const std::string value = std::to_string(++made_);
    const bool taken = group_.write({{WriteOp::Kind::put, Table::series, key, value}}).has_value();
    RC_ASSERT(taken == (!group_.failed() && slices_.size() < 3));
    if (taken) slices_.emplace_back(key, value);
  }
  void reserve() { group_.set_reserve_reached(*rc::gen::arbitrary<bool>()); }
  void fault() {
    const auto fault =
        *rc::gen::weightedElement<Fault>({{8, Fault::refuse}, {1, Fault::unknown_there}, {1, Fault::unknown_lost}});
    disk_.fail_commit(*rc::gen::inRange<std::uint64_t>(1, 6), fault);
  }
  void truncate() {
    const Lsn upto{*rc::gen::inRange<std::uint64_t>(0, 40)};
    asked_ = std::max(asked_, upto);
    group_.truncate_before(upto);
  }

  bool turn() {
    if (!group_.begin()) return false;
    settle(group_.complete(disk_.commit(group_.ops())));
    return true;
  }

  void settle(const GroupCommit::Completed& done) {
    RC_ASSERT(done.records <= appends_.size() && done.slices <= slices_.size());
    for (std::size_t i = 0; i < done.records; ++i) {
      if (done.status == CommitStatus::committed) {
        RC_ASSERT(done.first.value + i == stored_.size() + 1);
        stored_.push_back(appends_.front());
      } else if (done.status == CommitStatus::unknown) {
        unknown_.insert(appends_.front());
      }
      appends_.pop_front();
    }
    for (std::size_t i = 0; i < done.slices; ++i) {
      if (done.status == CommitStatus::committed) series_[slices_.front().first] = slices_.front().second;
      if (done.status == CommitStatus::unknown) doubtful_.insert(slices_.front().first);
      slices_.pop_front();
    }
  }

  void check_disk() {
    const auto snapshot = *disk_.read();
    const std::uint64_t first = first_lsn(*snapshot)->value;
    const std::uint64_t next = next_lsn(*snapshot)->value;
    RC_ASSERT(first <= std::max<std::uint64_t>(asked_.value, 1));
    RC_ASSERT(next >= stored_.size() + 1);
    for (std::uint64_t lsn = first; lsn < next; ++lsn) {
      const std::string payload = payload_of(*snapshot, lsn);
      if (lsn <= stored_.size()) {
        RC_ASSERT(payload == stored_[lsn - 1]);
      } else {
        RC_ASSERT(unknown_.contains(payload));
      }
    }
    for (const auto& [key, value] : series_)
      if (!doubtful_.contains(key)) RC_ASSERT(*snapshot->get(Table::series, key) == value);
  }

  MemoryJournal memory_;
  test::FaultyJournal disk_{memory_};
  GroupCommit group_{Lsn{1}, Lsn{1}, {8, 3, 700, 2}};
  std::deque<std::string> appends_;
  std::deque<std::pair<std::string, std::string>> slices_;
  std::vector<std::string> stored_;
  std::set<std::string> unknown_;
  std::map<std::string, std::string> series_;
  std::set<std::string> doubtful_;
  Lsn asked_{0};
  int made_ = 0;
};

TEST(GroupCommitProperty, EqualsOneTransactionARecordUnderFaults) {
  EXPECT_TRUE(rc::check([] {
    Scenario scenario;
    for (int steps = *rc::gen::inRange(0, 80); steps > 0; --steps) scenario.step();
    scenario.end();
  }));
}

}  // namespace
}  // namespace wattring::persistence
