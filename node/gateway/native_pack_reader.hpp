// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

/// The part of MessagePack (github.com/msgpack/msgpack, spec.md) that the native protocol needs, straight from and to
/// bytes. Inline, because it runs a few times per reading; tests hold it against msgpack-c.

namespace wattring::gateway::native {

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
    if (tag < 0x80) return take(static_cast<std::int64_t>(tag), out);
    if (tag >= 0xe0) return take(static_cast<std::int64_t>(static_cast<std::int8_t>(tag)), out);
    switch (tag) {
      case 0xcc:
        return fixed<std::uint8_t>(out);
      case 0xcd:
        return fixed<std::uint16_t>(out);
      case 0xce:
        return fixed<std::uint32_t>(out);
      case 0xcf: {
        std::uint64_t wide = 0;
        if (!peek_fixed(wide) || wide > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return false;
        return fixed<std::uint64_t>(out);
      }
      case 0xd0:
        return fixed<std::uint8_t, std::int8_t>(out);
      case 0xd1:
        return fixed<std::uint16_t, std::int16_t>(out);
      case 0xd2:
        return fixed<std::uint32_t, std::int32_t>(out);
      case 0xd3:
        return fixed<std::uint64_t, std::int64_t>(out);
      default:
        return false;
    }
  }
  /// An integer that is not negative.
  bool read_uint(std::uint64_t& out) {
    if (peek() == 0xcf) {
      if (!peek_fixed(out)) return false;
      at_ += 9;
      return true;
    }
    const char* const before = at_;
    std::int64_t value = 0;
    if (!read_int(value)) return false;
    if (value < 0) {
      at_ = before;
      return false;
    }
    out = static_cast<std::uint64_t>(value);
    return true;
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

 private:
  template <class T>
  bool peek_fixed(T& out) const {
    if (remaining() < 1 + sizeof(T)) return false;
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      value = static_cast<T>((std::uint64_t{value} << 8U) | static_cast<std::uint8_t>(at_[1 + i]));
    out = value;
    return true;
  }
  template <class Wire, class Meaning = Wire>
  bool fixed(std::int64_t& out) {
    Wire wire = 0;
    if (!peek_fixed(wire)) return false;
    at_ += 1 + sizeof(Wire);
    out = static_cast<std::int64_t>(static_cast<Meaning>(wire));
    return true;
  }
  bool take(std::int64_t value, std::int64_t& out) {
    ++at_;
    out = value;
    return true;
  }
  bool read_size(std::size_t width, std::size_t& size, std::size_t& header) const {
    if (width == 0 || remaining() < 1 + width) return false;
    size = 0;
    for (std::size_t i = 0; i < width; ++i) size = (size << 8U) | static_cast<std::uint8_t>(at_[1 + i]);
    header = 1 + width;
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace wattring::gateway::native
