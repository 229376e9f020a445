// SPDX-License-Identifier: Apache-2.0
#include "persistence/chunk_codec.hpp"

#include <algorithm>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "persistence/column_codec.hpp"

namespace wattring::persistence {
namespace {

// Bits of the shape byte.
constexpr std::uint8_t kShortRegister = 1U << 0U;      ///< A < 16, B < 16, F = 255: 4 bytes instead of 6
constexpr std::uint8_t kRevisionFromStart = 1U << 1U;  ///< winners: revision - start, for revisions that are times
constexpr std::uint8_t kLoserRevisionFromStart = 1U << 2U;
constexpr std::uint8_t kShapeBits = kShortRegister | kRevisionFromStart | kLoserRevisionFromStart;

using Column = std::vector<std::uint64_t>;

std::uint64_t attributes_of(const Fact& fact) {
  return static_cast<std::uint64_t>(fact.quality) | (static_cast<std::uint64_t>(fact.flags) << 8U) |
         (static_cast<std::uint64_t>(fact.method) << 16U);
}
bool set_attributes(Fact& fact, std::uint64_t attributes) {
  if (attributes >= (1U << 24U) || (attributes & 0xffU) > static_cast<std::uint64_t>(kQualityMax)) return false;
  fact.quality = static_cast<Quality>(attributes & 0xffU);
  fact.flags = static_cast<std::uint8_t>(attributes >> 8U);
  fact.method = static_cast<std::uint8_t>(attributes >> 16U);
  return true;
}

bool is_short(Register reg) {
  return reg.group(0) < 16 && reg.group(1) < 16 && reg.group(5) == 255;
}

void write_register(ByteWriter& out, Register reg) {
  if (is_short(reg)) {
    out.u8(static_cast<std::uint8_t>((reg.group(0) << 4U) | reg.group(1)));
    for (int i = 2; i < 5; ++i) out.u8(reg.group(i));
  } else {
    for (int i = 0; i < 6; ++i) out.u8(reg.group(i));
  }
}
Register read_register(ByteReader& in, bool short_form) {
  std::uint8_t groups[6] = {0, 0, 0, 0, 0, 255};
  if (short_form) {
    const std::uint8_t both = in.u8();
    groups[0] = both >> 4U;
    groups[1] = both & 15U;
    for (int i = 2; i < 5; ++i) groups[i] = in.u8();
  } else {
    for (std::uint8_t& group : groups) group = in.u8();
  }
  return obis(groups[0], groups[1], groups[2], groups[3], groups[4], groups[5]);
}

template <class Get>
void fill(Column& column, std::span<const Fact> facts, const Get& get) {
  column.resize(facts.size());
  for (std::size_t i = 0; i < facts.size(); ++i) column[i] = get(facts[i]);
}
template <class Get>
void write_column(ByteWriter& out, Column& scratch, std::span<const Fact> facts, const Get& get) {
  fill(scratch, facts, get);
  encode_column(out, scratch, plan_column(scratch));
}

std::uint64_t revision_of(const Fact& fact) {
  return fact.revision;
}
std::uint64_t revision_from_start(const Fact& fact) {
  return fact.revision - static_cast<std::uint64_t>(fact.start_ms);
}

bool better_from_start(Column& scratch, std::span<const Fact> facts) {
  fill(scratch, facts, revision_of);
  if (std::all_of(scratch.begin(), scratch.end(), [](std::uint64_t revision) { return revision == 0; })) return false;
  const std::size_t plain = plan_column(scratch).bytes;
  fill(scratch, facts, revision_from_start);
  return plan_column(scratch).bytes < plain;
}

/// Values, revisions and attributes: the columns that winners and losers have in common.
void write_contents(ByteWriter& out, Column& scratch, std::span<const Fact> facts, bool from_start) {
  write_column(out, scratch, facts, [](const Fact& fact) { return static_cast<std::uint64_t>(fact.value); });
  write_column(out, scratch, facts, from_start ? revision_from_start : revision_of);
  write_column(out, scratch, facts, attributes_of);
}

/// Position of each loser's winner.
Column winners_of(const SeriesChunk& chunk) {
  Column positions;
  positions.reserve(chunk.losers.size());
  std::size_t position = 0;
  for (const Fact& loser : chunk.losers) {
    while (!same_key(chunk.winners[position], loser)) ++position;
    positions.push_back(position);
  }
  return positions;
}

bool read_contents(ByteReader& in, Column& scratch, std::span<Fact> facts, bool from_start) {
  scratch.resize(facts.size());
  if (!decode_column(in, scratch)) return false;
  for (std::size_t i = 0; i < facts.size(); ++i) facts[i].value = static_cast<std::int64_t>(scratch[i]);
  if (!decode_column(in, scratch)) return false;
  for (std::size_t i = 0; i < facts.size(); ++i)
    facts[i].revision = scratch[i] + (from_start ? static_cast<std::uint64_t>(facts[i].start_ms) : 0);
  if (!decode_column(in, scratch)) return false;
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (!set_attributes(facts[i], scratch[i])) return false;
  return true;
}

bool read_winners(ByteReader& in, Column& scratch, std::uint8_t shape, std::size_t count, SeriesChunk& chunk) {
  const Register reg = read_register(in, (shape & kShortRegister) != 0);
  scratch.resize(count);
  if (!decode_column(in, scratch)) return false;
  chunk.winners.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    chunk.winners[i].reg = reg;
    chunk.winners[i].start_ms = static_cast<std::int64_t>(scratch[i]);
  }
  if (!decode_column(in, scratch)) return false;
  for (std::size_t i = 0; i < count; ++i)
    chunk.winners[i].end_ms =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(chunk.winners[i].start_ms) + scratch[i]);
  return read_contents(in, scratch, chunk.winners, (shape & kRevisionFromStart) != 0);
}

