// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/node/disk_node.hpp"
#include "tests/node/entry_fleet.hpp"
#include "tests/support/faulty_journal.hpp"

/// What tests of whole shards on the move have in common.

namespace wattring::app {

using persistence::MemoryJournal;
using sharding::Coverage;
using test::EntryFleet;
using test::FaultyJournal;

inline constexpr ShardId kShard{0};
inline const sharding::ShardKey kKey({}, 64);

inline WriterId transfer_of(std::uint64_t number) {
  WriterId id;
  id.bytes[0] = 0xff;
  for (std::size_t i = 0; i < 8; ++i) id.bytes[8 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}

inline ShardWorkers::Options small() {
  ShardWorkers::Options options{2, 64 << 10, 1 << 20};  // sealing runs all the time
  options.passivate_after_ms = 0;
  return options;
}

/// A node whose disk fails on demand.
struct Member {
  MemoryJournal memory;
  FaultyJournal disk{memory};
  DiskNode node{disk, kKey, small()};

  void crash() {
    node.stop(false);
    disk.crash();
    node.start();
  }
  void crash_if_failed() {
    if (node.writer().failed()) crash();
  }
};

inline testing::AssertionResult claims_what_is_there(DiskNode& node, const EntryFleet& fleet, ShardId shard) {
  if (!node.settle(shard)) return testing::AssertionFailure() << "the shard does not settle";
  const Coverage claimed = node.claimed(shard);
  const auto digest = node.digest(shard);
  if (!digest) return testing::AssertionFailure() << digest.error().text();
  const auto expected = fleet.digest(shard, claimed);
  if (*digest == expected) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "shard " << shard.value << ": " << claimed.count() << " entries claimed, "
                                     << digest->facts << " facts there, " << expected.facts << " expected";
}

/// Quarter-hours of a register over days, off the grid, and a text.
inline sharding::PackPtr days_of(const std::string& meter, int days) {
  std::vector<Fact> facts;
  for (std::int64_t i = 0; i < days * 96; ++i) {
    const std::int64_t at = i * 15 * kMsPerMinute + 3 * kMsPerMinute;
    facts.push_back({obis(1, 0, 1, 8, 0), at, at, 1000 + i * i, 0, Quality::actual, 0, 0});
  }
  const Fact text{obis(0, 0, 96, 13, 0), 0, 0, text_value("hello"), 0, Quality::actual, 0, 0};
  persistence::RecordBuilder builder(EntryFleet::writer_of(9));
  const std::array registers{facts.front().reg, text.reg};
  const std::array<std::string_view, 1> texts{"hello"};
  meter::ReadingEntryWriter entry(builder.begin_entry(kShard, Sequence{1}, meter::kReadingEntryFormat, 0), 0, 0,
                                  registers, texts);
  entry.begin_run(meter, facts.size() + 1);
  for (const Fact& fact : facts) entry.add(fact, 0);
  entry.add(text, 1);
  builder.end_entry();
  return std::make_shared<const std::string>(builder.finish());
}

/// An entry of the shard with limits, of a writer of its own.
inline sharding::PackPtr limits_of(const std::vector<meter::Limit>& limits, std::uint64_t sequence = 1) {
  persistence::RecordBuilder builder(EntryFleet::writer_of(8));
  builder.begin_entry(kShard, Sequence{sequence}, meter::kLimitEntryFormat, 0) += meter::encode_limits(limits);
  builder.end_entry();
  return std::make_shared<const std::string>(builder.finish());
}

}  // namespace wattring::app
