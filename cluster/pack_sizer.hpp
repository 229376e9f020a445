// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wattring::cluster {

/// Counts the bytes that a PackWriter would write.
class PackSizer {
 public:
  void uint(std::uint64_t v) { size_ += v < 0x80 ? 1 : v <= 0xff ? 2 : v <= 0xffff ? 3 : v <= 0xffff'ffff ? 5 : 9; }
  void integer(std::int64_t v) {
    if (v >= 0) return uint(static_cast<std::uint64_t>(v));
    size_ += v >= -32 ? 1 : v >= INT8_MIN ? 2 : v >= INT16_MIN ? 3 : v >= INT32_MIN ? 5 : 9;
  }
  void array(std::size_t count) { size_ += count < 16 ? 1 : count <= 0xffff ? 3 : 5; }
  void map(std::size_t pairs) { array(pairs); }
  void text(std::string_view v) { size_ += v.size() + (v.size() < 32 ? 1 : sized(v.size())); }
  void binary(std::string_view v) { size_ += v.size() + sized(v.size()); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static std::size_t sized(std::size_t bytes) { return bytes <= 0xff ? 2 : bytes <= 0xffff ? 3 : 5; }
  std::size_t size_ = 0;
};

}  // namespace wattring::cluster
