// SPDX-License-Identifier: Apache-2.0
#include "persistence/column_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace wattring::persistence {
namespace {

static_assert(std::endian::native == std::endian::little, "packed blocks are moved as little-endian words");

constexpr std::size_t kBlock = 32;
constexpr unsigned kOrderMax = 2;
constexpr std::uint8_t kPackedBit = 1U << 2U;

std::size_t zigzag_bytes(std::uint64_t number) {
  const std::uint64_t folded = (number << 1U) ^ (~(number >> 63U) + 1);
  return static_cast<std::size_t>(std::bit_width(folded | 1U) + 6) / 7;
}
std::size_t varint_bytes(std::uint64_t number) {
  return static_cast<std::size_t>(std::bit_width(number | 1U) + 6) / 7;
}

struct BlockRange {
  std::int64_t least;
  unsigned width;
};
BlockRange range_of(std::span<const std::uint64_t> block) {
  auto least = static_cast<std::int64_t>(block[0]);
  std::int64_t greatest = least;
  for (const std::uint64_t number : block) {
    least = std::min(least, static_cast<std::int64_t>(number));
    greatest = std::max(greatest, static_cast<std::int64_t>(number));
  }
  const std::uint64_t range = static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least);
  return {least, static_cast<unsigned>(std::bit_width(range))};
}

std::size_t packed_bytes(std::size_t count, unsigned width) {
  return (count * width + 7) / 8;
}

std::size_t size_as_blocks(std::span<const std::uint64_t> numbers) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < numbers.size(); i += kBlock) {
    const auto block = numbers.subspan(i, std::min(kBlock, numbers.size() - i));
    const BlockRange range = range_of(block);
    bytes += 1 + zigzag_bytes(static_cast<std::uint64_t>(range.least)) + packed_bytes(block.size(), range.width);
  }
  return bytes;
}

/// Length of the run that begins at `from`.
std::size_t run_at(std::span<const std::uint64_t> numbers, std::size_t from) {
  std::size_t end = from + 1;
  while (end < numbers.size() && numbers[end] == numbers[from]) ++end;
  return end - from;
}

/// Stops counting when `limit` is passed.
std::size_t size_as_runs(std::span<const std::uint64_t> numbers, std::size_t limit) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < numbers.size() && bytes <= limit;) {
    const std::size_t run = run_at(numbers, i);
    bytes += zigzag_bytes(numbers[i]) + (i + run == numbers.size() ? 1 : varint_bytes(run));
    i += run;
  }
  return bytes;
}

void write_runs(ByteWriter& out, std::span<const std::uint64_t> numbers) {
  for (std::size_t i = 0; i < numbers.size();) {
    const std::size_t run = run_at(numbers, i);
    out.zigzag(static_cast<std::int64_t>(numbers[i]));
    out.varint(i + run == numbers.size() ? 0 : run);
    i += run;
  }
}

void write_block(ByteWriter& out, std::span<const std::uint64_t> block) {
  const BlockRange range = range_of(block);
  out.u8(static_cast<std::uint8_t>(range.width));
  out.zigzag(range.least);
  std::array<std::uint64_t, kBlock + 1> words{};
  std::size_t word = 0;
  unsigned fill = 0;
  for (const std::uint64_t number : block) {
    const std::uint64_t offset = number - static_cast<std::uint64_t>(range.least);
    words[word] |= offset << fill;
    if (fill + range.width >= 64) {
      ++word;
      if (fill != 0) words[word] = offset >> (64 - fill);
      fill -= 64 - range.width;
    } else {
      fill += range.width;
    }
  }
  out.bytes({reinterpret_cast<const char*>(words.data()), packed_bytes(block.size(), range.width)});
}

bool read_runs(ByteReader& in, std::span<std::uint64_t> numbers) {
  for (std::size_t i = 0; i < numbers.size();) {
    const auto number = static_cast<std::uint64_t>(in.zigzag());
    std::uint64_t run = in.varint();
    if (!in.ok() || run > numbers.size() - i) return false;
    if (run == 0) run = numbers.size() - i;
    std::fill_n(numbers.begin() + static_cast<std::ptrdiff_t>(i), run, number);
    i += static_cast<std::size_t>(run);
  }
  return true;
}

