// SPDX-License-Identifier: Apache-2.0
#include "persistence/recovery.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::persistence {
namespace {

// What truncation noted; 1 when it never ran. A note that does not verify is no reason to stop: the records that are
// there say enough.
Result<Lsn> truncated_before(const ReadTransaction& snapshot) {
  const auto sealed = snapshot.get(Table::meta, kTruncatedBeforeName);
  if (!sealed) {
    if (sealed.error().code == ErrorCode::not_found) return Lsn{1};
    return tl::unexpected(sealed.error());
  }
  const auto payload = open_value(*sealed, position_of(kTruncatedBeforeName));
  if (!payload) return Lsn{1};
  ByteReader in(*payload);
  const std::uint64_t lsn = in.u64_be();
  return Lsn{in.at_end() ? std::max<std::uint64_t>(lsn, 1) : 1};
}

using EntryStep = RecordReader::Step (RecordReader::*)(EntryView&);

class TailReader {
 public:
  TailReader(EntryStep step, const EntryVisitor& on_entry, const DamageVisitor& on_damage)
      : step_(step), on_entry_(on_entry), on_damage_(on_damage) {}

  void visit(std::string_view key, std::string_view record) {
    ++report.records;
    report.bytes += record.size();
    const auto lsn = parse_journal_key(key);
    if (!lsn) return damaged(std::nullopt, std::nullopt, lsn.error());
    if (expected_ && lsn->value > *expected_) report.missing_records += lsn->value - *expected_;
    expected_ = lsn->value + 1;
    auto reader = RecordReader::open(record, *lsn);
    if (!reader) return damaged(*lsn, std::nullopt, reader.error());
    EntryView entry;
    for (auto step = ((*reader).*step_)(entry); step != RecordReader::Step::end; step = ((*reader).*step_)(entry)) {
      if (step == RecordReader::Step::damaged) {
        damaged(*lsn, entry, bad_entry(*lsn, entry));
      } else {
        ++report.entries;
        on_entry_(*lsn, entry);
      }
    }
  }

  TailReport report;

 private:
  static Error bad_entry(Lsn lsn, const EntryView& entry) {
    return {ErrorCode::corrupt,
            "the checksum of entry " + std::to_string(entry.sequence.value) + " of writer " +
                to_hex(entry.writer.bytes) + " in shard " + std::to_string(entry.shard.value) +
                " does not hold in record " + std::to_string(lsn.value),
            ""};
  }

  void damaged(std::optional<Lsn> lsn, std::optional<EntryView> entry, Error error) {
    ++(entry ? report.bad_entries : report.bad_records);
    if (on_damage_) on_damage_(Damage{lsn, entry, std::move(error)});
  }

  const EntryStep step_;
  const EntryVisitor& on_entry_;
  const DamageVisitor& on_damage_;
  std::optional<std::uint64_t> expected_;
};

Result<TailReport> read_with(const ReadTransaction& snapshot, Lsn from, TailReader reader) {
  const auto scanned =
      snapshot.scan(Table::journal, journal_key(from), [&](std::string_view key, std::string_view record) {
        reader.visit(key, record);
        return true;
      });
  if (!scanned) return tl::unexpected(scanned.error());
  return reader.report;
}

}  // namespace

Result<Lsn> first_lsn(const ReadTransaction& snapshot) {
  std::optional<Result<Lsn>> first;
  const auto scanned = snapshot.scan(Table::journal, {}, [&](std::string_view key, std::string_view) {
    first = parse_journal_key(key);
    return false;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  return first ? *first : next_lsn(snapshot);
}

Result<Lsn> next_lsn(const ReadTransaction& snapshot) {
  auto dropped = truncated_before(snapshot);
  if (!dropped) return dropped;
  const auto last = snapshot.last_key(Table::journal);
  if (!last) {
    if (last.error().code == ErrorCode::not_found) return dropped;
    return tl::unexpected(last.error());
  }
  const auto lsn = parse_journal_key(*last);
  if (!lsn) return tl::unexpected(lsn.error());
  if (lsn->value == ~std::uint64_t{0})
    return fail(ErrorCode::corrupt, "the journal's last LSN is the greatest there is");
  return std::max(*dropped, Lsn{lsn->value + 1});
}

Result<TailReport> read_tail(const ReadTransaction& snapshot, Lsn from, const EntryVisitor& on_entry,
                             const DamageVisitor& on_damage) {
  return read_with(snapshot, from, TailReader(&RecordReader::next, on_entry, on_damage));
}

Result<TailReport> read_headers(const ReadTransaction& snapshot, Lsn from, const EntryVisitor& on_entry,
                                const DamageVisitor& on_damage) {
  return read_with(snapshot, from, TailReader(&RecordReader::next_header, on_entry, on_damage));
}

Result<TailReport> rebuild_index(const ReadTransaction& snapshot, JournalIndex& index, const DamageVisitor& on_damage) {
  const EntryVisitor add = [&](Lsn lsn, const EntryView& entry) {
    if (!is_local_format(entry.format)) index.add(lsn, entry.shard, entry.writer, entry.sequence);
  };
  return read_headers(snapshot, Lsn{0}, add, on_damage);
}

}  // namespace wattring::persistence
