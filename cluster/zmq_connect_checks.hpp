// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/sockets.hpp"
#include "cluster/transport.hpp"
#include "cluster/zmq_epoll.hpp"

namespace wattring::cluster {

/// Own connections, made only to see what becomes of them: libzmq does not tell a refused one from a silent one. At
/// most 64 at once, each at most a second; all in the owner's loop.
class ZmqConnectChecks {
 public:
  static constexpr std::size_t kAtOnceMax = 64;
  static constexpr std::int64_t kTimeoutNs = 1'000'000'000;

  /// Tokens of its descriptors are token_base + 0, 1, ...
  ZmqConnectChecks(ZmqEpoll& epoll, std::uint64_t token_base) : epoll_(epoll), token_base_(token_base) {}
  ~ZmqConnectChecks();
  ZmqConnectChecks(const ZmqConnectChecks&) = delete;
  ZmqConnectChecks& operator=(const ZmqConnectChecks&) = delete;

  /// An endpoint under way is not tried twice. One too many is unreachable at once.
  void start(const std::string& endpoint, std::int64_t now_ns, std::vector<Input>& outcomes);
  void ready(std::uint64_t token, std::vector<Input>& outcomes);
  void expire(std::int64_t now_ns, std::vector<Input>& outcomes);
  /// When expire() has something to do; the largest time when never.
  [[nodiscard]] std::int64_t next_deadline_ns() const;

 private:
  struct Check {
    std::string endpoint;
    FileHandle socket;
    std::int64_t deadline_ns = 0;
  };
  using Place = std::unordered_map<std::uint64_t, Check>::iterator;
  void finish(Place place, ConnectOutcome outcome, std::vector<Input>& outcomes);

  ZmqEpoll& epoll_;
  const std::uint64_t token_base_;
  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, Check> checks_;
};

}  // namespace wattring::cluster
