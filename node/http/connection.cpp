// SPDX-License-Identifier: Apache-2.0
#include "node/http/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace wattring::http {
namespace {

constexpr std::size_t kInputBytes = 64U << 10U;
constexpr std::size_t kOutputBytes = 64U << 10U;
constexpr std::size_t kBodyStepMin = 256U << 10U;
constexpr std::int64_t kLingerMs = 1'000;
constexpr std::int64_t kLingerBytesMax = 16 << 20;

std::string peer_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* ip = nullptr;
  if (address.ss_family == AF_INET) ip = &reinterpret_cast<sockaddr_in*>(&address)->sin_addr;
  if (address.ss_family == AF_INET6) ip = &reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr;
  if (ip == nullptr || inet_ntop(address.ss_family, ip, text.data(), text.size()) == nullptr) return "unknown";
  return text.data();
}

/// 1 ready, 0 time is up, -1 error.
int poll_one(int descriptor, short events, std::int64_t timeout_ms) {
  pollfd entry{descriptor, events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(timeout_ms, 3'600'000)));
    if (ready >= 0 || errno != EINTR) return ready;
  }
}

}  // namespace

Connection::Connection(int descriptor, Limits limits, const Clock& clock)
    : descriptor_(descriptor), limits_(limits), clock_(clock), peer_(peer_of(descriptor)) {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() {
  ::close(descriptor_);
}

void Connection::phase_begins() {
  phase_start_ns_ = clock_.monotonic_ns();
  phase_bytes_ = 0;
}

bool Connection::wait_for_request(std::int64_t timeout_ms) {
  if (input_begin_ < input_end_) return true;
  if (poll_one(descriptor_, POLLIN, timeout_ms) <= 0) return false;
  char peeked = 0;
  return ::recv(descriptor_, &peeked, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

void Connection::request_begins() {
  phase_begins();
  in_header_ = true;
  header_bytes_left_ = limits_.header_bytes_max;
}

void Connection::body_begins() {
  in_header_ = false;
}

void Connection::response_begins() {
  // A request that came too slowly or too long still gets its answer.
  if (timed_out_ || header_too_long_) failed_ = false;
  in_header_ = false;
  phase_begins();
}

bool Connection::wait(Direction direction) {
  if (direction == Direction::in) {
    // A client that sends header and body apart holds the second back until the first is acknowledged: do it now.
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  }
  // Allowed time = grace + what has passed / the rate that is demanded: a trickle does not hold a thread for ever.
  const auto earned_ms =
      static_cast<std::int64_t>(phase_bytes_ * 1000 / std::max<std::size_t>(1, limits_.slow_bytes_per_s));
  const std::int64_t used_ms = (clock_.monotonic_ns() - phase_start_ns_) / 1'000'000;
  const std::int64_t left_ms = limits_.slow_ms + earned_ms - used_ms;
  const int ready = left_ms <= 0 ? 0 : poll_one(descriptor_, direction == Direction::in ? POLLIN : POLLOUT, left_ms);
  if (ready == 0) timed_out_ = true;
  if (ready <= 0) failed_ = true;
  return ready > 0;
}

ssize_t Connection::receive(char* into, std::size_t size) {
  while (!failed_) {
    const ssize_t got = ::recv(descriptor_, into, size, MSG_DONTWAIT);
    if (got > 0) phase_bytes_ += static_cast<std::uint64_t>(got);
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) failed_ = true;
    if (!failed_ && !wait(Direction::in)) break;
  }
  return -1;
}

ssize_t Connection::read(char* into, std::size_t size) {
  if (size == 0) return 0;
  if (in_header_ && header_bytes_left_ == 0) header_too_long_ = failed_ = true;
  if (failed_) return -1;
  if (input_begin_ == input_end_) {
    if (input_.empty()) input_.resize(kInputBytes);
    const ssize_t got = receive(input_.data(), input_.size());
    if (got <= 0) return got;
    input_begin_ = 0;
    input_end_ = static_cast<std::size_t>(got);
  }
  std::size_t given = std::min(size, input_end_ - input_begin_);
  if (in_header_) given = std::min(given, header_bytes_left_);
  if (in_header_) header_bytes_left_ -= given;
  std::memcpy(into, input_.data() + input_begin_, given);
  input_begin_ += given;
  return static_cast<ssize_t>(given);
}

bool Connection::read_exactly(std::string& into, std::size_t size) {
  const std::size_t wanted = into.size() + size;
  const std::size_t buffered = std::min(size, input_end_ - input_begin_);
  into.append(input_.data() + input_begin_, buffered);
  input_begin_ += buffered;
  while (into.size() < wanted) {
    const std::size_t before = into.size();
    into.resize(before + std::min(wanted - before, std::max(kBodyStepMin, before)));
    std::size_t filled = before;
    while (filled < into.size()) {
      const ssize_t got = receive(into.data() + filled, into.size() - filled);
      if (got <= 0) {
        into.resize(filled);
        return false;
      }
      filled += static_cast<std::size_t>(got);
    }
  }
  return true;
}

bool Connection::send_all(const char* bytes, std::size_t size) {
  while (size > 0 && !failed_) {
    const ssize_t sent = ::send(descriptor_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      phase_bytes_ += static_cast<std::uint64_t>(sent);
      bytes += sent;
      size -= static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait(Direction::out)) return false;
    } else if (errno != EINTR) {
      failed_ = true;
    }
  }
  return size == 0;
}

ssize_t Connection::write(const char* bytes, std::size_t size) {
  if (failed_) return -1;
  if (output_.size() + size <= kOutputBytes) {
    output_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }
  return flush() && send_all(bytes, size) ? static_cast<ssize_t>(size) : -1;
}

bool Connection::flush() {
  const bool sent = send_all(output_.data(), output_.size());
  output_.clear();
  return sent;
}

void Connection::linger() {
  ::shutdown(descriptor_, SHUT_WR);
  const std::int64_t until_ns = clock_.monotonic_ns() + kLingerMs * 1'000'000;
  std::vector<char> discarded(kInputBytes);
  std::int64_t bytes = 0;
  while (bytes < kLingerBytesMax) {
    const std::int64_t left_ms = (until_ns - clock_.monotonic_ns()) / 1'000'000;
    if (left_ms <= 0 || poll_one(descriptor_, POLLIN, left_ms) <= 0) return;
    const ssize_t got = ::recv(descriptor_, discarded.data(), discarded.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    bytes += got;
  }
}

void refuse_and_close(int descriptor, std::string_view response) {
  (void)::send(descriptor, response.data(), response.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(descriptor, SHUT_WR);
  std::array<char, 4096> discarded{};
  for (int i = 0; i < 16 && ::recv(descriptor, discarded.data(), discarded.size(), MSG_DONTWAIT) > 0;) ++i;
  ::close(descriptor);
}

}  // namespace wattring::http
