// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace wattring::simulation {

/// Takes the events it put on a Scheduler.
class EventHandler {
 public:
  EventHandler() = default;
  virtual ~EventHandler() = default;
  EventHandler(const EventHandler&) = delete;
  EventHandler& operator=(const EventHandler&) = delete;
  virtual void on_event(std::uint32_t code, std::uint32_t a, std::uint64_t b) = 0;
};

/// Virtual time: events in the order of (time, when they were put there).
class Scheduler {
 public:
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }
  [[nodiscard]] std::uint64_t executed() const { return executed_; }
  [[nodiscard]] std::size_t pending() const { return heap_.size(); }

  /// Times before now count as now.
  void at(std::int64_t time_ns, EventHandler& handler, std::uint32_t code, std::uint32_t a, std::uint64_t b = 0);
  /// Runs the next event if it is due by then; otherwise the clock goes there and false comes back.
  bool step(std::int64_t until_ns);
  void run_until(std::int64_t until_ns) {
    while (step(until_ns)) {
    }
  }

 private:
  struct Event {
    std::int64_t time_ns;
    std::uint64_t sequence;
    EventHandler* handler;
    std::uint64_t b;
    std::uint32_t code;
    std::uint32_t a;
  };
  static bool later(const Event& x, const Event& y) {
    return x.time_ns != y.time_ns ? x.time_ns > y.time_ns : x.sequence > y.sequence;
  }
  std::vector<Event> heap_;
  std::int64_t now_ns_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t executed_ = 0;
};

/// A hash over all that happened, in order, and on demand a line for each.
class Trace {
 public:
  /// Lines go there from now on.
  void write_to(const std::string& file);
  void add(std::int64_t time_ns, std::uint64_t node, std::string_view what, std::uint64_t x = 0, std::uint64_t y = 0);
  [[nodiscard]] bool writes() const { return out_.is_open(); }
  /// For people; no part of the hash.
  void note(std::int64_t time_ns, std::uint64_t node, std::string_view text);
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0;
  std::ofstream out_;
};

}  // namespace wattring::simulation