bool read_block(ByteReader& in, std::span<std::uint64_t> block) {
  const unsigned width = in.u8();
  const auto least = static_cast<std::uint64_t>(in.zigzag());
  if (!in.ok() || width > 64) return false;
  if (width == 0) {
    std::fill(block.begin(), block.end(), least);
    return true;
  }
  const std::string_view bits = in.bytes(packed_bytes(block.size(), width));
  if (!in.ok()) return false;
  std::array<char, kBlock * 8 + 16> bytes{};
  std::memcpy(bytes.data(), bits.data(), bits.size());
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - width);
  for (std::size_t i = 0; i < block.size(); ++i) {
    const std::size_t bit = i * width;
    const unsigned shift = bit & 7U;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + bit / 8, sizeof word);
    std::uint64_t offset = word >> shift;
    if (shift + width > 64)
      offset |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[bit / 8 + 8])) << (64 - shift);
    block[i] = least + (offset & mask);
  }
  return true;
}

bool read_blocks(ByteReader& in, std::span<std::uint64_t> numbers) {
  for (std::size_t i = 0; i < numbers.size(); i += kBlock)
    if (!read_block(in, numbers.subspan(i, std::min(kBlock, numbers.size() - i)))) return false;
  return true;
}

/// Replaces numbers[from..] by their differences to the one before.
void difference(std::span<std::uint64_t> numbers, std::size_t from) {
  for (std::size_t i = numbers.size(); i-- > from;) numbers[i] -= numbers[i - 1];
}

}  // namespace

ColumnPlan plan_column(std::span<const std::uint64_t> numbers) {
  ColumnPlan best{0, false, 1 + size_as_runs(numbers, numbers.size() * 20)};
  if (numbers.size() < 2 || run_at(numbers, 0) == numbers.size()) return best;
  std::vector<std::uint64_t> left(numbers.begin(), numbers.end());
  std::size_t heads = 0;
  for (unsigned order = 0; order <= kOrderMax && order < numbers.size(); ++order) {
    if (order > 0) {
      difference(left, order);
      heads += zigzag_bytes(left[order - 1]);
    }
    const auto body = std::span<const std::uint64_t>(left).subspan(order);
    const std::size_t runs = 1 + heads + size_as_runs(body, best.bytes);
    if (runs < best.bytes) best = {order, false, runs};
    if (run_at(body, 0) == body.size()) return best;
    const std::size_t blocks = 1 + heads + size_as_blocks(body);
    if (blocks < best.bytes) best = {order, true, blocks};
  }
  return best;
}

void encode_column(ByteWriter& out, std::span<const std::uint64_t> numbers, const ColumnPlan& plan) {
  out.u8(static_cast<std::uint8_t>(plan.order | (plan.packed ? kPackedBit : 0U)));
  std::vector<std::uint64_t> left;
  std::span<const std::uint64_t> body = numbers;
  if (plan.order > 0) {
    left.assign(numbers.begin(), numbers.end());
    for (std::size_t order = 1; order <= plan.order; ++order) {
      out.zigzag(static_cast<std::int64_t>(left[order - 1]));
      difference(left, order);
    }
    body = std::span<const std::uint64_t>(left).subspan(plan.order);
  }
  if (!plan.packed) return write_runs(out, body);
  for (std::size_t i = 0; i < body.size(); i += kBlock)
    write_block(out, body.subspan(i, std::min(kBlock, body.size() - i)));
}

bool decode_column(ByteReader& in, std::span<std::uint64_t> numbers) {
  const std::uint8_t head = in.u8();
  const std::size_t order = head & 3U;
  if (!in.ok() || order > kOrderMax || order > numbers.size() || (head & ~(3U | kPackedBit)) != 0) return false;
  for (std::size_t i = 0; i < order; ++i) numbers[i] = static_cast<std::uint64_t>(in.zigzag());
  const auto body = numbers.subspan(order);
  if (!((head & kPackedBit) != 0 ? read_blocks(in, body) : read_runs(in, body)) || !in.ok()) return false;
  for (std::size_t again = order; again > 0; --again)
    for (std::size_t i = again; i < numbers.size(); ++i) numbers[i] += numbers[i - 1];
  return true;
}

}  // namespace wattring::persistence
