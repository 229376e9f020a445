// SPDX-License-Identifier: Apache-2.0
#include "persistence/verify.hpp"

#include <map>
#include <set>
#include <utility>

#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/recovery.hpp"

namespace wattring::persistence {
namespace {

constexpr std::uint64_t kFindingsInFull = 100;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<std::uint8_t>(c) >> 4U]);
    out.push_back(kDigits[static_cast<std::uint8_t>(c) & 15U]);
  }
  return out;
}

std::string hex64(std::uint64_t value) {
  std::string out;
  append_outbox_key(out, value);
  return hex(out);
}

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error();
}

std::optional<Error> key_problem(Table table, std::string_view key) {
  switch (table) {
    case Table::journal:
      return error_of(parse_journal_key(key));
    case Table::coverage:
    case Table::applied:
      return error_of(parse_shard_key(key));
    case Table::meter:
      return error_of(parse_meter_key(key));
    case Table::series:
      return error_of(parse_series_key(key));
    case Table::interval:
      return error_of(parse_interval_key(key));
    case Table::text:
      return error_of(parse_text_key(key));
    case Table::alert:
      return error_of(parse_alert_key(key));
    case Table::outbox:
      return error_of(parse_outbox_key(key));
    case Table::quarantine:
      return error_of(parse_quarantine_key(key));
    case Table::limit:
      return error_of(parse_limit_key(key));
    case Table::meta:
    case Table::catalog:
      break;
  }
  return std::nullopt;
}

class Verifier {
 public:
  Verifier(const ValueCheck& check_value, const EntryCheck& check_entry, const LineSink& sink)
      : check_value_(check_value), check_entry_(check_entry), sink_(sink) {}

  /// LMDB's tree pages carry no checksum: that each key comes once, in order, and is found where a search looks for it
  /// is what can be said of them.
  Result<void> table(const ReadTransaction& snapshot, Table table) {
    std::string last;
    return snapshot.scan(table, {}, [&](std::string_view key, std::string_view value) {
      ++report.values;
      report.bytes += key.size() + value.size();
      const auto sought = snapshot.get(table, key);
      if ((!last.empty() && key <= last) || !sought || *sought != value)
        found("table " + std::string(to_string(table)) + " key " + hex(key) +
              ": out of place; a page of the tree is damaged");
      last.assign(key);
      if (const auto problem = value_problem(table, key, value))
        found("table " + std::string(to_string(table)) + " key " + hex(key) + ": " + problem->message);
      return true;
    });
  }

  Result<void> journal(const ReadTransaction& snapshot) {
    const auto tail = read_tail(
        snapshot, Lsn{0}, [&](Lsn lsn, const EntryView& entry) { check_entry(lsn, entry); },
        [&](const Damage& damage) {
          found((damage.lsn ? "record " + std::to_string(damage.lsn->value) : std::string("a record without LSN")) +
                ": " + damage.error.message);
        });
    if (!tail) return tl::unexpected(tail.error());
    report.values += tail->records;
    report.records = tail->records;
    report.entries = tail->entries;
    report.bytes += tail->bytes + tail->records * kJournalKeyBytes;
    if (tail->missing_records > 0) found(std::to_string(tail->missing_records) + " records are missing between others");
    return {};
  }

  void end() {
    if (report.findings > kFindingsInFull)
      sink_("and " + std::to_string(report.findings - kFindingsInFull) + " more findings");
  }

  VerifyReport report;

 private:
  struct StreamEnd {
    std::uint64_t sequence = 0;
    std::uint64_t chain = 0;
  };

  std::optional<Error> value_problem(Table table, std::string_view key, std::string_view value) const {
    if (auto problem = key_problem(table, key)) return problem;
    const auto payload = open_value(value, position_of(key));
    if (!payload) return payload.error();
    if (!check_value_) return std::nullopt;
    return error_of(check_value_(table, key, *payload));
  }

