// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "node/sim/hedging_sender.hpp"

namespace wattring::sim {

using SharedReadings = std::shared_ptr<const std::vector<Reading>>;

/// Replies of several lines for one reader. Any thread.
class ReplyBox {
 public:
  struct Arrived {
    std::size_t line = 0;
    SendReply reply;
    bool unreachable = false;  ///< it was not sent
  };
  void put(Arrived arrived);
  /// All that are there; waits for the first.
  [[nodiscard]] std::vector<Arrived> take(std::int64_t timeout_ns);

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<Arrived> arrived_;
};

/// The thread that holds the connection to one node.
class LineThread {
 public:
  LineThread(std::size_t index, HedgeLine line, std::int64_t reply_timeout_ms, const Clock& clock, ReplyBox& box);
  ~LineThread();
  LineThread(const LineThread&) = delete;
  LineThread& operator=(const LineThread&) = delete;
  /// Answered by one arrival in the box. Any thread.
  void submit(std::uint64_t ticket, SharedReadings readings);
  [[nodiscard]] const std::string& node() const { return line_.node; }

 private:
  struct Job {
    std::uint64_t ticket = 0;
    SharedReadings readings;
    std::int64_t sent_ns = 0;  ///< while it waits: since when
  };
  void run();
  [[nodiscard]] bool wait_for_work();
  void connect();
  void send_waiting();
  void receive();
  void give_up_silent();
  void lose_all();
  void answer(const Job& job, SendReply reply, bool unreachable);

  const std::size_t index_;
  const HedgeLine line_;
  const std::int64_t reply_timeout_ns_;
  const Clock& clock_;
  ReplyBox& box_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Job> waiting_;
  bool stopping_ = false;

  // Of the thread alone.
  std::unique_ptr<Sender> sender_;
  std::vector<Job> sent_;
  std::int64_t not_before_ns_ = 0;
  std::thread thread_;
};

}  // namespace wattring::sim