bool read_losers(ByteReader& in, Column& scratch, std::uint8_t shape, std::size_t count, SeriesChunk& chunk) {
  scratch.resize(count);
  if (!decode_column(in, scratch)) return false;
  chunk.losers.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (scratch[i] >= chunk.winners.size()) return false;
    const Fact& winner = chunk.winners[static_cast<std::size_t>(scratch[i])];
    chunk.losers[i].reg = winner.reg;
    chunk.losers[i].start_ms = winner.start_ms;
    chunk.losers[i].end_ms = winner.end_ms;
  }
  return read_contents(in, scratch, chunk.losers, (shape & kLoserRevisionFromStart) != 0);
}

Failure corrupt() {
  return fail(ErrorCode::corrupt, "a chunk of readings is malformed", "fetch the series from another copy");
}

}  // namespace

std::string encode_chunk(const SeriesChunk& chunk) {
  WATTRING_CHECK(well_formed(chunk));
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kChunkVersion);
  out.varint(chunk.winners.size());
  out.varint(chunk.losers.size());
  if (chunk.empty()) return bytes;
  const Register reg = chunk.winners.front().reg;
  for (const Fact& fact : chunk.winners) WATTRING_CHECK(fact.reg == reg);

  Column scratch;
  const bool from_start = better_from_start(scratch, chunk.winners);
  const bool losers_from_start = better_from_start(scratch, chunk.losers);
  out.u8(static_cast<std::uint8_t>((is_short(reg) ? kShortRegister : 0U) | (from_start ? kRevisionFromStart : 0U) |
                                   (losers_from_start ? kLoserRevisionFromStart : 0U)));
  write_register(out, reg);
  write_column(out, scratch, chunk.winners, [](const Fact& fact) { return static_cast<std::uint64_t>(fact.start_ms); });
  write_column(out, scratch, chunk.winners, [](const Fact& fact) {
    return static_cast<std::uint64_t>(fact.end_ms) - static_cast<std::uint64_t>(fact.start_ms);
  });
  write_contents(out, scratch, chunk.winners, from_start);
  if (chunk.losers.empty()) return bytes;
  scratch = winners_of(chunk);
  encode_column(out, scratch, plan_column(scratch));
  write_contents(out, scratch, chunk.losers, losers_from_start);
  return bytes;
}

Result<SeriesChunk> decode_chunk(std::string_view bytes, std::size_t facts_max) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  if (in.ok() && version > kChunkVersion)
    return fail(ErrorCode::newer_format, "a chunk of readings has version " + std::to_string(version),
                "it was written by a newer release");
  const std::uint64_t winners = in.varint();
  const std::uint64_t losers = in.varint();
  if (!in.ok() || version != kChunkVersion || winners > facts_max || losers > facts_max - winners) return corrupt();
  SeriesChunk chunk;
  if (winners == 0) {
    if (losers != 0 || !in.at_end()) return corrupt();
    return chunk;
  }
  Column scratch;
  const std::uint8_t shape = in.u8();
  if (!in.ok() || (shape & ~kShapeBits) != 0) return corrupt();
  if (!read_winners(in, scratch, shape, static_cast<std::size_t>(winners), chunk)) return corrupt();
  if (losers != 0 && !read_losers(in, scratch, shape, static_cast<std::size_t>(losers), chunk)) return corrupt();
  if (!in.at_end() || !well_formed(chunk)) return corrupt();
  return chunk;
}

}  // namespace wattring::persistence
