// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/fact.hpp"
#include "base/result.hpp"

/// The payload of a journal entry of kind "readings": facts of one shard, written by a gateway and folded by every
/// owner.
///
///   payload  = version u8, received_at zigzag(ms), base_time zigzag(ms),
///              registers: count varint, count x 6 bytes,
///              texts: count varint, count x sized bytes,
///              run*                                             until the end
///   run      = sized meter id, count varint, reading*
///   reading  = tag u8, [register varint], time zigzag, value zigzag, [extra]
///   tag      = quality (bits 0-2), has extra (bit 3), register index (bits 4-7; 15: the index follows)
///   time     = start - start of the reading before it (first: - base_time)
///   extra    = flags u8, method u8, zigzag(end - start), zigzag(revision - start)
///
/// received_at is for people; it is outside identity, fold and digest.

namespace wattring::meter {

inline constexpr std::uint8_t kReadingEntryFormat = 1;

/// Appends one payload to a buffer. The registers must be known before the first run; the writer's owner collects them.
class ReadingEntryWriter {
 public:
  ReadingEntryWriter(std::string& out, std::int64_t received_at_ms, std::int64_t base_time_ms,
                     std::span<const Register> registers, std::span<const std::string_view> texts);
  void begin_run(std::string_view meter_id, std::size_t facts);
  /// register_index: position in the constructor's registers.
  void add(const Fact& fact, std::size_t register_index);

 private:
  ByteWriter out_;
  std::int64_t previous_ms_;
};

/// Walks a payload. Never believes a count: memory grows with the bytes that are really there.
class ReadingEntryReader {
 public:
  [[nodiscard]] static Result<ReadingEntryReader> open(std::string_view payload);

  [[nodiscard]] std::int64_t received_at_ms() const { return received_at_ms_; }
  [[nodiscard]] const std::vector<std::string_view>& texts() const { return texts_; }

  /// False at the end. Fails with corrupt on malformed bytes. `facts` is cleared first; `id` lives as long as the
  /// payload.
  [[nodiscard]] Result<bool> next_run(std::string_view& id, std::vector<Fact>& facts);

 private:
  explicit ReadingEntryReader(std::string_view payload) : in_(payload) {}
  ByteReader in_;
  std::int64_t received_at_ms_ = 0;
  std::int64_t previous_ms_ = 0;
  std::vector<Register> registers_;
  std::vector<std::string_view> texts_;
};

/// A payload taken apart; lives as long as the payload.
struct EntryRuns {
  struct Run {
    std::string_view id;
    std::size_t first_fact;
    std::size_t fact_count;
  };
  std::vector<Run> runs;
  std::vector<Fact> facts;
  std::vector<std::string_view> texts;

  [[nodiscard]] std::span<const Fact> facts_of(const Run& run) const {
    return std::span(facts).subspan(run.first_fact, run.fact_count);
  }
};
/// All of it or, when a byte of it is wrong, nothing.
[[nodiscard]] Result<EntryRuns> decode_entry(std::string_view payload);

}  // namespace wattring::meter
