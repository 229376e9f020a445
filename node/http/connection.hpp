// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace wattring::http {

/// One accepted socket, buffered both ways, with a limit on how slow its client may be. Owns the descriptor. One
/// thread, except that others may shut the descriptor down to end a wait.
class Connection {
 public:
  struct Limits {
    std::size_t header_bytes_max = 64U << 10U;
    std::int64_t slow_ms = 10'000;          ///< grace for the request, and again for the response ...
    std::size_t slow_bytes_per_s = 16'384;  ///< ... plus a second for as many bytes that did pass
  };
  Connection(int descriptor, Limits limits, const Clock& clock);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// Waits for the first byte of a request; false when the time is up or the peer is gone.
  [[nodiscard]] bool wait_for_request(std::int64_t timeout_ms);
  /// From here to body_begins() at most header_bytes_max are given out.
  void request_begins();
  void body_begins();
  void response_begins();

  /// At least one byte, 0 at the peer's end, -1 on an error, a time-out or too long a header.
  ssize_t read(char* into, std::size_t size);
  /// Exactly that many bytes appended, allocated as they arrive; false when they do not come.
  [[nodiscard]] bool read_exactly(std::string& into, std::size_t size);
  /// Buffered; -1 when the client does not take it.
  ssize_t write(const char* bytes, std::size_t size);
  bool flush();

  [[nodiscard]] bool timed_out() const { return timed_out_; }
  [[nodiscard]] bool header_too_long() const { return header_too_long_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::string& peer() const { return peer_; }

  /// Ends our side and discards what still comes, for a short while: closing with unread input would make the kernel
  /// reset the connection and take the response away from the client.
  void linger();

 private:
  enum class Direction { in, out };
  bool wait(Direction direction);
  void phase_begins();
  ssize_t receive(char* into, std::size_t size);
  bool send_all(const char* bytes, std::size_t size);

  const int descriptor_;
  const Limits limits_;
  const Clock& clock_;
  std::string peer_;
  std::vector<char> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::string output_;
  std::int64_t phase_start_ns_ = 0;
  std::uint64_t phase_bytes_ = 0;
  std::size_t header_bytes_left_ = 0;
  bool in_header_ = false;
  bool timed_out_ = false;
  bool header_too_long_ = false;
  bool failed_ = false;
};

/// Writes what fits without waiting and closes: for a connection that gets no thread.
void refuse_and_close(int descriptor, std::string_view response);

}  // namespace wattring::http
