// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "cluster/settings.hpp"
#include "cluster/transport.hpp"

namespace wattring::cluster {

/// Turns a deaf ear to connections that send garbage: the tenth malformed frame within a minute costs 60 s. What
/// arrives from them meanwhile is not decoded. Bounded: the connections not heard of for the longest are forgotten
/// first. Times are monotonic. One thread.
class PeerGuard {
 public:
  static constexpr std::size_t kOffencesMax = 10;
  static constexpr std::int64_t kWindowNs = 60 * kNsPerSecond;
  static constexpr std::int64_t kBanNs = 60 * kNsPerSecond;
  static constexpr std::size_t kPeersMax = 4096;

  /// False while the connection is banned; counts what is turned away.
  [[nodiscard]] bool admits(const Route& from, std::int64_t now_ns);
  /// A frame that could not be decoded and whose sender is to blame. True when this one brings the ban.
  bool offence(const Route& from, std::int64_t now_ns);

  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  [[nodiscard]] std::uint64_t bans() const { return bans_; }
  [[nodiscard]] std::uint64_t turned_away() const { return turned_away_; }

 private:
  using Key = std::pair<std::string, std::uint64_t>;
  struct Peer {
    std::array<std::int64_t, kOffencesMax> times_ns{};  ///< of the last offences, in a ring
    std::size_t offences = 0;                           ///< since the last ban
    std::int64_t banned_until_ns = 0;
    std::list<Key>::iterator age;
  };
  Peer& touch(const Key& key);

  std::map<Key, Peer> peers_;
  std::list<Key> ages_;  ///< latest first
  std::uint64_t bans_ = 0;
  std::uint64_t turned_away_ = 0;
};

}  // namespace wattring::cluster
