// SPDX-License-Identifier: Apache-2.0
#include "node/app/log_reader.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "base/hash.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace wattring::app {
namespace {

using persistence::EntryView;
using persistence::RecordReader;

/// An entry that is wanted and its place.
struct Pick {
  Lsn lsn;
  ShardId shard;
  WriterId writer;
  Sequence sequence;
  friend auto operator<=>(const Pick&, const Pick&) = default;
};

class Pulling {
 public:
  Pulling(const persistence::ReadTransaction& disk, std::size_t bytes_max)
      : disk_(disk), bytes_max_(bytes_max), builder_(WriterId{}, 0) {}

  Result<LogReader::Answer> run(std::vector<Pick> picks, std::set<ShardId> gone) {
    gone_ = std::move(gone);
    std::sort(picks.begin(), picks.end());
    for (std::size_t at = 0; at < picks.size() && !full_;) {
      std::size_t end = at;
      while (end < picks.size() && picks[end].lsn == picks[at].lsn) ++end;
      if (auto read = read_record(std::span(picks).subspan(at, end - at)); !read) return Failure(read.error());
      at = end;
    }
    LogReader::Answer answer{nullptr, {gone_.begin(), gone_.end()}, std::move(unreadable_)};
    if (builder_.entry_count() != 0) answer.pack = std::make_shared<const std::string>(builder_.finish());
    return answer;
  }

 private:
  Result<void> read_record(std::span<const Pick> picks) {
    const std::string key = persistence::journal_key(picks.front().lsn);
    bool there = false;
    auto scanned = disk_.scan(persistence::Table::journal, key, [&](std::string_view at, std::string_view record) {
      there = at == key;
      if (there) take_entries(picks, record);
      return false;
    });
    // Truncated a moment ago.
    if (!there)
      for (const Pick& pick : picks) gone_.insert(pick.shard);
    return scanned;
  }

  void take_entries(std::span<const Pick> picks, std::string_view record) {
    auto reader = RecordReader::open(record, picks.front().lsn);
    if (!reader) {
      for (const Pick& pick : picks) unreadable_[pick.shard].add(pick.writer, pick.sequence);
      return;
    }
    EntryView entry;
    while (!full_ && reader->next_header(entry) == RecordReader::Step::entry) {
      const Pick pick{picks.front().lsn, entry.shard, entry.writer, entry.sequence};
      if (!std::binary_search(picks.begin(), picks.end(), pick)) continue;
      if (hash64(entry.payload) != entry.checksum) {
        unreadable_[entry.shard].add(entry.writer, entry.sequence);
      } else if (builder_.entry_count() != 0 && builder_.bytes() + entry.payload.size() > bytes_max_) {
        full_ = true;
      } else {
        builder_.add(entry);
      }
    }
  }

  const persistence::ReadTransaction& disk_;
  const std::size_t bytes_max_;
  persistence::RecordBuilder builder_;
  std::set<ShardId> gone_;
  std::map<ShardId, sharding::Coverage> unreadable_;
  bool full_ = false;
};

}  // namespace

void LogReader::committed(Lsn lsn, std::string_view record) {
  auto reader = RecordReader::reopen(record);
  EntryView entry;
  while (reader.next_header(entry) == RecordReader::Step::entry)
    if (!persistence::is_local_format(entry.format)) index_.add(lsn, entry.shard, entry.writer, entry.sequence);
}

void LogReader::committed(Lsn lsn, const CutBatch& cut) {
  for (const CutBatch::Slice& slice : cut.slices)
    if (slice.local) index_.add(lsn, slice.shard, cut.writer, slice.sequence);
}

Result<LogReader::Answer> LogReader::answer(const sharding::message::Pull& pull) const {
  std::vector<Pick> picks;
  std::set<ShardId> gone;
  for (const sharding::message::ShardWant& want : pull.wants) {
    sharding::Coverage here;
    for (const auto& [writer, sequences] : want.coverage.writers()) {
      for (const auto& interval : sequences.intervals()) {
        index_.visit(want.shard, writer, Sequence{interval.first}, Sequence{interval.last}, [&](const auto& place) {
          here.add(writer, place.sequence);
          picks.push_back({place.lsn, want.shard, writer, place.sequence});
        });
      }
    }
    if (here != want.coverage) gone.insert(want.shard);
  }
  auto disk = disk_.read();
  if (!disk) return Failure(disk.error());
  return Pulling(**disk, std::min<std::size_t>(pull.bytes_max, sharding::kPullBytesMax)).run(std::move(picks), gone);
}

}  // namespace wattring::app
