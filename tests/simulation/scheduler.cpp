// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scheduler.hpp"

#include <algorithm>
#include <array>

#include "base/hash.hpp"

namespace wattring::simulation {

void Scheduler::at(std::int64_t time_ns, EventHandler& handler, std::uint32_t code, std::uint32_t a, std::uint64_t b) {
  heap_.push_back({std::max(time_ns, now_ns_), sequence_++, &handler, b, code, a});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

bool Scheduler::step(std::int64_t until_ns) {
  if (heap_.empty() || heap_.front().time_ns > until_ns) {
    now_ns_ = std::max(now_ns_, until_ns);
    return false;
  }
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Event event = heap_.back();
  heap_.pop_back();
  now_ns_ = event.time_ns;
  ++executed_;
  event.handler->on_event(event.code, event.a, event.b);
  return true;
}

void Trace::write_to(const std::string& file) {
  out_.open(file, std::ios::trunc);
}

void Trace::add(std::int64_t time_ns, std::uint64_t node, std::string_view what, std::uint64_t x, std::uint64_t y) {
  const std::array<std::uint64_t, 5> words{static_cast<std::uint64_t>(time_ns), node, hash64(what), x, y};
  hash_ = hash64({reinterpret_cast<const char*>(words.data()), sizeof(words)}, hash_);
  if (out_.is_open()) out_ << time_ns << " n" << node << ' ' << what << ' ' << x << ' ' << y << '\n';
}

void Trace::note(std::int64_t time_ns, std::uint64_t node, std::string_view text) {
  if (out_.is_open()) out_ << time_ns << " n" << node << " # " << text << '\n';
}

}  // namespace wattring::simulation
