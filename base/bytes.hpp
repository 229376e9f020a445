// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// Writing and reading of bytes. A reader never believes a length: it checks what is left first, and an error sticks.

namespace wattring {

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u16_be(std::uint16_t v) { big_endian(v); }
  void u32_be(std::uint32_t v) { big_endian(v); }
  void u64_be(std::uint64_t v) { big_endian(v); }
  /// LEB128, 7 bits a byte, low bits first; at most 10 bytes.
  void varint(std::uint64_t v) {
    char buffer[10];
    std::size_t n = 0;
    while (v >= 0x80) {
      buffer[n++] = static_cast<char>(v | 0x80);
      v >>= 7U;
    }
    buffer[n++] = static_cast<char>(v);
    out_.append(buffer, n);
  }
  /// Small magnitudes of either sign become small numbers.
  void zigzag(std::int64_t v) { varint((static_cast<std::uint64_t>(v) << 1U) ^ static_cast<std::uint64_t>(v >> 63)); }
  void bytes(std::string_view v) { out_.append(v); }
  void sized_bytes(std::string_view v) {
    varint(v.size());
    bytes(v);
  }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  template <class T>
  void big_endian(T v) {
    char buffer[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) buffer[i] = static_cast<char>(v >> (8 * (sizeof(T) - 1 - i)));
    out_.append(buffer, sizeof(T));
  }
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  /// False once any read ran past the end or met a malformed varint; every later read then gives zero or empty.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  std::uint8_t u8() { return big_endian<std::uint8_t>(); }
  std::uint16_t u16_be() { return big_endian<std::uint16_t>(); }
  std::uint32_t u32_be() { return big_endian<std::uint32_t>(); }
  std::uint64_t u64_be() { return big_endian<std::uint64_t>(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    return static_cast<std::uint64_t>(fail_zero());
  }
  std::int64_t zigzag() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>((v >> 1U) ^ (~(v & 1U) + 1));
  }
  std::string_view bytes(std::uint64_t count) {
    if (count > rest_.size()) {
      fail_zero();
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return taken;
  }
  std::string_view sized_bytes() { return bytes(varint()); }

 private:
  int fail_zero() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  template <class T>
  T big_endian() {
    if (rest_.size() < sizeof(T)) return static_cast<T>(fail_zero());
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8U) | static_cast<std::uint8_t>(rest_[i]));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace wattring
