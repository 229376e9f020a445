// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace wattring::alert {

/// A webhook receiver on a loopback port that can misbehave. It closes each connection after its answer.
class Receiver {
 public:
  enum class Mode {
    good,      ///< 200
    error,     ///< 500
    busy,      ///< 429, Retry-After: 0
    bad,       ///< 400
    redirect,  ///< 302 to itself
    hang,      ///< reads and never answers
    cut,       ///< closes in the middle of a 200
    huge,      ///< 200 and 10 MB
    drip       ///< 200 and a byte now and then, for ever
  };
  struct Request {
    std::string head;  ///< request line and header lines
    std::string body;
    bool accepted = false;  ///< answered 2xx and whole
  };

  Receiver();
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook?from=test"; }
  void become(Mode mode);
  /// As if the process were gone: nothing listens, open connections end.
  void kill();
  /// On the same port again.
  void start();

  [[nodiscard]] std::vector<Request> requests() const;
  /// Until that holds for the requests so far; false when it takes too long.
  [[nodiscard]] bool wait(const std::function<bool(const std::vector<Request>&)>& holds);
  [[nodiscard]] bool wait_for_requests(std::size_t count);

 private:
  void serve(const std::stop_token& stop);
  void handle(int connection, const std::stop_token& stop);
  bool answer(int connection, Mode mode, const std::stop_token& stop);

  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::jthread thread_;
  std::vector<int> hung_;  // of thread_ alone
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  Mode mode_ = Mode::good;
  std::vector<Request> requests_;
};

}  // namespace wattring::alert
