// SPDX-License-Identifier: Apache-2.0
#include "cluster/peer_guard.hpp"

namespace wattring::cluster {

bool PeerGuard::admits(const Route& from, std::int64_t now_ns) {
  if (peers_.empty()) return true;
  const auto found = peers_.find({from.endpoint, from.connection});
  if (found == peers_.end() || found->second.banned_until_ns <= now_ns) return true;
  touch(found->first);
  ++turned_away_;
  return false;
}

bool PeerGuard::offence(const Route& from, std::int64_t now_ns) {
  Peer& peer = touch({from.endpoint, from.connection});
  // The ring's next place holds the oldest of the last ten.
  std::int64_t& oldest_ns = peer.times_ns[peer.offences % kOffencesMax];
  oldest_ns = now_ns;
  ++peer.offences;
  const std::int64_t tenth_last_ns = peer.times_ns[peer.offences % kOffencesMax];
  if (peer.offences < kOffencesMax || now_ns - tenth_last_ns > kWindowNs) return false;
  peer.offences = 0;
  peer.banned_until_ns = now_ns + kBanNs;
  ++bans_;
  return true;
}

PeerGuard::Peer& PeerGuard::touch(const Key& key) {
  const auto [found, is_new] = peers_.try_emplace(key);
  if (is_new) {
    ages_.push_front(key);
    found->second.age = ages_.begin();
  } else {
    ages_.splice(ages_.begin(), ages_, found->second.age);
  }
  if (peers_.size() > kPeersMax) {
    peers_.erase(ages_.back());
    ages_.pop_back();
  }
  return found->second;
}

}  // namespace wattring::cluster
