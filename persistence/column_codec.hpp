// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"

/// A column of 64-bit numbers in few bytes. Differences are taken `order` times, because a register's steps are smaller
/// than its values and a clock's steps are all alike; what is left is written as runs of equal numbers or as blocks of
/// bit-packed offsets, whichever is shorter. All arithmetic wraps modulo 2^64, so every number survives.
///
///   column = head u8 (bits 0-1: order 0..2, bit 2: packed), min(order, n) x zigzag first value of each difference,
///            body of the n - order numbers left
///   runs   = (zigzag number, varint times)*         times 0 = to the end
///   packed = (width u8, zigzag least, bits)*        32 numbers a block, the last one shorter; bits: number - least in
///                                                   `width` bits each, low bit first, filled up to a byte with zeros

namespace wattring::persistence {

struct ColumnPlan {
  unsigned order = 0;
  bool packed = false;
  std::size_t bytes = 0;
};
/// The shortest of the forms; the first of equals. Column sizes are unlimited.
[[nodiscard]] ColumnPlan plan_column(std::span<const std::uint64_t> numbers);
void encode_column(ByteWriter& out, std::span<const std::uint64_t> numbers, const ColumnPlan& plan);

/// Fills `numbers`; false when the bytes are malformed or too few. The reader stands behind the column then.
[[nodiscard]] bool decode_column(ByteReader& in, std::span<std::uint64_t> numbers);

}  // namespace wattring::persistence
