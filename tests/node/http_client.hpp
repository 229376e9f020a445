// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wattring::http {

struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;
};

/// A client that sends exactly the bytes it is told to, well-formed or not. Loopback only.
class RawClient {
 public:
  explicit RawClient(const std::string& address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(number(address, address.rfind(':') + 1)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { ::close(descriptor_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

  /// One response by its Content-Length; nothing when the connection ended first or 20 s went by.
  std::optional<RawResponse> receive(bool has_body = true) {
    RawResponse response;
    while (buffer_.find("\r\n\r\n") == std::string::npos)
      if (!fill()) return std::nullopt;
    const std::size_t end = buffer_.find("\r\n\r\n") + 4;
    response.head = buffer_.substr(0, end);
    buffer_.erase(0, end);
    if (response.head.size() > 12) response.status = static_cast<int>(number(response.head, 9));
    const std::size_t at = response.head.find("Content-Length: ");
    const std::size_t size = at == std::string::npos || !has_body ? 0 : number(response.head, at + 16);
    while (buffer_.size() < size)
      if (!fill()) return std::nullopt;
    response.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return response;
  }
  std::optional<RawResponse> get(std::string_view target) {
    if (!send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n")) return std::nullopt;
    return receive();
  }
  std::optional<RawResponse> post(std::string_view target, std::string_view body, std::string_view headers = {}) {
    const std::string head = "POST " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
                             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    if (!send(head) || !send(body)) return std::nullopt;
    return receive();
  }
  /// True when the server closes within 20 s.
  bool closed_by_server() {
    while (fill()) buffer_.clear();
    return ended_;
  }

 private:
  /// The digits at that place; 0 when there are none.
  static std::size_t number(std::string_view text, std::size_t at) {
    std::size_t value = 0;
    std::from_chars(text.data() + at, text.data() + text.size(), value);
    return value;
  }
  bool fill() {
    pollfd entry{descriptor_, POLLIN, 0};
    if (::poll(&entry, 1, 20'000) <= 0) return false;
    char bytes[16384];
    const ssize_t got = ::recv(descriptor_, bytes, sizeof bytes, 0);
    ended_ = got <= 0;
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  int descriptor_ = -1;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace wattring::http
