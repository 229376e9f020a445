// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/meter/erasure.hpp"
#include "node/meter/reading_entry.hpp"
#include "node/meter/retention.hpp"
#include "node/meter/series_reader.hpp"
#include "node/meter/shard_digest.hpp"
#include "node/meter/shard_export.hpp"
#include "node/meter/shard_seal.hpp"
#include "node/meter/transfer_row.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/record.hpp"
#include "persistence/recovery.hpp"

namespace wattring::meter::test {

using persistence::MemoryJournal;
using persistence::Table;

inline const sharding::ShardKey kErasingKey({}, 64);
inline constexpr ShardId kErasingShard{0};
inline const Register kImport = obis(1, 0, 1, 8, 0);
inline const Register kPower = obis(1, 0, 1, 7, 0);
inline const Register kMessage = obis(0, 0, 96, 13, 0);
inline const std::vector<Register> kErasingRegisters{kImport, kPower, kMessage};

/// Ids of meters of the shard; the same number, the same id.
inline const std::string& meter_named(std::size_t number) {
  static std::vector<std::string> ids;
  static std::uint64_t next = 0;
  while (ids.size() <= number) {
    std::string id = "M" + std::to_string(next++);
    if (kErasingKey.shard_of(id) == kErasingShard) ids.push_back(std::move(id));
  }
  return ids[number];
}

struct MeterFact {
  std::string meter;
  Fact fact;
  std::string text;  ///< of a message
};
/// What an entry of the shard holds.
using Payload = std::variant<std::vector<MeterFact>, std::vector<Limit>>;

/// A shard with its disk, as a worker runs it, among others that have the same shard.
class ErasingNode {
 public:
  void append(const Payload& payload) {
    const Lsn lsn{++lsn_};
    const auto* limits = std::get_if<std::vector<Limit>>(&payload);
    persistence::RecordBuilder builder(writer_);
    builder.begin_entry(kErasingShard, Sequence{++sequence_},
                        limits != nullptr ? kLimitEntryFormat : kReadingEntryFormat, 0) +=
        limits != nullptr ? encode_limits(*limits) : encode(std::get<0>(payload));
    (void)builder.end_entry();
    std::string record = builder.finish();
    ASSERT_TRUE(persistence::seal_record(record, lsn));
    const std::string key = persistence::journal_key(lsn);
    const persistence::WriteOp op{persistence::WriteOp::Kind::append, Table::journal, key, record};
    ASSERT_EQ(disk.commit({&op, 1}).status, persistence::CommitStatus::committed);
    auto reader = persistence::RecordReader::open(record, lsn);
    persistence::EntryView entry;
    ASSERT_EQ(reader->next(entry), persistence::RecordReader::Step::entry);
    fold_entry(lsn, entry);
  }

  void seal(bool crash_before_finish = false) {
    if (!fold->can_begin_seal()) return;
    fold->begin_seal(Lsn{lsn_});
    std::vector<std::string> damaged;
    ASSERT_TRUE(seal_shard(*fold, **disk.read(), sink(), damaged));
    EXPECT_TRUE(damaged.empty());
    if (!crash_before_finish) fold->finish_seal();
  }
  /// slices_max: as many get to the disk before the process dies.
  void purge(std::size_t slices_max = ~std::size_t{0}) {
    if (fold->limits().unpurged() == 0) return;
    std::vector<std::string> damaged;
    const auto purged = purge_erased(*fold, kErasingKey, **disk.read(), sink(slices_max), damaged);
    ASSERT_TRUE(purged);
    EXPECT_TRUE(damaged.empty());
    rows = purged->rows;
    if (slices_max != ~std::size_t{0}) return restart();
    end_purge(*fold, *purged, true);
  }
  void retain() { ASSERT_TRUE(apply_retention(*fold, kErasingKey, **disk.read(), fold->limits().days(), sink())); }

  /// The process dies and starts again: only the disk is left.
  void restart() {
    fold = std::make_unique<ShardFold>(kErasingShard);
    writer_.bytes[1]++;
    sequence_ = 0;
    std::vector<std::string> damaged;
    auto snapshot = disk.read();
    ASSERT_TRUE(fold->recover(**snapshot, kErasingKey, {}, damaged));
    const auto replay = [&](Lsn lsn, const persistence::EntryView& entry) {
      if (lsn > fold->sealed_up_to()) fold_entry(lsn, entry);
    };
    ASSERT_TRUE(persistence::read_tail(**snapshot, Lsn{0}, replay, [](const auto&) { FAIL(); }));
    EXPECT_TRUE(damaged.empty());
  }
  void passivate() {
    (void)fold->passivate(0, [](MeterTable::MeterIndex) { return true; });
  }

  /// The whole shard of another node, merged here.
  void receive(ErasingNode& other) {
    other.seal();
    auto source = ShardExport::open(std::move(*other.disk.read()), kErasingShard);
    ASSERT_TRUE(source);
    fold->set_settling(true);
    for (std::uint64_t number = 1;; ++number) {
      const auto part = source->part(number);
      ASSERT_TRUE(part);
      if (!*part) break;
      const auto part_rows = read_transfer_part(**part);
      ASSERT_TRUE(part_rows);
      for (const TransferRow& row : *part_rows) {
        const auto item = decode_transfer_row(row, kErasingShard, kErasingKey);
        ASSERT_TRUE(item);
        take(*item);
      }
    }
    fold->set_settling(false);
    seal();
  }

