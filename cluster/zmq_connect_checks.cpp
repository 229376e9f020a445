// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_connect_checks.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace wattring::cluster {
namespace {

ConnectOutcome outcome_of(int error) {
  if (error == 0) return ConnectOutcome::accepted;
  // A reset is a kernel's no as well: the listener went while the connection was being made.
  return error == ECONNREFUSED || error == ECONNRESET ? ConnectOutcome::refused : ConnectOutcome::unreachable;
}

/// Closing resets the connection, so that checks leave no ports waiting.
void reset_on_close(const FileHandle& socket) {
  const linger none{1, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

}  // namespace

ZmqConnectChecks::~ZmqConnectChecks() {
  for (const auto& [token, check] : checks_) epoll_.remove(check.socket.get());
}

void ZmqConnectChecks::start(const std::string& endpoint, std::int64_t now_ns, std::vector<Input>& outcomes) {
  const auto same = [&](const auto& entry) { return entry.second.endpoint == endpoint; };
  if (std::any_of(checks_.begin(), checks_.end(), same)) return;
  const auto tell = [&](ConnectOutcome outcome) { outcomes.emplace_back(input::ConnectChecked{endpoint, outcome}); };
  const auto address = parse_host_port(endpoint);
  if (!address || !address->is_numeric() || address->port == 0 || checks_.size() >= kAtOnceMax)
    return tell(ConnectOutcome::unreachable);
  Connecting begun = begin_connect(*address);
  if (begun.error != 0) return tell(outcome_of(begun.error));
  reset_on_close(begun.socket);
  const std::uint64_t token = token_base_ + next_++;
  epoll_.add(begun.socket.get(), token, true);
  checks_.emplace(token, Check{endpoint, std::move(begun.socket), now_ns + kTimeoutNs});
}

void ZmqConnectChecks::ready(std::uint64_t token, std::vector<Input>& outcomes) {
  const auto place = checks_.find(token);
  if (place == checks_.end()) return;
  ConnectOutcome outcome = outcome_of(pending_error(place->second.socket));
  if (outcome == ConnectOutcome::accepted && connected_to_itself(place->second.socket))
    outcome = ConnectOutcome::refused;
  finish(place, outcome, outcomes);
}

void ZmqConnectChecks::expire(std::int64_t now_ns, std::vector<Input>& outcomes) {
  std::vector<std::uint64_t> late;
  for (const auto& [token, check] : checks_)
    if (check.deadline_ns <= now_ns) late.push_back(token);
  std::sort(late.begin(), late.end());
  for (const std::uint64_t token : late) finish(checks_.find(token), ConnectOutcome::unreachable, outcomes);
}

std::int64_t ZmqConnectChecks::next_deadline_ns() const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const auto& [token, check] : checks_) next = std::min(next, check.deadline_ns);
  return next;
}

void ZmqConnectChecks::finish(Place place, ConnectOutcome outcome, std::vector<Input>& outcomes) {
  epoll_.remove(place->second.socket.get());
  outcomes.emplace_back(input::ConnectChecked{std::move(place->second.endpoint), outcome});
  checks_.erase(place);
}

}  // namespace wattring::cluster
