// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_marks.hpp"

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

constexpr std::string_view kAll = "shard/";
constexpr std::string_view kFilled = "shard/filled/";
constexpr std::string_view kSuspect = "shard/suspect/";
constexpr std::string_view kDropping = "shard/dropping/";
constexpr std::string_view kGeneration = "disk_generation";

OwnedOp put(std::string key, std::uint64_t value) {
  std::string payload;
  ByteWriter(payload).u64_be(value);
  std::string sealed = persistence::seal_value(payload, persistence::position_of(key));
  return {WriteOp::Kind::put, Table::meta, std::move(key), std::move(sealed)};
}

/// 0 takes the mark away.
OwnedOp mark(std::string_view name, ShardId shard, std::uint64_t value) {
  std::string key(name);
  persistence::append_shard_key(key, shard);
  if (value != 0) return put(std::move(key), value);
  return {WriteOp::Kind::erase, Table::meta, std::move(key), {}};
}

std::optional<std::uint64_t> read_number(std::string_view key, std::string_view sealed) {
  const auto payload = persistence::open_value(sealed, persistence::position_of(key));
  if (!payload) return std::nullopt;
  ByteReader in(*payload);
  const std::uint64_t number = in.u64_be();
  if (!in.at_end()) return std::nullopt;
  return number;
}

/// The shard when the key is that mark's.
std::optional<ShardId> shard_of(std::string_view name, std::string_view key) {
  if (!key.starts_with(name)) return std::nullopt;
  const auto shard = persistence::parse_shard_key(key.substr(name.size()));
  if (!shard) return std::nullopt;
  return *shard;
}

}  // namespace

OwnedOp filled_mark(ShardId shard, std::uint64_t ring) {
  return mark(kFilled, shard, ring);
}
OwnedOp suspect_mark(ShardId shard, bool suspect) {
  return mark(kSuspect, shard, suspect ? 1 : 0);
}
OwnedOp dropping_mark(ShardId shard, bool dropping) {
  return mark(kDropping, shard, dropping ? 1 : 0);
}
OwnedOp generation_row(sharding::DiskGeneration generation) {
  return put(std::string(kGeneration), generation);
}

Result<std::map<ShardId, ShardMarks>> read_shard_marks(const persistence::ReadTransaction& disk) {
  std::map<ShardId, ShardMarks> marks;
  const auto scanned = disk.scan(Table::meta, kAll, [&](std::string_view key, std::string_view sealed) {
    if (!key.starts_with(kAll)) return false;
    if (const auto filled = shard_of(kFilled, key)) marks[*filled].filled_ring = read_number(key, sealed).value_or(0);
    if (const auto suspect = shard_of(kSuspect, key)) marks[*suspect].suspect = true;
    if (const auto dropping = shard_of(kDropping, key)) marks[*dropping].dropping = true;
    return true;
  });
  if (!scanned) return Failure(scanned.error());
  return marks;
}

Result<std::optional<sharding::DiskGeneration>> read_generation(const persistence::ReadTransaction& disk) {
  const auto sealed = disk.get(Table::meta, kGeneration);
  if (sealed) return read_number(kGeneration, *sealed);
  if (sealed.error().code == ErrorCode::not_found) return std::optional<sharding::DiskGeneration>{};
  return Failure(sealed.error());
}

}  // namespace wattring::app
