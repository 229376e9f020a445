// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "cluster/settings.hpp"

/// The formulas of time: how often to probe, how long to wait, how long to doubt.

namespace wattring::cluster {

/// T for a cluster of so many live members, before local health stretches it.
[[nodiscard]] std::int64_t probe_interval_ns(const Settings& settings, std::size_t members);

/// Tmin = max(3.5 s, 4 * max(1, log10 N) * T).
[[nodiscard]] std::int64_t suspicion_min_ns(const Settings& settings, std::size_t members);

/// Lifeguard (arXiv 1707.00788, section IV-B): max(Tmin, Tmax - (Tmax - Tmin) * ln(c + 1) / ln(k + 1)), where c is the
/// number of others who confirmed and k = min(confirmations, N - 2).
[[nodiscard]] std::int64_t suspicion_timeout_ns(const Settings& settings, std::size_t members,
                                                std::size_t confirmations);

/// How often a piece of news is told: factor * ceil(log10(N + 1)).
[[nodiscard]] std::size_t retransmit_limit(const Settings& settings, std::size_t members);

/// Local health (Lifeguard's LHM): 0 good .. 7. Times and time-outs of this node are stretched by 1 + value.
class LocalHealth {
 public:
  static constexpr int kMax = 7;
  void worsen(int by, int most = kMax) { value_ = value_ + by > most ? most : value_ + by; }
  void improve() { value_ = value_ > 0 ? value_ - 1 : 0; }
  [[nodiscard]] int value() const { return value_; }
  [[nodiscard]] std::int64_t stretch(std::int64_t duration_ns) const { return duration_ns * (1 + value_); }

 private:
  int value_ = 0;
};

/// Counts returns from suspect or dead, halving away (flap damping).
class FlapScore {
 public:
  void add(std::int64_t now_ns, std::int64_t half_life_ns);
  [[nodiscard]] double at(std::int64_t now_ns, std::int64_t half_life_ns) const;

 private:
  double score_ = 0;
  std::int64_t at_ns_ = 0;
};

}  // namespace wattring::cluster
