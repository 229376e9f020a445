// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace wattring::replication {

/// A set of entries by number: small, of fixed size, compared and joined by words.
class Bits {
 public:
  static constexpr std::size_t kSize = 1'024;

  void set(std::size_t i) { words_[i / 64] |= bit(i); }
  void reset(std::size_t i) { words_[i / 64] &= ~bit(i); }
  [[nodiscard]] bool test(std::size_t i) const { return (words_[i / 64] & bit(i)) != 0; }
  [[nodiscard]] bool any() const { return *this != Bits(); }
  [[nodiscard]] std::size_t count() const {
    std::size_t total = 0;
    for (const std::uint64_t word : words_) total += static_cast<std::size_t>(std::popcount(word));
    return total;
  }
  [[nodiscard]] bool includes(const Bits& other) const { return !other.without(*this).any(); }
  [[nodiscard]] Bits without(const Bits& other) const {
    Bits result = *this;
    for (std::size_t i = 0; i < kWords; ++i) result.words_[i] &= ~other.words_[i];
    return result;
  }
  Bits& operator|=(const Bits& other) {
    for (std::size_t i = 0; i < kWords; ++i) words_[i] |= other.words_[i];
    return *this;
  }
  Bits& operator&=(const Bits& other) {
    for (std::size_t i = 0; i < kWords; ++i) words_[i] &= other.words_[i];
    return *this;
  }
  friend Bits operator|(Bits a, const Bits& b) { return a |= b; }
  friend Bits operator&(Bits a, const Bits& b) { return a &= b; }
  friend bool operator==(const Bits&, const Bits&) = default;

  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < kWords; ++i)
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1)
        visit(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
  }

 private:
  static constexpr std::size_t kWords = kSize / 64;
  static constexpr std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << (i % 64); }
  std::array<std::uint64_t, kWords> words_{};
};

}  // namespace wattring::replication
