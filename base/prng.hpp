// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace wattring {

/// xoshiro256** seeded through splitmix64 (Blackman and Vigna). A value, seeded once; the same seed gives the same
/// stream on every machine. Not for secrets.
class Prng {
 public:
  using result_type = std::uint64_t;
  explicit Prng(std::uint64_t seed);

  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
  bool chance(double probability) { return unit() < probability; }
  /// An independent stream, so that one part's draws do not shift another's.
  [[nodiscard]] Prng fork();

  std::uint64_t operator()() { return next(); }
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

 private:
  std::array<std::uint64_t, 4> state_{};
};

/// The operating system's randomness, for identities and seeds; called by programs' main only.
[[nodiscard]] std::array<std::uint8_t, 16> os_random_128();

}  // namespace wattring
