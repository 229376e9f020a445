// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wattring::gateway {

/// What the native listener knows of its peers. A ROUTER does not tell when a peer goes, so silent ones are sent a
/// PING: to a peer that is gone it cannot be sent. Pure bookkeeping; times are monotonic nanoseconds.
class ZmqConnections {
 public:
  struct Connection {
    std::uint64_t serial = 0;  ///< tells two connections of one identity apart
    bool greeted = false;
    std::uint32_t in_flight = 0;
    std::int64_t seen_ns = 0;        ///< last frame from it
    std::int64_t error_told_ns = 0;  ///< last ERROR sent to it; 0 = never
    std::int64_t next_ping_ns = 0;
    unsigned unanswered_pings = 0;
  };
  explicit ZmqConnections(std::size_t maximum) : maximum_(maximum) {}

  /// Null when it is not known.
  Connection* find(std::string_view identity);
  [[nodiscard]] bool full() const { return connections_.size() >= maximum_; }
  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  Connection& add(std::string_view identity, std::int64_t now_ns);
  void remove(std::string_view identity);
  /// A frame came from it.
  static void seen(Connection& connection, std::int64_t now_ns);

  /// Identities that should be sent a PING now; with `all`, also those whose turn it is not yet. Few PINGs go to a peer
  /// that answers none, because they take the room of its replies.
  std::vector<std::string> take_due_pings(std::int64_t now_ns, bool all);
  /// Forgets the peer that has been silent longest despite PINGs; false when none was silent for two minutes.
  bool forget_silent(std::int64_t now_ns);

  static constexpr unsigned kUnansweredPingsMax = 8;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  const std::size_t maximum_;
  std::uint64_t next_serial_ = 1;
  std::unordered_map<std::string, Connection, Hash, std::equal_to<>> connections_;
};

}  // namespace wattring::gateway
