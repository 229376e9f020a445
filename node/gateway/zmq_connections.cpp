// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/zmq_connections.hpp"

#include <algorithm>

namespace wattring::gateway {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kFirstPingAfter = 10 * kSecond;
constexpr std::int64_t kForgetAfter = 120 * kSecond;

}  // namespace

ZmqConnections::Connection* ZmqConnections::find(std::string_view identity) {
  const auto found = connections_.find(identity);
  return found == connections_.end() ? nullptr : &found->second;
}

ZmqConnections::Connection& ZmqConnections::add(std::string_view identity, std::int64_t now_ns) {
  Connection connection;
  connection.serial = next_serial_++;
  seen(connection, now_ns);
  return connections_.insert_or_assign(std::string(identity), connection).first->second;
}

void ZmqConnections::remove(std::string_view identity) {
  const auto found = connections_.find(identity);
  if (found != connections_.end()) connections_.erase(found);
}

void ZmqConnections::seen(Connection& connection, std::int64_t now_ns) {
  connection.seen_ns = now_ns;
  connection.next_ping_ns = now_ns + kFirstPingAfter;
  connection.unanswered_pings = 0;
}

std::vector<std::string> ZmqConnections::take_due_pings(std::int64_t now_ns, bool all) {
  std::vector<std::string> due;
  for (auto& [identity, connection] : connections_) {
    if (connection.unanswered_pings >= kUnansweredPingsMax || (!all && connection.next_ping_ns > now_ns)) continue;
    ++connection.unanswered_pings;
    connection.next_ping_ns = now_ns + (kFirstPingAfter << connection.unanswered_pings);
    due.push_back(identity);
  }
  return due;
}

bool ZmqConnections::forget_silent(std::int64_t now_ns) {
  const auto longest = std::min_element(connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
    return a.second.seen_ns < b.second.seen_ns;
  });
  if (longest == connections_.end() || now_ns - longest->second.seen_ns < kForgetAfter ||
      longest->second.unanswered_pings == 0)
    return false;
  connections_.erase(longest);
  return true;
}

}  // namespace wattring::gateway
