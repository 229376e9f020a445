// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

/// The few calls on file descriptors that the gateways need.

namespace wattring::gateway {

/// Owns a file descriptor. Not thread-safe.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileHandle() { reset(); }
  void reset();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Lets any thread wake the one that polls fd(). An eventfd.
class WakeUp {
 public:
  WakeUp();
  void signal() const;
  /// To be called before looking at whatever was signalled.
  void clear() const;
  [[nodiscard]] int fd() const { return handle_.get(); }

 private:
  FileHandle handle_;
};

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  [[nodiscard]] std::string text() const;  ///< "127.0.0.1:7413", "[::1]:7413"
  [[nodiscard]] bool is_numeric() const;   ///< an address, no name to look up
};
/// "host:port", IPv6 in brackets.
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

/// Numeric addresses of a name, in the system's order of preference, without repeats. Asks DNS and may wait for it; a
/// numeric address comes back at once.
[[nodiscard]] Result<std::vector<HostPort>> resolve(const HostPort& name);

/// A TCP connection that is being made, non-blocking: poll for writing, then ask connect_outcome.
[[nodiscard]] Result<FileHandle> start_connect(const HostPort& numeric);
[[nodiscard]] Result<void> connect_outcome(const FileHandle& socket, const HostPort& peer);
/// Whether somebody listens there: connects and closes again. Waits at most the time-out.
[[nodiscard]] Result<void> probe_listener(const HostPort& numeric, std::int64_t timeout_ms);

}  // namespace wattring::gateway