  void bring_back(const std::string& meter) {
    std::vector<std::string> damaged;
    ASSERT_TRUE(fold->bring_back({{meter, kErasingKey.hash(meter)}}, **disk.read(), damaged));
  }
  /// What a question sees, whether it is purged or not.
  std::vector<Fact> visible(const std::string& meter, Register reg) {
    bring_back(meter);
    const auto found = fold->meters().find(meter, kErasingKey.hash(meter));
    if (!found) return {};
    const auto series = fold->meters().find_series(*found, reg);
    if (series == kNone || fold->meters().series(series).empty) return {};
    const SeriesState& state = fold->meters().series(series);
    SeriesReader::Series wanted{
        kErasingShard, meter, reg, state.first_ms, state.last_ms, {}, fold->limits().erased_before(meter)};
    fold->collect_pending(series, wanted.pending);
    auto snapshot = disk.read();
    SeriesReader reader(**snapshot, std::move(wanted));
    return reader.load_days(day_of(state.first_ms), day_of(state.last_ms))->winners;
  }
  /// Rows of the tables that hold what is known of meters.
  std::map<std::string, std::string> rows_of(std::initializer_list<Table> tables) {
    std::map<std::string, std::string> bytes;
    auto snapshot = disk.read();
    for (const Table table : tables)
      EXPECT_TRUE(
          (*snapshot)->scan(table, std::string_view("\0", 1), [&](std::string_view key, std::string_view value) {
            bytes[std::string(to_string(table)) + std::string(key)] = value;
            return true;
          }));
    return bytes;
  }
  std::map<std::string, std::string> state() { return rows_of({Table::series, Table::meter, Table::text}); }

  SliceSink sink(std::size_t slices_max = ~std::size_t{0}) {
    return [this, left = slices_max](std::vector<persistence::OwnedOp>&& slice, bool) mutable -> Result<void> {
      if (left == 0) return {};
      --left;
      std::vector<persistence::WriteOp> ops;
      for (const auto& op : slice) ops.push_back({op.kind, op.table, op.key, op.value});
      EXPECT_EQ(disk.commit(ops).status, persistence::CommitStatus::committed);
      return {};
    };
  }

  MemoryJournal disk;
  std::unique_ptr<ShardFold> fold = std::make_unique<ShardFold>(kErasingShard);
  ErasedRows rows;  ///< of the last purge

 private:
  static std::size_t index_of(Register reg) { return reg == kImport ? 0 : reg == kPower ? 1 : 2; }
  static std::string encode(const std::vector<MeterFact>& facts) {
    std::vector<std::string_view> texts;
    for (const MeterFact& fact : facts)
      if (!fact.text.empty()) texts.push_back(fact.text);
    std::string payload;
    ReadingEntryWriter writer(payload, 0, facts.empty() ? 0 : facts[0].fact.start_ms, kErasingRegisters, texts);
    for (const MeterFact& fact : facts) {
      writer.begin_run(fact.meter, 1);
      writer.add(fact.fact, index_of(fact.fact.reg));
    }
    return payload;
  }

  void fold_entry(Lsn lsn, const persistence::EntryView& entry) {
    if (entry.format == kLimitEntryFormat) {
      const auto limits = decode_limits(entry.payload);
      ASSERT_TRUE(limits);
      for (const Limit& limit : *limits) take_limit(limit, lsn);
    } else {
      const auto readings = decode_entry(entry.payload);
      ASSERT_TRUE(readings);
      for (const std::string_view text : readings->texts) fold->apply_text(text);
      for (const auto& run : readings->runs) take_facts(run.id, readings->facts_of(run), lsn);
    }
    fold->cover(entry.writer, entry.sequence, lsn);
  }
  void take_facts(std::string_view meter, std::span<const Fact> facts, Lsn lsn) {
    bring_back(std::string(meter));
    (void)fold->apply(meter, kErasingKey.hash(meter), facts, lsn);
  }
  void take_limit(const Limit& limit, Lsn lsn) {
    if (const auto* days = std::get_if<RetentionDays>(&limit)) return (void)fold->limit(*days, lsn);
    const auto& erasure = std::get<Erasure>(limit);
    bring_back(erasure.meter);
    (void)fold->limit(erasure, kErasingKey.hash(erasure.meter), lsn);
  }
  void take(const TransferItem& item) {
    const Lsn lsn{lsn_};
    if (const auto* facts = std::get_if<TransferFacts>(&item)) {
      take_facts(facts->meter, facts->facts, lsn);
    } else if (const auto* text = std::get_if<TransferText>(&item)) {
      fold->apply_text(text->text);
    } else if (const auto* snapshot = std::get_if<TransferSnapshot>(&item)) {
      bring_back(std::string(snapshot->meter));
      EXPECT_TRUE(fold->join_snapshot(snapshot->meter, snapshot->hash, snapshot->payload, lsn));
    } else if (const auto* day = std::get_if<TransferIntervals>(&item)) {
      fold->apply_kept_intervals(day->key, day->payload, lsn);
    } else if (const auto* limit = std::get_if<TransferLimit>(&item)) {
      take_limit(limit->limit, lsn);
    }
  }

  WriterId writer_;
  std::uint64_t lsn_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace wattring::meter::test
