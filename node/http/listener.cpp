// SPDX-License-Identifier: Apache-2.0
#include "node/http/listener.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <system_error>

#include "node/http/bind_address.hpp"

namespace wattring::http {

Listener::Listener(Options options, MakeServe make_serve, const Clock& clock, Metrics& metrics,
                   std::shared_ptr<Log> log)
    : options_(std::move(options)),
      make_serve_(std::move(make_serve)),
      clock_(clock),
      log_(std::move(log)),
      accepted_(metrics.counter("wattring_http_connections_total", "Connections by what became of them",
                                R"(result="accepted")")),
      refused_(metrics.counter("wattring_http_connections_total", "Connections by what became of them",
                               R"(result="refused")")),
      evicted_(metrics.counter("wattring_http_connections_total", "Connections by what became of them",
                               R"(result="evicted")")),
      open_(metrics.gauge("wattring_http_connections", "Connections that are open")) {}

Listener::~Listener() {
  stop();
}

Result<std::string> Listener::start(const std::function<void(const std::string&)>& bound) {
  auto socket = bind_and_listen(options_.listen);
  if (!socket) return tl::unexpected(socket.error());
  listen_descriptor_ = socket->descriptor;
  bound(socket->address);
  try {
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < std::min(options_.threads, options_.connections_max); ++i) {
        workers_.emplace_back([this] { worker(); });
        ++free_workers_;
      }
    }
    acceptor_ = std::thread([this] { accept_loop(); });
  } catch (const std::system_error& error) {
    stop();
    return fail(ErrorCode::io, std::string("http: cannot start a thread: ") + error.what(), "raise the limit of tasks");
  }
  return socket->address;
}

void Listener::accept_loop() {
  while (!stopping()) {
    const int descriptor = ::accept4(listen_descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) {
      admit(descriptor);
      continue;
    }
    if (stopping()) return;
    // Whatever the reason (no descriptors, no memory, a client gone already), the door stays open.
    if (errno == EINTR || errno == ECONNABORTED) continue;
    log_->warn("http_accept", std::string("cannot accept a connection: ") + std::strerror(errno));
    ::poll(nullptr, 0, 20);
  }
}

void Listener::admit(int descriptor) {
  if (take_or_make_room(descriptor)) {
    accepted_.add();
    work_.notify_one();
    return;
  }
  refused_.add();
  log_->warn("http_connections_full", "a connection was refused: all " + std::to_string(options_.connections_max) +
                                          " are in use, which is the most");
  refuse_and_close(descriptor, options_.refusal);
}

bool Listener::take_or_make_room(int descriptor) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= free_workers_ + cut_entries_) {
    bool room = false;
    if (workers_.size() < options_.connections_max) {
      try {
        workers_.emplace_back([this] { worker(); });
        ++free_workers_;
        room = true;
      } catch (const std::system_error&) {
        room = false;
      }
    }
    if (!room) {
      Entry* oldest = nullptr;
      for (Entry& entry : entries_)
        if (entry.idle && !entry.cut && (oldest == nullptr || entry.idle_since_ns < oldest->idle_since_ns))
          oldest = &entry;
      if (oldest == nullptr) return false;
      oldest->cut = true;
      ++cut_entries_;
      evicted_.add();
      ::shutdown(oldest->descriptor, SHUT_RD);  // what is being sent arrives
    }
  }
  waiting_.push_back(descriptor);
  return true;
}

void Listener::worker() {
  while (true) {
    int descriptor = -1;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      descriptor = waiting_.front();
      waiting_.pop_front();
      --free_workers_;
    }
    serve(descriptor);
  }
}

bool Listener::mark_busy(Entries::iterator entry) {
  const std::lock_guard lock(mutex_);
  entry->idle = false;
  return !entry->cut;
}

void Listener::mark_idle(Entries::iterator entry) {
  const std::lock_guard lock(mutex_);
  entry->idle = true;
  entry->idle_since_ns = clock_.monotonic_ns();
}

void Listener::serve(int descriptor) {
  Entries::iterator entry;
  {
    const std::lock_guard lock(mutex_);
    entry = entries_.insert(entries_.end(), Entry{descriptor, true, false, clock_.monotonic_ns()});
    open_.set(static_cast<double>(entries_.size()));
  }
  {
    Connection connection(descriptor, options_.limits, clock_);
    try {
      const Serve serve_one = make_serve_(connection);
      const Answered answered = [this, entry] { mark_idle(entry); };
      while (!stopping() && connection.wait_for_request(options_.keep_alive_ms))
        if (!mark_busy(entry) || !serve_one(connection, answered)) break;
    } catch (const std::exception& error) {
      log_->error("http_connection", std::string("a connection was cut: ") + error.what());
    }
    // Unlisted before the descriptor is closed, so that nobody shuts down a number that means another socket by then.
    const std::lock_guard lock(mutex_);
    if (entry->cut) --cut_entries_;
    entries_.erase(entry);
    ++free_workers_;
    open_.set(static_cast<double>(entries_.size()));
    ended_.notify_all();
  }
}

bool Listener::drain() {
  if (listen_descriptor_ < 0) return true;
  stopping_.store(true, std::memory_order_relaxed);
  ::shutdown(listen_descriptor_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  std::unique_lock lock(mutex_);
  for (const int descriptor : waiting_) ::close(descriptor);
  waiting_.clear();
  for (Entry& entry : entries_) {
    if (!entry.idle || entry.cut) continue;
    entry.cut = true;
    ++cut_entries_;
    ::shutdown(entry.descriptor, SHUT_RD);
  }
  return ended_.wait_for(lock, std::chrono::milliseconds(options_.drain_ms), [&] { return entries_.empty(); });
}

void Listener::stop() {
  if (listen_descriptor_ < 0) return;
  stopping_.store(true, std::memory_order_relaxed);
  ::shutdown(listen_descriptor_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) ::shutdown(entry.descriptor, SHUT_RDWR);
    for (const int descriptor : waiting_) ::close(descriptor);
    waiting_.clear();
    ending_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : workers_) thread.join();
  workers_.clear();
  ::close(listen_descriptor_);
  listen_descriptor_ = -1;
}

}  // namespace wattring::http
