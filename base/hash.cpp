// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace wattring {

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

KeyedHash::KeyedHash(const std::array<std::uint8_t, 16>& key) {
  static_assert(kSecretBytes >= XXH3_SECRET_SIZE_MIN);
  // Expanded with the hash itself in counter mode: a secret must look random, and 16 key bytes alone are too few.
  const std::string_view key_bytes(reinterpret_cast<const char*>(key.data()), key.size());
  for (std::size_t i = 0; i < kSecretBytes / 8; ++i) {
    const std::uint64_t word = hash64(key_bytes, i + 1);
    for (std::size_t b = 0; b < 8; ++b) secret_[i * 8 + b] = static_cast<std::uint8_t>(word >> (8 * b));
  }
}

std::uint64_t KeyedHash::operator()(std::string_view bytes) const {
  return XXH3_64bits_withSecret(bytes.data(), bytes.size(), secret_.data(), secret_.size());
}

}  // namespace wattring
