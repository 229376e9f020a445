// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// The part of MessagePack (github.com/msgpack/msgpack, spec.md) that the project's protocols need, straight from and
/// to bytes. Inline, because it runs a few times per reading; tests hold it against msgpack-c.

namespace wattring {

/// Reads items one by one. A read that returns false consumed nothing; whoever cannot go on calls it malformed.
class PackReader {
 public:
  explicit PackReader(std::string_view bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  /// First byte of the next item; 0xc1, which MessagePack never uses, at the end.
  [[nodiscard]] std::uint8_t peek() const { return at_ == end_ ? 0xc1 : static_cast<std::uint8_t>(*at_); }

  /// An integer in the range of int64.
  bool read_int(std::int64_t& out) {
    const std::uint8_t tag = peek();
    if (tag < 0x80 || tag >= 0xe0) {
      out = std::int64_t{tag} - (tag >= 0xe0 ? 256 : 0);
      ++at_;
      return true;
    }
    if (tag < kUnsigned8 || tag > kSigned64) return false;
    const std::size_t width = std::size_t{1} << (tag & 3U);
    if (remaining() < 1 + width) return false;
    const auto unused_bits = static_cast<unsigned>(64 - 8 * width);
    const std::uint64_t raw = big_endian(width);
    out =
        tag >= kSigned8 ? static_cast<std::int64_t>(raw << unused_bits) >> unused_bits : static_cast<std::int64_t>(raw);
    if (tag < kSigned8 && out < 0) return false;
    at_ += 1 + width;
    return true;
  }
  /// An integer that is not negative.
  bool read_uint(std::uint64_t& out) {
    const std::uint8_t tag = peek();
    if (tag >= kUnsigned8 && tag < kSigned8) {
      const std::size_t width = std::size_t{1} << (tag & 3U);
      if (remaining() < 1 + width) return false;
      out = big_endian(width);
      at_ += 1 + width;
      return true;
    }
    const char* const before = at_;
    std::int64_t value = 0;
    if (!read_int(value)) return false;
    if (value < 0) at_ = before;
    out = static_cast<std::uint64_t>(value);
    return value >= 0;
  }
  /// Header of an array. False when it claims more items than there are bytes left.
  bool read_array(std::size_t& count) {
    const std::uint8_t tag = peek();
    std::size_t header = 1;
    if ((tag & 0xf0U) == 0x90) {
      count = tag & 0x0fU;
    } else if (!read_size(tag == 0xdc ? 2 : tag == 0xdd ? 4 : 0, count, header)) {
      return false;
    }
    if (count > remaining() - header) return false;
    at_ += header;
    return true;
  }
  /// Header of a map. False when it claims more pairs than there are bytes left for.
  bool read_map(std::size_t& pairs) {
    const std::uint8_t tag = peek();
    std::size_t header = 1;
    if ((tag & 0xf0U) == 0x80) {
      pairs = tag & 0x0fU;
    } else if (!read_size(tag == 0xde ? 2 : tag == 0xdf ? 4 : 0, pairs, header)) {
      return false;
    }
    if (pairs > (remaining() - header) / 2) return false;
    at_ += header;
    return true;
  }
  /// A str or bin; the view lives as long as the bytes.
  bool read_text(std::string_view& out) {
    const std::uint8_t tag = peek();
    std::size_t size = 0;
    std::size_t header = 1;
    if ((tag & 0xe0U) == 0xa0) {
      size = tag & 0x1fU;
    } else {
      const bool one = tag == 0xd9 || tag == 0xc4;
      const bool two = tag == 0xda || tag == 0xc5;
      const bool four = tag == 0xdb || tag == 0xc6;
      if (!read_size(one ? 1 : two ? 2 : four ? 4 : 0, size, header)) return false;
    }
    if (size > remaining() - header) return false;
    out = std::string_view(at_ + header, size);
    at_ += header + size;
    return true;
  }
  bool read_nil() {
    if (peek() != 0xc0) return false;
    ++at_;
    return true;
  }
  /// A bool or a float of either width: never a reading, but no reason to give up the frame.
  bool skip_bool_or_float() {
    const std::uint8_t tag = peek();
    const std::size_t size = tag == 0xc2 || tag == 0xc3 ? 1 : tag == 0xca ? 5 : tag == 0xcb ? 9 : 0;
    if (size == 0 || size > remaining()) return false;
    at_ += size;
    return true;
  }
  /// Any one item with all that is in it. Neither depth nor claimed sizes cost memory.
  bool skip() {
    const char* const before = at_;
    std::uint64_t wanted = 1;
    while (wanted > 0) {
      std::size_t items = 0;
      std::string_view text;
      if (wanted > remaining() || !skip_one(items, text)) {
        at_ = before;
        return false;
      }
      wanted += items;
      --wanted;
    }
    return true;
  }

 private:
  static constexpr std::uint8_t kUnsigned8 = 0xcc;  ///< ... 0xcf: of 64 bits
  static constexpr std::uint8_t kSigned8 = 0xd0;
  static constexpr std::uint8_t kSigned64 = 0xd3;

  /// The `width` bytes after the tag, which are there.
  [[nodiscard]] std::uint64_t big_endian(std::size_t width) const {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t value = 0;
    if (remaining() >= 1 + sizeof value) {
      std::memcpy(&value, at_ + 1, sizeof value);
      return __builtin_bswap64(value) >> (64 - 8 * width);
    }
    for (std::size_t i = 0; i < width; ++i) value = (value << 8U) | static_cast<std::uint8_t>(at_[1 + i]);
    return value;
  }
  /// An item's own bytes; `items` that belong to it follow.
  bool skip_one(std::size_t& items, std::string_view& text) {
    std::uint64_t number = 0;
    std::int64_t negative = 0;
    if (read_array(items)) return true;
    if (read_map(items)) {
      items *= 2;
      return true;
    }
    return read_uint(number) || read_int(negative) || read_text(text) || read_nil() || skip_bool_or_float() ||
           skip_extension();
  }
  bool skip_extension() {
    const std::uint8_t tag = peek();
    std::size_t size = 0;
    std::size_t header = 1;
    if (tag >= 0xd4 && tag <= 0xd8) {
      size = std::size_t{1} << (tag - 0xd4U);
    } else if (tag < 0xc7 || tag > 0xc9 || !read_size(std::size_t{1} << (tag - 0xc7U), size, header)) {
      return false;
    }
    if (remaining() < header + 1 || size > remaining() - header - 1) return false;
    at_ += header + 1 + size;
    return true;
  }
  bool read_size(std::size_t width, std::size_t& size, std::size_t& header) const {
    if (width == 0 || remaining() < 1 + width) return false;
    size = static_cast<std::size_t>(big_endian(width));
    header = 1 + width;
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace wattring
