// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

/// The few calls on file descriptors and TCP addresses that doors to the network need.

namespace wattring {

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
/// From now on resolve() on this thread asks each name server once and waits a second, not several times five.
void shorten_look_ups_of_this_thread();

/// A TCP connection that is being made, non-blocking: poll for writing, then ask pending_error. error is an errno, 0
/// while nothing has failed yet.
struct Connecting {
  FileHandle socket;
  int error = 0;
};
[[nodiscard]] Connecting begin_connect(const HostPort& numeric);
/// The errno that a connection ended with, 0 when it was made. Read once.
[[nodiscard]] int pending_error(const FileHandle& socket);
/// True when a connection came out at its own beginning, as TCP on one machine may do with a port that is free.
[[nodiscard]] bool connected_to_itself(const FileHandle& socket);

/// The same with errors for people.
[[nodiscard]] Result<FileHandle> start_connect(const HostPort& numeric);
[[nodiscard]] Result<void> connect_outcome(const FileHandle& socket, const HostPort& peer);
/// Whether somebody listens there: connects and closes again. Waits at most the time-out.
[[nodiscard]] Result<void> probe_listener(const HostPort& numeric, std::int64_t timeout_ms);

}  // namespace wattring
