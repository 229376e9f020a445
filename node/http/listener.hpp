// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/http/connection.hpp"

namespace wattring::http {

/// Accepts connections and gives each a thread, at most connections_max of them. When all are taken, the connection
/// that has been idle longest is closed to make room; when none is idle, the new one is answered with the refusal and
/// closed, so that nobody waits behind somebody's keep-alive. start() and stop() on one thread.
class Listener {
 public:
  struct Options {
    std::string listen;  ///< HOST:PORT or [IPV6]:PORT
    std::size_t threads = 8;
    std::size_t connections_max = 256;
    std::int64_t keep_alive_ms = 20'000;
    std::int64_t drain_ms = 10'000;
    Connection::Limits limits;
    std::string refusal;  ///< whole HTTP response for a connection that gets no thread
  };
  /// Told before the end of an answer is sent: from then on the connection may be told to end. Whoever has the whole
  /// answer must find that somebody else can be let in.
  using Answered = std::function<void()>;
  /// Serves one request; false when the connection shall be closed. Called on the connection's thread.
  using Serve = std::function<bool(Connection&, const Answered&)>;
  /// Makes what serves one connection.
  using MakeServe = std::function<Serve(Connection&)>;

  Listener(Options options, MakeServe make_serve, const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The bound address, told to `bound` before the first connection is served.
  [[nodiscard]] Result<std::string> start(const std::function<void(const std::string&)>& bound);
  /// Closes the door and idle connections and waits up to drain_ms for requests in flight; true when all had ended.
  bool drain();
  /// Cuts what is left and ends the threads. Idempotent.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    int descriptor = -1;
    bool idle = true;  ///< between two requests; the end of an answer may be on its way still
    bool cut = false;  ///< told to end; its thread will be free soon
    std::int64_t idle_since_ns = 0;
  };
  using Entries = std::list<Entry>;

  void accept_loop();
  void admit(int descriptor);
  [[nodiscard]] bool take_or_make_room(int descriptor);
  void worker();
  void serve(int descriptor);
  bool mark_busy(Entries::iterator entry);
  void mark_idle(Entries::iterator entry);

  const Options options_;
  const MakeServe make_serve_;
  const Clock& clock_;
  const std::shared_ptr<Log> log_;
  Counter& accepted_;
  Counter& refused_;
  Counter& evicted_;
  Gauge& open_;

  int listen_descriptor_ = -1;
  std::thread acceptor_;
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable ended_;
  // Guarded by mutex_.
  std::deque<int> waiting_;  ///< accepted, a thread is or will soon be free for them
  Entries entries_;
  std::vector<std::thread> workers_;
  std::size_t free_workers_ = 0;
  std::size_t cut_entries_ = 0;
  bool ending_ = false;
};

}  // namespace wattring::http