  void check_entry(Lsn lsn, const EntryView& entry) {
    StreamEnd& end = streams_[{entry.shard, entry.writer}];
    const auto name = [&] {
      return "record " + std::to_string(lsn.value) + ": entry " + std::to_string(entry.sequence.value) + " of writer " +
             to_hex(entry.writer.bytes) + " in shard " + std::to_string(entry.shard.value);
    };
    const std::uint64_t sequence = entry.sequence.value;
    if (sequence == end.sequence && entry.chain != end.chain) found(name() + " is there twice, with two contents");
    if (sequence == end.sequence + 1 && entry.chain != chain_of(end.chain, entry))
      found(name() + " does not continue the chain of the one before it");
    if (sequence > end.sequence + 1) ++report.stream_gaps;
    if (sequence > end.sequence) end = {sequence, entry.chain};
    if (!check_entry_) return;
    if (const auto problem = error_of(check_entry_(entry))) found(name() + ": " + problem->message);
  }

  void found(const std::string& line) {
    if (++report.findings <= kFindingsInFull) sink_(line);
  }

  const ValueCheck& check_value_;
  const EntryCheck& check_entry_;
  const LineSink& sink_;
  std::map<std::pair<ShardId, WriterId>, StreamEnd> streams_;
};

}  // namespace

Result<VerifyReport> verify(const ReadTransaction& snapshot, const ValueCheck& check_value,
                            const EntryCheck& check_entry, const LineSink& sink) {
  Verifier verifier(check_value, check_entry, sink);
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    const auto done = table == Table::journal ? verifier.journal(snapshot) : verifier.table(snapshot, table);
    if (!done) return tl::unexpected(done.error());
  }
  verifier.end();
  return verifier.report;
}

Result<JournalStat> stat(const ReadTransaction& snapshot) {
  JournalStat out;
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto scanned = snapshot.scan(static_cast<Table>(i), {}, [&](std::string_view key, std::string_view value) {
      ++out.tables[i].values;
      out.tables[i].key_bytes += key.size();
      out.tables[i].value_bytes += value.size();
      return true;
    });
    if (!scanned) return tl::unexpected(scanned.error());
  }
  std::set<ShardId> shards;
  std::set<WriterId> writers;
  const auto tail = read_headers(snapshot, Lsn{0},
                                 [&](Lsn, const EntryView& entry) {
                                   shards.insert(entry.shard);
                                   writers.insert(entry.writer);
                                 },
                                 {});
  if (!tail) return tl::unexpected(tail.error());
  out.entries = tail->entries;
  out.bad_records = tail->bad_records;
  out.shards = shards.size();
  out.writers = writers.size();
  if (tail->records == 0) return out;
  const auto first = first_lsn(snapshot);
  const auto next = next_lsn(snapshot);
  if (!first || !next) return tl::unexpected(first ? next.error() : first.error());
  out.first_lsn = *first;
  out.last_lsn = Lsn{next->value - 1};
  return out;
}

Result<void> dump(const ReadTransaction& snapshot, const DumpOptions& options, const EntryPrinter& print,
                  const LineSink& sink) {
  std::uint64_t records = 0;
  const auto print_record = [&](std::string_view key, std::string_view record) {
    if (records++ >= options.records_max) return false;
    const auto lsn = parse_journal_key(key);
    auto reader = lsn ? RecordReader::open(record, *lsn) : Result<RecordReader>(tl::unexpected(lsn.error()));
    const std::string name = "record " + (lsn ? std::to_string(lsn->value) : hex(key));
    if (!reader) {
      sink(name + " DAMAGED: " + reader.error().message);
      return true;
    }
    sink(name + " entries " + std::to_string(reader->entry_count()) + " bytes " + std::to_string(record.size()));
    EntryView entry;
    for (auto step = reader->next(entry); step != RecordReader::Step::end; step = reader->next(entry)) {
      if (options.shard && entry.shard != *options.shard) continue;
      std::string line = "  shard " + std::to_string(entry.shard.value) + " writer " + to_hex(entry.writer.bytes) +
                         " seq " + std::to_string(entry.sequence.value) + " format " + std::to_string(entry.format) +
                         " chain " + hex64(entry.chain);
      if (step == RecordReader::Step::damaged) {
        line += " DAMAGED: the payload's checksum does not hold";
      } else {
        line += " bytes " + std::to_string(entry.payload.size());
        if (print) line += " " + print(entry);
      }
      sink(line);
    }
    return true;
  };
  return snapshot.scan(Table::journal, journal_key(options.from), print_record);
}

}  // namespace wattring::persistence
