// SPDX-License-Identifier: Apache-2.0
#include "node/meter/quarantine_row.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "node/meter/reading_entry.hpp"

namespace wattring::meter {
namespace {

constexpr std::uint8_t kRowVersion = 1;
constexpr std::size_t kFailureBytesMax = 512;

std::string encode_payload(const QuarantineNote& note, std::span<const Fact> facts) {
  std::vector<Register> registers;
  for (const Fact& fact : facts)
    if (std::find(registers.begin(), registers.end(), fact.reg) == registers.end()) registers.push_back(fact.reg);
  std::string payload;
  ReadingEntryWriter writer(payload, note.since_ms, note.first_ms, registers, {});
  writer.begin_run(note.meter, facts.size());
  for (const Fact& fact : facts)
    writer.add(fact,
               static_cast<std::size_t>(std::find(registers.begin(), registers.end(), fact.reg) - registers.begin()));
  return payload;
}

}  // namespace

std::string encode_quarantine_row(QuarantineNote& note, std::span<const Fact> facts) {
  note.readings = facts.size();
  note.first_ms = facts.empty() ? 0 : facts.front().start_ms;
  note.failure.resize(std::min(note.failure.size(), kFailureBytesMax));
  const std::string payload = encode_payload(note, facts);
  note.bytes = payload.size();
  std::string row;
  ByteWriter out(row);
  out.u8(kRowVersion);
  out.zigzag(note.since_ms);
  out.zigzag(note.first_ms);
  out.varint(note.readings);
  out.sized_bytes(note.meter);
  out.sized_bytes(note.failure);
  out.bytes(payload);
  return row;
}

Result<QuarantineRow> decode_quarantine_row(const persistence::QuarantineKey& key, std::string_view bytes) {
  ByteReader in(bytes);
  const bool known = in.u8() == kRowVersion;
  QuarantineRow row;
  row.note.key = key;
  row.note.since_ms = in.zigzag();
  row.note.first_ms = in.zigzag();
  row.note.readings = in.varint();
  row.note.meter = in.sized_bytes();
  row.note.failure = in.sized_bytes();
  if (!known || !in.ok() || row.note.meter.empty() || row.note.meter.size() > kMeterIdBytesMax)
    return fail(ErrorCode::corrupt, "quarantined readings " + quarantine_id(key) + ": malformed bytes");
  row.payload = in.rest();
  row.note.bytes = row.payload.size();
  return row;
}

std::string quarantine_id(const persistence::QuarantineKey& key) {
  return std::to_string(key.shard.value) + "-" + std::to_string(key.lsn.value) + "-" + std::to_string(key.number);
}

Result<persistence::QuarantineKey> parse_quarantine_id(std::string_view id) {
  std::array<std::uint64_t, 3> parts{};
  const char* at = id.data();
  const char* const end = id.data() + id.size();
  bool good = true;
  for (std::size_t i = 0; good && i < parts.size(); ++i) {
    good = i == 0 || (at != end && *at++ == '-');
    const auto [next, error] = std::from_chars(at, end, parts.at(i));
    good = good && error == std::errc{};
    at = next;
  }
  if (!good || at != end || parts[0] >= kShardsMax || parts[2] > 0xffff'ffffU)
    return fail(ErrorCode::invalid_argument, "\"" + std::string(id) + "\" names no quarantined readings",
                "ids look like 12-4711-8; wattringctl meter quarantine list shows them");
  return persistence::QuarantineKey{ShardId{static_cast<std::uint16_t>(parts[0])}, Lsn{parts[1]},
                                    static_cast<std::uint32_t>(parts[2])};
}

}  // namespace wattring::meter
