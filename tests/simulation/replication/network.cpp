// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/network.hpp"

#include <algorithm>
#include <utility>

namespace wattring::replication {

void Network::heal() {
  for (auto& row : links_)
    for (Link& link : row) link.cut = link.clogged = false;
  weather_ = Weather();
}

std::int64_t Network::arrival(std::int64_t now_ns, Link& link) {
  const auto jitter = static_cast<std::uint64_t>(weather_.jitter_ns);
  std::int64_t at = now_ns + weather_.delay_ns + static_cast<std::int64_t>(prng_.below(jitter + 1));
  if (weather_.reorder > 0 && prng_.chance(weather_.reorder)) {
    at += static_cast<std::int64_t>(prng_.below(10 * jitter + 1));
    if (at < link.last_ns) ++counts.overtaken;
  } else {
    at = std::max(at, link.last_ns);
  }
  link.last_ns = std::max(link.last_ns, at);
  return at;
}

Network::Arrivals Network::send(std::int64_t now_ns, Node from, Node to) {
  Arrivals arrivals;
  if (link(from, to).cut) {
    ++counts.cut;
    return arrivals;
  }
  if (weather_.loss > 0 && prng_.chance(weather_.loss)) {
    ++counts.lost;
    return arrivals;
  }
  arrivals.at_ns[arrivals.count++] = arrival(now_ns, link(from, to));
  if (weather_.duplicate > 0 && prng_.chance(weather_.duplicate)) {
    arrivals.at_ns[arrivals.count++] = arrival(now_ns, link(from, to));
    ++counts.duplicated;
  }
  return arrivals;
}

std::uint32_t Network::keep(Letter letter) {
  if (free_.empty()) {
    letters_.push_back(std::move(letter));
    return static_cast<std::uint32_t>(letters_.size() - 1);
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  letters_[number] = std::move(letter);
  return number;
}

Letter Network::take(std::uint32_t number) {
  free_.push_back(number);
  return std::exchange(letters_[number], {});
}

}  // namespace wattring::replication
