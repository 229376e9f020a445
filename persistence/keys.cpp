// SPDX-License-Identifier: Apache-2.0
#include "persistence/keys.hpp"

#include <optional>

#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace wattring::persistence {
namespace {

constexpr std::size_t kDayPrefixBytes = 6;  // shard, day
constexpr std::size_t kRegisterBytes = 6;
constexpr std::uint64_t kRegisterMax = (std::uint64_t{1} << 48U) - 1;

// Flipping the sign bit makes unsigned order the signed one.
constexpr std::uint32_t biased(std::int32_t day) {
  return static_cast<std::uint32_t>(day) ^ 0x8000'0000U;
}
constexpr std::int32_t unbiased(std::uint32_t day) {
  return static_cast<std::int32_t>(day ^ 0x8000'0000U);
}

void append_register(ByteWriter& out, Register reg) {
  out.u16_be(static_cast<std::uint16_t>((reg.packed & kRegisterMax) >> 32U));
  out.u32_be(static_cast<std::uint32_t>(reg.packed));
}

Register read_register(ByteReader& in) {
  const std::uint64_t high = in.u16_be();
  return Register{(high << 32U) | in.u32_be()};
}

Failure bad_key(std::string_view table, std::string_view key) {
  return fail(ErrorCode::corrupt,
              "a key of " + std::to_string(key.size()) + " bytes is no key of table " + std::string(table));
}

bool is_meter_id(std::string_view id) {
  return !id.empty() && id.size() <= kMeterIdBytesMax && id.find('\0') == std::string_view::npos;
}

template <class Append>
std::string built(Append append) {
  std::string out;
  append(out);
  return out;
}

// shard | day | meter id | 0x00 | register, then `tail` bytes that are left in `in`.
std::optional<IntervalKey> parse_day_key(std::string_view key, std::size_t tail, ByteReader& in) {
  const std::size_t fixed = kDayPrefixBytes + 1 + kRegisterBytes + tail;
  if (key.size() <= fixed) return std::nullopt;
  IntervalKey out;
  out.shard = ShardId{in.u16_be()};
  out.day = unbiased(in.u32_be());
  out.meter_id = in.bytes(key.size() - fixed);
  const bool separated = in.u8() == 0;
  out.reg = read_register(in);
  if (!in.ok() || !separated || !is_meter_id(out.meter_id) || out.shard.value >= kShardsMax) return std::nullopt;
  return out;
}

}  // namespace

void append_journal_key(std::string& out, Lsn lsn) {
  ByteWriter(out).u64_be(lsn.value);
}
void append_shard_key(std::string& out, ShardId shard) {
  ByteWriter(out).u16_be(shard.value);
}
void append_meter_key(std::string& out, const MeterKey& key) {
  append_shard_key(out, key.shard);
  out.append(key.meter_id);
}
void append_day_prefix(std::string& out, ShardId shard, std::int32_t day) {
  append_shard_key(out, shard);
  ByteWriter(out).u32_be(biased(day));
}
void append_meter_day_prefix(std::string& out, ShardId shard, std::int32_t day, std::string_view meter_id) {
  append_day_prefix(out, shard, day);
  out.append(meter_id);
  out.push_back('\0');
}
void append_interval_key(std::string& out, const IntervalKey& key) {
  append_meter_day_prefix(out, key.shard, key.day, key.meter_id);
  ByteWriter writer(out);
  append_register(writer, key.reg);
}
void append_series_key(std::string& out, const SeriesKey& key) {
  append_interval_key(out, {key.shard, key.day, key.meter_id, key.reg});
  ByteWriter(out).u32_be(key.part);
}
void append_text_key(std::string& out, const TextKey& key) {
  append_shard_key(out, key.shard);
  ByteWriter(out).u64_be(key.value);
}
void append_alert_key(std::string& out, const AlertKey& key) {
  append_shard_key(out, key.shard);
  out.append(key.alert_id);
}
void append_outbox_key(std::string& out, std::uint64_t sequence) {
  ByteWriter(out).u64_be(sequence);
}

std::string journal_key(Lsn lsn) {
  return built([&](std::string& out) { append_journal_key(out, lsn); });
}
std::string shard_key(ShardId shard) {
  return built([&](std::string& out) { append_shard_key(out, shard); });
}
std::string meter_key(ShardId shard, std::string_view meter_id) {
  return built([&](std::string& out) { append_meter_key(out, {shard, meter_id}); });
}
std::string series_key(const SeriesKey& key) {
  return built([&](std::string& out) { append_series_key(out, key); });
}
std::string interval_key(const IntervalKey& key) {
  return built([&](std::string& out) { append_interval_key(out, key); });
}
std::string text_key(ShardId shard, std::uint64_t value) {
  return built([&](std::string& out) { append_text_key(out, {shard, value}); });
}
std::string alert_key(ShardId shard, std::string_view alert_id) {
  return built([&](std::string& out) { append_alert_key(out, {shard, alert_id}); });
}
std::string outbox_key(std::uint64_t sequence) {
  return built([&](std::string& out) { append_outbox_key(out, sequence); });
}

std::string quarantine_key(const QuarantineKey& key) {
  return built([&](std::string& out) {
    ByteWriter writer(out);
    writer.u16_be(key.shard.value);
    writer.u64_be(key.lsn.value);
    writer.u32_be(key.number);
  });
}

Result<Lsn> parse_journal_key(std::string_view key) {
  ByteReader in(key);
  const Lsn lsn{in.u64_be()};
  if (!in.at_end() || lsn.value == 0) return bad_key("journal", key);
  return lsn;
}

Result<ShardId> parse_shard_key(std::string_view key) {
  ByteReader in(key);
  const ShardId shard{in.u16_be()};
  if (!in.at_end() || shard.value >= kShardsMax) return bad_key("coverage or applied", key);
  return shard;
}

Result<MeterKey> parse_meter_key(std::string_view key) {
  ByteReader in(key);
  const ShardId shard{in.u16_be()};
  if (!in.ok() || shard.value >= kShardsMax || !is_meter_id(in.rest())) return bad_key("meter", key);
  return MeterKey{shard, in.rest()};
}

Result<MeterKey> parse_limit_key(std::string_view key) {
  if (key.size() > 2) return parse_meter_key(key);
  const auto shard = parse_shard_key(key);
  if (!shard) return bad_key("limit", key);
  return MeterKey{*shard, {}};
}

Result<IntervalKey> parse_interval_key(std::string_view key) {
  ByteReader in(key);
  const auto parsed = parse_day_key(key, 0, in);
  if (!parsed || !in.at_end()) return bad_key("interval", key);
  return *parsed;
}

Result<SeriesKey> parse_series_key(std::string_view key) {
  ByteReader in(key);
  const auto parsed = parse_day_key(key, 4, in);
  const std::uint32_t part = in.u32_be();
  if (!parsed || !in.at_end()) return bad_key("series", key);
  return SeriesKey{parsed->shard, parsed->day, parsed->meter_id, parsed->reg, part};
}

Result<TextKey> parse_text_key(std::string_view key) {
  ByteReader in(key);
  TextKey out;
  out.shard = ShardId{in.u16_be()};
  out.value = in.u64_be();
  if (!in.at_end() || out.shard.value >= kShardsMax) return bad_key("text", key);
  return out;
}

Result<AlertKey> parse_alert_key(std::string_view key) {
  ByteReader in(key);
  const ShardId shard{in.u16_be()};
  if (!in.ok() || shard.value >= kShardsMax || in.rest().empty() || in.remaining() > kAlertIdBytesMax)
    return bad_key("alert", key);
  return AlertKey{shard, in.rest()};
}

Result<std::uint64_t> parse_outbox_key(std::string_view key) {
  ByteReader in(key);
  const std::uint64_t sequence = in.u64_be();
  if (!in.at_end()) return bad_key("outbox", key);
  return sequence;
}

Result<QuarantineKey> parse_quarantine_key(std::string_view key) {
  ByteReader in(key);
  QuarantineKey out;
  out.shard = ShardId{in.u16_be()};
  out.lsn = Lsn{in.u64_be()};
  out.number = in.u32_be();
  if (!in.at_end() || out.shard.value >= kShardsMax) return bad_key("quarantine", key);
  return out;
}

}  // namespace wattring::persistence
