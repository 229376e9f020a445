// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/transport.hpp"

namespace wattring::actor {

/// A network inside the process, for services that each have a thread. Frames arrive in order, or not at all when
/// `lose` says so.
class MemoryNetwork {
 public:
  /// Listens there until it is destroyed; an empty endpoint takes a free one.
  [[nodiscard]] std::unique_ptr<cluster::Transport> open(std::string endpoint = {});
  /// True for frames that vanish; of the sender's thread.
  void set_lose(std::function<bool(std::string_view frame)> lose);

 private:
  struct Seat {
    std::condition_variable changed;
    std::deque<std::string> frames;
    bool woken = false;
  };
  class Port;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, std::shared_ptr<Seat>> seats_;
  std::function<bool(std::string_view)> lose_;
  int next_port_ = 1;
};

}  // namespace wattring::actor
