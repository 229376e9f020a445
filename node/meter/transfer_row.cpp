// SPDX-License-Identifier: Apache-2.0
#include "node/meter/transfer_row.hpp"

#include <algorithm>
#include <utility>

#include "base/time.hpp"
#include "node/meter/interval_chunk.hpp"
#include "node/meter/meter_table.hpp"
#include "node/meter/quarantine_row.hpp"
#include "node/meter/reading_entry.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {
namespace {

using persistence::Table;

Failure malformed(Table table) {
  return fail(ErrorCode::corrupt, "transfer: malformed row of table " + std::string(to_string(table)));
}

class RowReader {
 public:
  /// key: null takes meters of every shard.
  RowReader(const TransferRow& row, ShardId shard, const sharding::ShardKey* key)
      : row_(row), shard_(shard), key_(key), full_key_(persistence::shard_key(shard)) {
    full_key_.append(row.key);
  }

  Result<TransferItem> read() {
    switch (row_.table) {
      case Table::series:
        return series();
      case Table::interval:
        return intervals();
      case Table::text:
        return text();
      case Table::meter:
        return snapshot();
      case Table::alert:
        return alert();
      case Table::quarantine:
        return quarantined();
      case Table::limit:
        return limit();
      default:
        return malformed(row_.table);
    }
  }

 private:
  [[nodiscard]] std::uint64_t hash_of(std::string_view meter) const { return key_ == nullptr ? 0 : key_->hash(meter); }
  [[nodiscard]] bool belongs(std::uint64_t hash) const {
    return key_ == nullptr || key_->shard_of_hash(hash) == shard_;
  }
  /// The same bytes in the row, which outlives full_key_.
  [[nodiscard]] std::string_view in_row(std::string_view part_of_key) const {
    const auto at = static_cast<std::size_t>(part_of_key.data() - full_key_.data());
    return row_.key.substr(at - (full_key_.size() - row_.key.size()), part_of_key.size());
  }

  Result<TransferItem> series() const {
    const auto key = persistence::parse_series_key(full_key_);
    if (!key) return Failure(key.error());
    TransferFacts out{in_row(key->meter_id), hash_of(key->meter_id), {}};
    if (!belongs(out.hash)) return malformed(row_.table);
    auto chunk = persistence::decode_chunk(row_.payload, persistence::kChunkFactsMax);
    if (!chunk) return Failure(chunk.error());
    // Winners are in order of time, of one register, and losers are of their times.
    const bool belong = chunk->empty() || (chunk->winners.front().reg == key->reg &&
                                           day_of(chunk->winners.front().start_ms) == key->day &&
                                           day_of(chunk->winners.back().start_ms) == key->day);
    if (!belong) return malformed(row_.table);
    out.facts = std::move(chunk->winners);
    out.facts.insert(out.facts.end(), chunk->losers.begin(), chunk->losers.end());
    return TransferItem(std::move(out));
  }

  Result<TransferItem> intervals() const {
    const auto key = persistence::parse_interval_key(full_key_);
    if (!key) return Failure(key.error());
    const auto day = decode_interval_day(row_.payload, key->day);
    if (!day) return Failure(day.error());
    if (!belongs(hash_of(key->meter_id))) return malformed(row_.table);
    return TransferItem(TransferIntervals{full_key_, row_.payload});
  }

  Result<TransferItem> text() const {
    const auto key = persistence::parse_text_key(full_key_);
    if (!key) return Failure(key.error());
    if (static_cast<std::uint64_t>(text_value(row_.payload)) != key->value) return malformed(row_.table);
    return TransferItem(TransferText{row_.payload});
  }

  Result<TransferItem> snapshot() const {
    const auto key = persistence::parse_meter_key(full_key_);
    if (!key) return Failure(key.error());
    std::vector<SeriesState> states;
    if (auto decoded = decode_snapshot(row_.payload, states); !decoded) return Failure(decoded.error());
    const std::uint64_t hash = hash_of(key->meter_id);
    if (!belongs(hash)) return malformed(row_.table);
    return TransferItem(TransferSnapshot{in_row(key->meter_id), hash, row_.payload});
  }

  Result<TransferItem> alert() const {
    const auto key = persistence::parse_alert_key(full_key_);
    if (!key) return Failure(key.error());
    return TransferItem(TransferAlert{in_row(key->alert_id), row_.payload});
  }

  Result<TransferItem> quarantined() const {
    const auto key = persistence::parse_quarantine_key(full_key_);
    if (!key) return Failure(key.error());
    const auto row = decode_quarantine_row(*key, row_.payload);
    if (!row) return Failure(row.error());
    auto runs = decode_entry(row->payload);
    if (!runs) return Failure(runs.error());
    if (runs->runs.size() != 1) return malformed(row_.table);
    const std::string_view meter = runs->runs.front().id;
    const std::uint64_t hash = hash_of(meter);
    if (!belongs(hash)) return malformed(row_.table);
    return TransferItem(TransferFacts{meter, hash, std::move(runs->facts)});
  }

  Result<TransferItem> limit() const {
    const auto key = persistence::parse_limit_key(full_key_);
    if (!key) return Failure(key.error());
    if (key->meter_id.empty()) {
      const auto days = decode_days_row(row_.payload);
      if (!days) return Failure(days.error());
      return TransferItem(TransferLimit{*days, 0});
    }
    const auto erased = decode_erasure_row(row_.payload);
    if (!erased) return Failure(erased.error());
    const std::uint64_t hash = hash_of(key->meter_id);
    if (!belongs(hash)) return malformed(row_.table);
    return TransferItem(TransferLimit{Erasure{std::string(key->meter_id), erased->before_ms}, hash});
  }

  const TransferRow& row_;
  const ShardId shard_;
  const sharding::ShardKey* const key_;
  std::string full_key_;
};

}  // namespace

Result<TransferItem> decode_transfer_row(const TransferRow& row, ShardId shard, const sharding::ShardKey& key) {
  return RowReader(row, shard, &key).read();
}

Result<TransferItem> decode_transfer_row(const TransferRow& row) {
  return RowReader(row, ShardId{0}, nullptr).read();
}

Result<void> check_transfer_part(std::string_view part, ShardId shard, const sharding::ShardKey& key) {
  const auto rows = read_transfer_part(part);
  if (!rows) return Failure(rows.error());
  for (const TransferRow& row : *rows)
    if (const auto item = decode_transfer_row(row, shard, key); !item) return Failure(item.error());
  return {};
}

}  // namespace wattring::meter
