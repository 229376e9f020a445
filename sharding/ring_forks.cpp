// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring_forks.hpp"

namespace wattring::sharding {

bool RingForks::differs(std::int64_t now_ns, const NodeId& node) {
  std::erase_if(forks_, [&](const auto& one) { return now_ns - one.second.last_ns > kRememberedNs; });
  const auto [at, is_news] = forks_.try_emplace(node, Fork{node, now_ns, now_ns});
  at->second.last_ns = now_ns;
  return is_news;
}

std::vector<RingForks::Fork> RingForks::seen(std::int64_t now_ns) const {
  std::vector<Fork> all;
  for (const auto& [node, fork] : forks_)
    if (now_ns - fork.last_ns <= kRememberedNs) all.push_back(fork);
  return all;
}

}  // namespace wattring::sharding
