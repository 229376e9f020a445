// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fact.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

/// Keys of the tables (journal.hpp). Big-endian, so that byte order is sort order; days are biased by 2^31, so that
/// days before 1970 sort first. The builders append, so that a loop can reuse one buffer. The parsers take bytes from
/// the disk: wrong length or content is `corrupt`. A meter id holds no 0x00 byte and is 1..64 bytes long.
///
///   journal   LSN u64
///   coverage, applied   shard u16
///   meter     shard u16 | meter id
///   series    shard u16 | day u32 | meter id | 0x00 | register 6 bytes | part u32
///   interval  shard u16 | day u32 | meter id | 0x00 | register 6 bytes
///   text      shard u16 | value u64
///   alert     shard u16 | alert id (1..128 bytes)
///   outbox    sequence u64
///   quarantine  shard u16 | LSN u64 | number u32
///   limit     shard u16 | meter id, or nothing: of the shard itself
///
/// The day stands before the meter (docs/decisions/0002-series-key-day-first.md).

namespace wattring::persistence {

inline constexpr std::size_t kAlertIdBytesMax = 128;

struct MeterKey {
  ShardId shard;
  std::string_view meter_id;  ///< a view into the parsed key
};
struct SeriesKey {
  ShardId shard;
  std::int32_t day = 0;       ///< days since 1970-01-01 UTC
  std::string_view meter_id;  ///< a view into the parsed key
  Register reg;
  std::uint32_t part = 0;  ///< 0 = the sealed day, later ones = facts that came late
};
struct IntervalKey {
  ShardId shard;
  std::int32_t day = 0;
  std::string_view meter_id;
  Register reg;
};
struct TextKey {
  ShardId shard;
  std::uint64_t value = 0;  ///< text_value() of fact.hpp
};
struct AlertKey {
  ShardId shard;
  std::string_view alert_id;
};

struct QuarantineKey {
  ShardId shard;
  Lsn lsn;                   ///< of the record that the readings came in
  std::uint32_t number = 0;  ///< of the run in its entry, and of the part of it
  friend auto operator<=>(const QuarantineKey&, const QuarantineKey&) = default;
};

void append_journal_key(std::string& out, Lsn lsn);
void append_shard_key(std::string& out, ShardId shard);
void append_meter_key(std::string& out, const MeterKey& key);
/// Prefix of everything of a shard's day in `series` and `interval`; what retention drops.
void append_day_prefix(std::string& out, ShardId shard, std::int32_t day);
/// Prefix of everything of a meter's day in `series` and `interval`, the 0x00 included.
void append_meter_day_prefix(std::string& out, ShardId shard, std::int32_t day, std::string_view meter_id);
void append_series_key(std::string& out, const SeriesKey& key);
void append_interval_key(std::string& out, const IntervalKey& key);
void append_text_key(std::string& out, const TextKey& key);
void append_alert_key(std::string& out, const AlertKey& key);
void append_outbox_key(std::string& out, std::uint64_t sequence);

[[nodiscard]] std::string journal_key(Lsn lsn);
[[nodiscard]] std::string shard_key(ShardId shard);
[[nodiscard]] std::string meter_key(ShardId shard, std::string_view meter_id);
[[nodiscard]] std::string series_key(const SeriesKey& key);
[[nodiscard]] std::string interval_key(const IntervalKey& key);
[[nodiscard]] std::string text_key(ShardId shard, std::uint64_t value);
[[nodiscard]] std::string alert_key(ShardId shard, std::string_view alert_id);
[[nodiscard]] std::string outbox_key(std::uint64_t sequence);
[[nodiscard]] std::string quarantine_key(const QuarantineKey& key);

[[nodiscard]] Result<Lsn> parse_journal_key(std::string_view key);
[[nodiscard]] Result<ShardId> parse_shard_key(std::string_view key);
[[nodiscard]] Result<MeterKey> parse_meter_key(std::string_view key);
[[nodiscard]] Result<SeriesKey> parse_series_key(std::string_view key);
[[nodiscard]] Result<IntervalKey> parse_interval_key(std::string_view key);
[[nodiscard]] Result<TextKey> parse_text_key(std::string_view key);
[[nodiscard]] Result<AlertKey> parse_alert_key(std::string_view key);
[[nodiscard]] Result<std::uint64_t> parse_outbox_key(std::string_view key);
[[nodiscard]] Result<QuarantineKey> parse_quarantine_key(std::string_view key);
/// Its meter id may be empty. They are built as shard_key() and meter_key().
[[nodiscard]] Result<MeterKey> parse_limit_key(std::string_view key);

}  // namespace wattring::persistence
