// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace wattring {

/// XXH3-64; its output is stable across releases and machines, so it may be stored.
[[nodiscard]] std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

/// XXH3-64 under a secret made from 128 random bits. Used where outsiders choose the input (meter ids), so that
/// they cannot aim everything at one shard without knowing the key.
class KeyedHash {
 public:
  explicit KeyedHash(const std::array<std::uint8_t, 16>& key);
  [[nodiscard]] std::uint64_t operator()(std::string_view bytes) const;

 private:
  static constexpr std::size_t kSecretBytes = 192;
  alignas(64) std::array<std::uint8_t, kSecretBytes> secret_{};
};

}  // namespace wattring
