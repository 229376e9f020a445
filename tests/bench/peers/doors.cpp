// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/peers/doors.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace wattring::bench {
namespace {

constexpr std::size_t kReplyBytesMax = 1U << 20U;

/// A blocking TCP connection that gives up after 30 s of silence.
class Socket {
 public:
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  Result<void> connect(const Options& options) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    if (fd_ < 0 || inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1)
      return fail(ErrorCode::invalid_argument, "not an IPv4 address: " + options.host);
    const int on = 1;
    const timeval patience{30, 0};
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return failed("connect");
    return {};
  }

  Result<void> write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return failed("send");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  /// Appends what is there, at least one byte.
  Result<void> read_some(std::string& buffer) {
    char chunk[65536];
    while (true) {
      const ssize_t n = ::recv(fd_, chunk, sizeof(chunk), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n == 0) return fail(ErrorCode::io, "the server closed the connection");
      if (n < 0) return failed("receive");
      buffer.append(chunk, static_cast<std::size_t>(n));
      return {};
    }
  }

 private:
  static Failure failed(const char* what) {
    return fail(ErrorCode::io, std::string(what) + ": " + std::strerror(errno));
  }
  int fd_ = -1;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

/// The value of a header of a lower-cased head; empty when absent.
std::string_view header(std::string_view head, std::string_view name) {
  const std::size_t at = head.find("\r\n" + std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  std::string_view value = head.substr(at + name.size() + 3);
  value = value.substr(0, value.find("\r\n"));
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

class HttpDoor final : public Door {
 public:
  explicit HttpDoor(const Options& options) : options_(options) {}

  Result<void> open() { return socket_.connect(options_); }

  Result<bool> send(std::string_view body, std::size_t) override {
    const std::string head = "POST " + options_.path + " HTTP/1.1\r\nHost: " + options_.host +
                             "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
                             "\r\n\r\n";
    if (auto sent = socket_.write_all(head); !sent) return Failure(sent.error());
    if (auto sent = socket_.write_all(body); !sent) return Failure(sent.error());
    return reply();
  }

 private:
  Result<bool> reply() {
    std::string buffer;
    std::size_t head_end = std::string::npos;
    while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (buffer.size() > kReplyBytesMax) return fail(ErrorCode::io, "an endless reply");
      if (auto got = socket_.read_some(buffer); !got) return Failure(got.error());
    }
    const std::string head = lower(std::string_view(buffer).substr(0, head_end + 2));
    int status = 0;
    if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status);
    if (auto skipped = skip_body(buffer, head, status, head_end + 4); !skipped) return Failure(skipped.error());
    if (header(head, "connection") == "close") {
      if (auto again = socket_.connect(options_); !again) return Failure(again.error());
    }
    if (status == 200 || status == 204) return true;
    if (status == 503 || status == 429) return false;
    return fail(ErrorCode::io, "status " + std::to_string(status) + ": " + buffer.substr(head_end + 4, 300));
  }

  Result<void> skip_body(std::string& buffer, std::string_view head, int status, std::size_t body_at) {
    const std::string_view length_text = header(head, "content-length");
    std::size_t length = 0;
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    const bool chunked = header(head, "transfer-encoding") == "chunked";
    if (status == 204 || (length_text.empty() && !chunked)) return {};
    const auto complete = [&] { return chunked ? buffer.ends_with("0\r\n\r\n") : buffer.size() >= body_at + length; };
    while (!complete()) {
      if (buffer.size() > kReplyBytesMax) return fail(ErrorCode::io, "an endless reply");
      if (auto got = socket_.read_some(buffer); !got) return got;
    }
    return {};
  }

  const Options& options_;
  Socket socket_;
};

/// Every XADD is answered by its id ("$15", 15 characters): 22 bytes. An error begins with "-".
class RedisDoor final : public Door {
 public:
  explicit RedisDoor(const Options& options) : options_(options) {}

  Result<void> open() { return socket_.connect(options_); }

  Result<bool> send(std::string_view body, std::size_t lines) override {
    static constexpr std::size_t kReplyBytes = 22;
    if (auto sent = socket_.write_all(body); !sent) return Failure(sent.error());
    std::string replies;
    while (replies.size() < lines * kReplyBytes) {
      if (auto got = socket_.read_some(replies); !got) return Failure(got.error());
      if (replies.front() == '-') return fail(ErrorCode::io, "redis: " + replies.substr(0, 200));
    }
    for (std::size_t i = 0; i < lines; ++i)
      if (replies[i * kReplyBytes] != '$') return fail(ErrorCode::io, "redis: an unexpected reply");
    return true;
  }

 private:
  const Options& options_;
  Socket socket_;
};

/// Feeds a command such as psql, whose pipe blocks while the store works. One COPY, and so one commit, a batch.
class CopyDoor final : public Door {
 public:
  explicit CopyDoor(const Options& options) : pipe_(::popen(options.command.c_str(), "w")) {}
  CopyDoor(const CopyDoor&) = delete;
  CopyDoor& operator=(const CopyDoor&) = delete;
  ~CopyDoor() override {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }

  Result<bool> send(std::string_view body, std::size_t) override {
    static constexpr std::string_view kHead = "COPY readings FROM STDIN;\n";
    static constexpr std::string_view kEnd = "\\.\n";
    if (pipe_ == nullptr) return fail(ErrorCode::io, "the command did not start");
    for (const std::string_view part : {kHead, body, kEnd}) {
      if (std::fwrite(part.data(), 1, part.size(), pipe_) != part.size())
        return fail(ErrorCode::io, "the command ended early");
    }
    return true;
  }

  Result<void> finish() override {
    const int status = ::pclose(pipe_);
    pipe_ = nullptr;
    if (status != 0) return fail(ErrorCode::io, "the command failed");
    return {};
  }

 private:
  std::FILE* pipe_;
};

template <class T>
Result<std::unique_ptr<Door>> opened(const Options& options) {
  auto door = std::make_unique<T>(options);
  if (auto open = door->open(); !open) return Failure(open.error());
  return std::unique_ptr<Door>(std::move(door));
}

}  // namespace

Result<std::unique_ptr<Door>> open_door(const Options& options) {
  if (options.protocol == "http") return opened<HttpDoor>(options);
  if (options.protocol == "redis") return opened<RedisDoor>(options);
  if (options.protocol == "copy") return std::unique_ptr<Door>(std::make_unique<CopyDoor>(options));
  return fail(ErrorCode::invalid_argument, "unknown protocol " + options.protocol, "http, redis or copy");
}

}  // namespace wattring::bench
