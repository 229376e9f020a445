// SPDX-License-Identifier: Apache-2.0
#include "node/meter/reading_entry.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace wattring::meter {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr unsigned kExtraBit = 1U << 3U;
constexpr unsigned kIndexFollows = 15;

Failure malformed(const char* what) {
  return fail(ErrorCode::corrupt, std::string("entry of readings: malformed ") + what);
}

bool has_extra(const Fact& fact) {
  return fact.flags != 0 || fact.method != 0 || fact.end_ms != fact.start_ms || fact.revision != 0;
}

// Differences wrap instead of overflowing: the reader adds them back the same way.
std::int64_t wrapping_sub(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

Register read_register(ByteReader& in) {
  const std::uint64_t high = in.u16_be();
  return Register{(high << 32U) | in.u32_be()};
}

}  // namespace

ReadingEntryWriter::ReadingEntryWriter(std::string& out, std::int64_t received_at_ms, std::int64_t base_time_ms,
                                       std::span<const Register> registers, std::span<const std::string_view> texts)
    : out_(out), previous_ms_(base_time_ms) {
  out_.u8(kVersion);
  out_.zigzag(received_at_ms);
  out_.zigzag(base_time_ms);
  out_.varint(registers.size());
  for (const Register reg : registers) {
    out_.u16_be(static_cast<std::uint16_t>(reg.packed >> 32U));
    out_.u32_be(static_cast<std::uint32_t>(reg.packed));
  }
  out_.varint(texts.size());
  for (const std::string_view text : texts) out_.sized_bytes(text);
}

void ReadingEntryWriter::begin_run(std::string_view meter_id, std::size_t facts) {
  out_.sized_bytes(meter_id);
  out_.varint(facts);
}

void ReadingEntryWriter::add(const Fact& fact, std::size_t register_index) {
  const bool extra = has_extra(fact);
  const auto index_bits = static_cast<unsigned>(std::min<std::size_t>(register_index, kIndexFollows));
  out_.u8(
      static_cast<std::uint8_t>(static_cast<unsigned>(fact.quality) | (extra ? kExtraBit : 0U) | (index_bits << 4U)));
  if (index_bits == kIndexFollows) out_.varint(register_index);
  out_.zigzag(wrapping_sub(fact.start_ms, previous_ms_));
  out_.zigzag(fact.value);
  previous_ms_ = fact.start_ms;
  if (!extra) return;
  out_.u8(fact.flags);
  out_.u8(fact.method);
  out_.zigzag(wrapping_sub(fact.end_ms, fact.start_ms));
  out_.zigzag(wrapping_sub(static_cast<std::int64_t>(fact.revision), fact.start_ms));
}

Result<ReadingEntryReader> ReadingEntryReader::open(std::string_view payload) {
  ReadingEntryReader reader(payload);
  ByteReader& in = reader.in_;
  if (in.u8() != kVersion) return malformed("version");
  reader.received_at_ms_ = in.zigzag();
  reader.previous_ms_ = in.zigzag();
  const std::uint64_t registers = in.varint();
  if (!in.ok() || registers > in.remaining() / 6) return malformed("register list");
  for (std::uint64_t i = 0; i < registers; ++i) reader.registers_.push_back(read_register(in));
  const std::uint64_t texts = in.varint();
  if (!in.ok() || texts > in.remaining()) return malformed("text list");
  for (std::uint64_t i = 0; i < texts; ++i) reader.texts_.push_back(in.sized_bytes());
  if (!in.ok()) return malformed("text");
  return reader;
}

Result<bool> ReadingEntryReader::next_run(std::string_view& id, std::vector<Fact>& facts) {
  facts.clear();
  if (in_.at_end()) return false;
  id = in_.sized_bytes();
  const std::uint64_t count = in_.varint();
  if (!in_.ok() || id.empty() || id.size() > kMeterIdBytesMax || count > in_.remaining()) return malformed("run");
  for (std::uint64_t i = 0; i < count; ++i) {
    const unsigned tag = in_.u8();
    std::uint64_t index = tag >> 4U;
    if (index == kIndexFollows) index = in_.varint();
    Fact fact;
    fact.start_ms = wrapping_add(previous_ms_, in_.zigzag());
    fact.end_ms = fact.start_ms;
    fact.value = in_.zigzag();
    const unsigned quality = tag & 7U;
    if ((tag & kExtraBit) != 0) {
      fact.flags = in_.u8();
      fact.method = in_.u8();
      fact.end_ms = wrapping_add(fact.start_ms, in_.zigzag());
      fact.revision = static_cast<std::uint64_t>(wrapping_add(fact.start_ms, in_.zigzag()));
    }
    if (!in_.ok() || index >= registers_.size() || quality > static_cast<unsigned>(kQualityMax))
      return malformed("reading");
    fact.reg = registers_[static_cast<std::size_t>(index)];
    fact.quality = static_cast<Quality>(quality);
    previous_ms_ = fact.start_ms;
    facts.push_back(fact);
  }
  return true;
}

Result<EntryRuns> decode_entry(std::string_view payload) {
  auto reader = ReadingEntryReader::open(payload);
  if (!reader) return Failure(reader.error());
  EntryRuns all;
  all.texts = reader->texts();
  std::string_view id;
  std::vector<Fact> facts;
  for (;;) {
    const auto more = reader->next_run(id, facts);
    if (!more) return Failure(more.error());
    if (!*more) return all;
    all.runs.push_back({id, all.facts.size(), facts.size()});
    all.facts.insert(all.facts.end(), facts.begin(), facts.end());
  }
}

}  // namespace wattring::meter
