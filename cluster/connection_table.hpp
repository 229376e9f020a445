// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace wattring::cluster {

/// Numbers for the connections of a listener, never used twice, so that an answer reaches whom it is for or nobody.
/// The listener's own ids of connections begin anew and wrap. Bounded: who was heard longest ago goes first; when it
/// speaks again it gets another number. Pure; times are monotonic nanoseconds.
class ConnectionTable {
 public:
  ConnectionTable(std::size_t maximum, std::int64_t idle_ns) : maximum_(maximum), idle_ns_(idle_ns) {}

  /// A number that is nobody's, for a connection that is kept elsewhere.
  std::uint64_t take_number() { return next_number_++; }
  /// Something came from the connection with this id: its number.
  std::uint64_t heard(std::uint32_t id, std::int64_t now_ns);
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t number) const;
  void erase(std::uint64_t number);
  void erase_idle(std::int64_t now_ns);
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  struct Connection {
    std::uint64_t number = 0;
    std::uint32_t id = 0;
    std::int64_t heard_ns = 0;
  };
  using Place = std::list<Connection>::iterator;
  void erase(Place place);

  const std::size_t maximum_;
  const std::int64_t idle_ns_;
  std::uint64_t next_number_ = 1;
  std::list<Connection> connections_;  ///< heard longest ago first
  std::unordered_map<std::uint32_t, Place> by_id_;
  std::unordered_map<std::uint64_t, Place> by_number_;
};

}  // namespace wattring::cluster
