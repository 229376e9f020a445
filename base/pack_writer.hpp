// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Writes MessagePack in its shortest forms. Small items gather in a buffer on the stack, so that the string grows a
/// few times per batch and not once per number; flush() hands over what is left in it.

namespace wattring {

class PackWriter {
 public:
  explicit PackWriter(std::string& out) : out_(out) {}
  PackWriter(const PackWriter&) = delete;
  PackWriter& operator=(const PackWriter&) = delete;

  void byte(std::uint8_t v) {
    room(1);
    put(v);
  }
  void uint(std::uint64_t v) {
    room(9);
    if (v < 0x80) {
      put(static_cast<std::uint8_t>(v));
    } else if (v <= 0xff) {
      fixed(0xcc, static_cast<std::uint8_t>(v));
    } else if (v <= 0xffff) {
      fixed(0xcd, static_cast<std::uint16_t>(v));
    } else if (v <= 0xffff'ffff) {
      fixed(0xce, static_cast<std::uint32_t>(v));
    } else {
      fixed(0xcf, v);
    }
  }
  void integer(std::int64_t v) {
    if (v >= 0) return uint(static_cast<std::uint64_t>(v));
    room(9);
    const auto bits = static_cast<std::uint64_t>(v);
    if (v >= -32) {
      put(static_cast<std::uint8_t>(bits));
    } else if (v >= INT8_MIN) {
      fixed(0xd0, static_cast<std::uint8_t>(bits));
    } else if (v >= INT16_MIN) {
      fixed(0xd1, static_cast<std::uint16_t>(bits));
    } else if (v >= INT32_MIN) {
      fixed(0xd2, static_cast<std::uint32_t>(bits));
    } else {
      fixed(0xd3, bits);
    }
  }
  void array(std::size_t count) {
    room(5);
    if (count < 16) {
      put(static_cast<std::uint8_t>(0x90 | count));
    } else if (count <= 0xffff) {
      fixed(0xdc, static_cast<std::uint16_t>(count));
    } else {
      fixed(0xdd, static_cast<std::uint32_t>(count));
    }
  }
  void map(std::size_t pairs) {
    room(5);
    if (pairs < 16) {
      put(static_cast<std::uint8_t>(0x80 | pairs));
    } else if (pairs <= 0xffff) {
      fixed(0xde, static_cast<std::uint16_t>(pairs));
    } else {
      fixed(0xdf, static_cast<std::uint32_t>(pairs));
    }
  }
  void text(std::string_view v) {
    room(5);
    if (v.size() < 32) {
      put(static_cast<std::uint8_t>(0xa0 | v.size()));
    } else if (v.size() <= 0xff) {
      fixed(0xd9, static_cast<std::uint8_t>(v.size()));
    } else if (v.size() <= 0xffff) {
      fixed(0xda, static_cast<std::uint16_t>(v.size()));
    } else {
      fixed(0xdb, static_cast<std::uint32_t>(v.size()));
    }
    raw(v);
  }
  void binary(std::string_view v) {
    room(5);
    if (v.size() <= 0xff) {
      fixed(0xc4, static_cast<std::uint8_t>(v.size()));
    } else if (v.size() <= 0xffff) {
      fixed(0xc5, static_cast<std::uint16_t>(v.size()));
    } else {
      fixed(0xc6, static_cast<std::uint32_t>(v.size()));
    }
    raw(v);
  }
  void flush() {
    out_.append(buffer_, used_);
    used_ = 0;
  }

 private:
  static constexpr std::size_t kBufferBytes = 2048;

  void raw(std::string_view v) {
    if (v.size() > kBufferBytes) {
      flush();
      out_.append(v);
      return;
    }
    room(v.size());
    v.copy(buffer_ + used_, v.size());
    used_ += v.size();
  }
  void room(std::size_t bytes) {
    if (used_ + bytes > kBufferBytes) flush();
  }
  void put(std::uint8_t v) { buffer_[used_++] = static_cast<char>(v); }
  template <class T>
  void fixed(std::uint8_t tag, T v) {
    put(tag);
    for (std::size_t i = 0; i < sizeof(T); ++i)
      buffer_[used_++] = static_cast<char>(static_cast<std::uint64_t>(v) >> (8 * (sizeof(T) - 1 - i)));
  }

  std::string& out_;
  std::size_t used_ = 0;
  char buffer_[kBufferBytes];
};

}  // namespace wattring
