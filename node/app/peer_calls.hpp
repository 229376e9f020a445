// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace wattring::app {

/// Questions of one node to another over the data sockets: opaque bytes there, opaque bytes back, up to 32 MiB each
/// way. A question may get lost with its link; then it ends by its time limit.
///
///   query := type u8 (1 question, 2 answer, 3 no time for it) | number u64 | bytes
class PeerCalls {
 public:
  static constexpr std::size_t kBytesMax = 32U << 20U;
  struct Options {
    std::size_t threads = 8;       ///< that answer; an answer may wait for other nodes
    std::size_t waiting_max = 64;  ///< questions of others; more are told that there is no time
    std::size_t open_max = 1'024;  ///< own questions
  };
  /// On a thread of its own; several at a time.
  using Handler = std::function<std::string(const NodeId& from, std::string_view question)>;
  /// Any thread; false when there is no way to that node now.
  using Send = std::function<bool(const NodeId& to, std::string query)>;

  PeerCalls(const Options& options, Send send);
  ~PeerCalls();
  PeerCalls(const PeerCalls&) = delete;
  PeerCalls& operator=(const PeerCalls&) = delete;

  void start(Handler handler);
  /// Open calls end as busy. Idempotent.
  void stop();

  /// Any thread but the handler's and the one that receives; waits. busy: that node cannot be asked, or has no time,
  /// or did not answer in time.
  [[nodiscard]] Result<std::string> call(const NodeId& to, std::string_view question, std::int64_t timeout_ns);

  /// The way to that node did not take a query; its calls end.
  void unreachable(const NodeId& node);
  /// From that node.
  void receive(const NodeId& from, std::string&& query);

 private:
  struct Call {
    NodeId to;
    bool done = false;
    Result<std::string> outcome = std::string();
  };
  struct Question {
    NodeId from;
    std::uint64_t number = 0;
    std::string query;
  };
  void answer_all();
  void end(const std::shared_ptr<Call>& call, Result<std::string> outcome);

  const Options options_;
  const Send send_;
  Handler handler_;
  BoundedQueue<Question> questions_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<std::uint64_t, std::shared_ptr<Call>> open_;
  std::uint64_t next_number_ = 1;
  bool stopped_ = false;
};

}  // namespace wattring::app
