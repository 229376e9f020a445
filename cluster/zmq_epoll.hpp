// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/sockets.hpp"

namespace wattring::cluster {

/// Waits for many file descriptors at a cost that grows with those that are ready, not with all.
class ZmqEpoll {
 public:
  ZmqEpoll();
  /// The token comes back when the descriptor can be read, or, `for_writing`, written.
  void add(int fd, std::uint64_t token, bool for_writing = false);
  /// Before the descriptor is closed.
  void remove(int fd);
  /// Waits at most so long, rounded up to milliseconds; puts the tokens of what is ready in `ready`.
  void wait(std::int64_t timeout_ns, std::vector<std::uint64_t>& ready);

 private:
  FileHandle epoll_;
};

}  // namespace wattring::cluster
