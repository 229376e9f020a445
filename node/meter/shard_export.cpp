// SPDX-License-Identifier: Apache-2.0
#include "node/meter/shard_export.hpp"

#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {
namespace {

using persistence::Table;

constexpr std::array kOrder{Table::limit,      Table::alert, Table::text,    Table::series,
                            Table::quarantine, Table::meter, Table::interval};
/// Alert ids are hexadecimal; what is kept beside them is not an alert.
constexpr char kBesideAlerts = '~';

}  // namespace

ShardExport::ShardExport(std::unique_ptr<persistence::ReadTransaction> snapshot, ShardId shard, Lsn applied,
                         TransferClaim claim)
    : snapshot_(std::move(snapshot)),
      shard_(shard),
      applied_(applied),
      claim_(std::move(claim)),
      from_(persistence::shard_key(shard)) {}

Result<ShardExport> ShardExport::open(std::unique_ptr<persistence::ReadTransaction> snapshot, ShardId shard) {
  TransferClaim claim;
  const std::string row = persistence::shard_key(shard);
  const auto sealed = snapshot->get(Table::coverage, row);
  if (!sealed && sealed.error().code != ErrorCode::not_found) return Failure(sealed.error());
  if (sealed) {
    const auto payload = persistence::open_value(*sealed, persistence::position_of(row));
    auto coverage = payload ? sharding::Coverage::decode(*payload) : Failure(payload.error());
    if (!coverage) return Failure(coverage.error());
    claim.coverage = std::move(*coverage);
  }
  Lsn applied;
  if (const auto mark = snapshot->get(Table::applied, row)) {
    const auto payload = persistence::open_value(*mark, persistence::position_of(row));
    if (!payload) return Failure(payload.error());
    applied = Lsn{ByteReader(*payload).u64_be()};
  }
  return ShardExport(std::move(snapshot), shard, applied, std::move(claim));
}

Result<std::optional<std::string>> ShardExport::part(std::uint64_t number) {
  if (number == claim_.parts && number != 0) return std::optional(last_);
  if (number != claim_.parts + 1)
    return fail(ErrorCode::invalid_argument, "part " + std::to_string(number) + " of a transfer was asked for; part " +
                                                 std::to_string(claim_.parts + 1) + " is the next");
  TransferPartWriter writer;
  if (auto filled = fill(writer); !filled) return Failure(filled.error());
  if (writer.empty()) return std::optional<std::string>();
  last_ = writer.finish();
  claim_.digest = transfer_digest(claim_.digest, last_);
  ++claim_.parts;
  return std::optional(last_);
}

/// Readings that went into quarantine after the seal are of entries that are not in the coverage.
bool ShardExport::stays(persistence::Table table, std::string_view key) const {
  if (table == Table::alert) return key.substr(persistence::shard_key(shard_).size()).starts_with(kBesideAlerts);
  if (table != Table::quarantine) return false;
  const auto parsed = persistence::parse_quarantine_key(key);
  return parsed && parsed->lsn > applied_;
}

Result<void> ShardExport::fill(TransferPartWriter& part) {
  const std::string prefix = persistence::shard_key(shard_);
  while (table_ < kOrder.size() && !part.is_full()) {
    const Table table = kOrder[table_];
    bool ended = true;
    Result<void> sound;
    const std::string from = from_;
    const auto visit = [&](std::string_view key, std::string_view value) {
      if (!key.starts_with(prefix)) return false;
      if (part.is_full()) {
        from_ = key;
        ended = false;
        return false;
      }
      const std::string_view behind_shard = key.substr(prefix.size());
      if (stays(table, key)) return true;
      const auto payload = persistence::open_value(value, persistence::position_of(key));
      if (!payload) {
        sound = Failure(payload.error());
        return false;
      }
      part.add({table, behind_shard, *payload});
      return true;
    };
    if (auto scanned = snapshot_->scan(table, from, visit); !scanned) return scanned;
    if (!sound) return sound;
    if (!ended) return {};
    ++table_;
    from_ = prefix;
  }
  return {};
}

}  // namespace wattring::meter
