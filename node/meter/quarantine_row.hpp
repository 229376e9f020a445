// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "base/result.hpp"
#include "persistence/keys.hpp"

/// Readings that their meter could not fold, as table `quarantine` keeps them.
///
///   row = version u8, since zigzag(ms), first reading zigzag(ms), readings varint, sized meter id, sized failure,
///         payload: a reading entry with the one run

namespace wattring::meter {

/// What is known of quarantined readings without reading them.
struct QuarantineNote {
  persistence::QuarantineKey key;
  std::string meter;
  std::string failure;  ///< what the meter failed with
  std::int64_t since_ms = 0;
  std::int64_t first_ms = 0;  ///< of the first reading, in their order
  std::uint64_t readings = 0;
  std::uint64_t bytes = 0;  ///< of the payload
};
struct QuarantineRow {
  QuarantineNote note;
  std::string_view payload;  ///< lives as long as the row's bytes
};

/// A row's facts beyond this go into a row of their own, so that each fits into one slice of a checkpoint.
inline constexpr std::size_t kQuarantineFactsMax = 16'384;
/// Rows a run may take: its numbers are run * kQuarantineParts + part.
inline constexpr std::uint32_t kQuarantineParts = 8;

/// note.readings and note.bytes are made from the facts.
[[nodiscard]] std::string encode_quarantine_row(QuarantineNote& note, std::span<const Fact> facts);
[[nodiscard]] Result<QuarantineRow> decode_quarantine_row(const persistence::QuarantineKey& key,
                                                          std::string_view bytes);

/// "<shard>-<lsn>-<number>", and back.
[[nodiscard]] std::string quarantine_id(const persistence::QuarantineKey& key);
[[nodiscard]] Result<persistence::QuarantineKey> parse_quarantine_id(std::string_view id);

}  // namespace wattring::meter
