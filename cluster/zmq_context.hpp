// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/result.hpp"

namespace wattring::cluster {

/// libzmq's context: its IO thread and its sockets. One a process, made by whoever puts the parts together and handed
/// to all who open sockets; they keep it alive. Any thread.
class ZmqContext {
 public:
  struct Options {
    int sockets_max = 4096;
    /// Open files that the process must be allowed. A link takes four.
    std::uint64_t files_min = 1024;
  };
  /// Raises the process's limit of open files as far as it goes; io when that is less than files_min.
  [[nodiscard]] static Result<std::shared_ptr<ZmqContext>> create(const Options& options);
  [[nodiscard]] static Result<std::shared_ptr<ZmqContext>> create() { return create(Options{}); }
  /// Waits for sockets that still linger.
  ~ZmqContext();
  ZmqContext(const ZmqContext&) = delete;
  ZmqContext& operator=(const ZmqContext&) = delete;

  [[nodiscard]] void* handle() const { return handle_; }
  /// For names within the context; never the same twice.
  std::uint64_t next_number() { return next_number_.fetch_add(1); }

 private:
  explicit ZmqContext(void* handle) : handle_(handle) {}
  void* const handle_;
  std::atomic<std::uint64_t> next_number_{1};
};

}  // namespace wattring::cluster
