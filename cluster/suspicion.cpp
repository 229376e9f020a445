// SPDX-License-Identifier: Apache-2.0
#include "cluster/suspicion.hpp"

#include <algorithm>
#include <cmath>

namespace wattring::cluster {

std::int64_t probe_interval_ns(const Settings& settings, std::size_t members) {
  return members <= settings.small_cluster ? settings.probe_interval_small_ns : settings.probe_interval_ns;
}

std::int64_t suspicion_min_ns(const Settings& settings, std::size_t members) {
  const double scale = std::max(1.0, std::log10(static_cast<double>(std::max<std::size_t>(members, 1))));
  const double scaled = static_cast<double>(settings.suspicion_factor) * scale *
                        static_cast<double>(probe_interval_ns(settings, members));
  return std::max(settings.suspicion_min_ns, static_cast<std::int64_t>(scaled));
}

std::int64_t suspicion_timeout_ns(const Settings& settings, std::size_t members, std::size_t confirmations) {
  const std::int64_t least = suspicion_min_ns(settings, members);
  const std::size_t k = members < 3 ? 0 : std::min(settings.confirmations, members - 2);
  if (k == 0 || confirmations >= k) return least;
  const auto most = static_cast<double>(settings.suspicion_max_factor * least);
  const double share = std::log(static_cast<double>(confirmations) + 1) / std::log(static_cast<double>(k) + 1);
  return std::max(least, static_cast<std::int64_t>(most - (most - static_cast<double>(least)) * share));
}

std::size_t retransmit_limit(const Settings& settings, std::size_t members) {
  return settings.retransmit_factor * static_cast<std::size_t>(std::ceil(std::log10(static_cast<double>(members) + 1)));
}

double FlapScore::at(std::int64_t now_ns, std::int64_t half_life_ns) const {
  return score_ * std::exp2(-static_cast<double>(now_ns - at_ns_) / static_cast<double>(half_life_ns));
}

void FlapScore::add(std::int64_t now_ns, std::int64_t half_life_ns) {
  score_ = at(now_ns, half_life_ns) + 1;
  at_ns_ = now_ns;
}

}  // namespace wattring::cluster
