// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_probe.hpp"

#include <chrono>
#include <thread>

#include "node/sim/http_read_back.hpp"
#include "node/sim/reading.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kAnswerMs = 3000;
constexpr std::chrono::milliseconds kPause{50};

}  // namespace

HomeProbe::HomeProbe(const ChaosNodes& nodes, const Clock& clock, std::vector<std::string> meters, Range range)
    : nodes_(nodes), clock_(clock), meters_(std::move(meters)), range_(range) {}

std::vector<HomeProbe::Home> HomeProbe::homes(std::size_t through) {
  HttpReadBack door(HttpClient({{nodes_.http(through)}, 0, kAnswerMs, {}}), clock_, 0, "home");
  std::vector<Home> homes;
  for (const std::string& meter : meters_) {
    const auto answer = door.readings(meter, kFleetRegisters[kPower], range_.from_ms, range_.to_ms);
    if (!answer || !answer->complete) continue;
    homes.push_back({meter, answer->answered_by.empty() ? nodes_.name(through) : answer->answered_by});
  }
  return homes;
}

std::int64_t HomeProbe::wait_elsewhere(std::size_t through, const std::string& gone,
                                       const std::vector<std::string>& meters, std::int64_t from_ns,
                                       const std::function<bool()>& go_on) {
  HttpReadBack door(HttpClient({{nodes_.http(through)}, 0, kAnswerMs, {}}), clock_, 0, "home");
  for (const std::string& meter : meters) {
    while (true) {
      const auto answer = door.readings(meter, kFleetRegisters[kPower], range_.from_ms, range_.to_ms);
      if (answer && answer->complete && answer->answered_by != gone) break;
      if (!go_on()) return -1;
      std::this_thread::sleep_for(kPause);
    }
  }
  return (clock_.monotonic_ns() - from_ns) / 1'000'000;
}

}  // namespace wattring::sim
