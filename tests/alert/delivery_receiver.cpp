// SPDX-License-Identifier: Apache-2.0
#include "tests/alert/delivery_receiver.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

namespace wattring::alert {
namespace {

constexpr int kPollMs = 10;
constexpr std::chrono::seconds kPatience{60};

int listen_on(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, any, size), 0);
  EXPECT_EQ(::listen(fd, 64), 0);
  EXPECT_EQ(::getsockname(fd, any, &size), 0);
  port = ntohs(address.sin_port);
  return fd;
}

bool readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, kPollMs) > 0;
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Up to the length that the head names; false when the peer goes first.
bool read_request(int fd, Receiver::Request& request, const std::stop_token& stop) {
  std::string all;
  while (!stop.stop_requested()) {
    const std::size_t head = all.find("\r\n\r\n");
    const std::size_t length_at = all.find("Content-Length: ");
    if (head != std::string::npos && length_at != std::string::npos) {
      const auto length = static_cast<std::size_t>(std::stoul(all.substr(length_at + 16)));
      if (all.size() >= head + 4 + length) {
        request.head = all.substr(0, head + 2);
        request.body = all.substr(head + 4);
        return true;
      }
    }
    if (!readable(fd)) continue;
    char buffer[4096];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    all.append(buffer, static_cast<std::size_t>(got));
  }
  return false;
}

std::string with_length(std::string_view status, std::size_t length) {
  return "HTTP/1.1 " + std::string(status) + "\r\nConnection: close\r\nContent-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

}  // namespace

Receiver::Receiver() {
  start();
}

Receiver::~Receiver() {
  kill();
}

void Receiver::become(Mode mode) {
  const std::lock_guard lock(mutex_);
  mode_ = mode;
}

void Receiver::kill() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  for (const int fd : hung_) ::close(fd);
  hung_.clear();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
}

void Receiver::start() {
  listener_ = listen_on(port_);
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

std::vector<Receiver::Request> Receiver::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool Receiver::wait(const std::function<bool(const std::vector<Request>&)>& holds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return holds(requests_); });
}

bool Receiver::wait_for_requests(std::size_t count) {
  return wait([count](const auto& requests) { return requests.size() >= count; });
}

void Receiver::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!readable(listener_)) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) handle(connection, stop);
  }
}

void Receiver::handle(int connection, const std::stop_token& stop) {
  Request request;
  if (!read_request(connection, request, stop)) {
    ::close(connection);
    return;
  }
  Mode mode{};
  std::size_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    mode = mode_;
    index = requests_.size();
    requests_.push_back(std::move(request));
  }
  changed_.notify_all();
  if (mode == Mode::hang) {
    hung_.push_back(connection);
    return;
  }
  // The order on the wire: it counts as accepted before the other side can know.
  if (mode == Mode::good || mode == Mode::huge) {
    const std::lock_guard lock(mutex_);
    requests_[index].accepted = true;
  }
  (void)answer(connection, mode, stop);
  ::close(connection);
  changed_.notify_all();
}

bool Receiver::answer(int connection, Mode mode, const std::stop_token& stop) {
  switch (mode) {
    case Mode::good:
      return send_all(connection, with_length("200 OK", 2) + "ok");
    case Mode::error:
      return send_all(connection, with_length("500 Internal Server Error", 4) + "oops");
    case Mode::busy:
      return send_all(connection, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
    case Mode::bad:
      return send_all(connection, with_length("400 Bad Request", 12) + "what is this");
    case Mode::redirect:
      return send_all(connection, "HTTP/1.1 302 Found\r\nLocation: " + url() + "\r\nContent-Length: 0\r\n\r\n");
    case Mode::cut:
      return send_all(connection, with_length("200 OK", 1000) + "half");
    case Mode::huge: {
      const std::string block(1'000'000, 'x');
      bool sent = send_all(connection, with_length("200 OK", 10'000'000));
      for (int i = 0; i < 10 && sent; ++i) sent = send_all(connection, block);
      return sent;
    }
    case Mode::drip:
      if (!send_all(connection, with_length("200 OK", 1'000'000))) return false;
      while (!stop.stop_requested() && send_all(connection, "x")) (void)readable(connection);
      return false;
    case Mode::hang:
      break;
  }
  return false;
}

}  // namespace wattring::alert
