// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/prng.hpp"
#include "sharding/peer_message.hpp"
#include "tests/simulation/replication/entries.hpp"

namespace wattring::replication {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMs;

/// What happens to messages that are not held up.
struct Weather {
  double loss = 0;
  double duplicate = 0;
  double reorder = 0;  ///< share that may overtake
  std::int64_t delay_ns = kMs / 2;
  std::int64_t jitter_ns = kMs / 2;
};

struct Letter {
  Node from = kNoNode;
  Node to = kNoNode;
  std::int64_t sent_ns = 0;
  sharding::PeerMessage message;
};

/// Links of one direction each: cut (what is sent is lost), clogged (it waits), or as the weather is.
class Network {
 public:
  explicit Network(std::uint64_t seed) : prng_(seed) {}

  void set_weather(const Weather& weather) { weather_ = weather; }
  void set_cut(Node from, Node to, bool cut) { link(from, to).cut = cut; }
  void set_clogged(Node from, Node to, bool clogged) { link(from, to).clogged = clogged; }
  void heal();
  [[nodiscard]] bool open(Node from, Node to) const {
    const Link& l = links_[from][to];
    return !l.cut && !l.clogged;
  }
  [[nodiscard]] bool cut(Node from, Node to) const { return links_[from][to].cut; }
  [[nodiscard]] bool clogged(Node from, Node to) const { return links_[from][to].clogged; }

  /// When it arrives; nothing: it is lost. Twice when it is duplicated.
  struct Arrivals {
    std::array<std::int64_t, 2> at_ns{};
    std::size_t count = 0;
  };
  [[nodiscard]] Arrivals send(std::int64_t now_ns, Node from, Node to);

  struct Counts {
    std::uint64_t lost = 0;
    std::uint64_t cut = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t overtaken = 0;
    std::uint64_t held = 0;
  };
  Counts counts;

  /// Letters on their way, by number.
  [[nodiscard]] std::uint32_t keep(Letter letter);
  [[nodiscard]] Letter take(std::uint32_t number);

 private:
  struct Link {
    bool cut = false;
    bool clogged = false;
    std::int64_t last_ns = 0;
  };
  [[nodiscard]] Link& link(Node from, Node to) { return links_[from][to]; }
  [[nodiscard]] std::int64_t arrival(std::int64_t now_ns, Link& link);

  Prng prng_;
  Weather weather_;
  std::array<std::array<Link, kNodesMax>, kNodesMax> links_{};
  std::vector<Letter> letters_;
  std::vector<std::uint32_t> free_;
};

}  // namespace wattring::replication
