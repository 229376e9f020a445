// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_waits.hpp"

#include <algorithm>
#include <map>

#include "base/units.hpp"

namespace wattring::sim {
namespace {

bool acked(const BatchTrace& batch) {
  return batch.stored > 0;
}
std::int64_t wait_ms(const BatchTrace& batch) {
  return std::max<std::int64_t>(0, batch.booked_ns - batch.due_ns) / kNsPerMs;
}

void count_class(const BatchTrace& batch, LoadFigures& load) {
  if (batch.promise.ack_class == "SINGLE") {
    load.single += batch.stored;
  } else if (batch.promise.ack_class == "HELD") {
    load.held += batch.stored;
  } else if (batch.promise.ack_class == "DURABLE") {
    load.durable += batch.stored;
  } else {
    load.no_class += batch.stored;
  }
}

std::int64_t longest_silence_ms(std::vector<std::int64_t> acks_ns, std::int64_t began_ns, std::int64_t ended_ns) {
  acks_ns.push_back(ended_ns);
  std::sort(acks_ns.begin(), acks_ns.end());
  std::int64_t longest = 0;
  std::int64_t before = began_ns;
  for (const std::int64_t at : acks_ns) {
    // What is acknowledged after the end does not shorten a silence before it.
    longest = std::max(longest, std::min(at, ended_ns) - before);
    before = std::min(at, ended_ns);
  }
  return longest / kNsPerMs;
}

void count_seconds(const BatchTrace& batch, std::int64_t began_ns, LoadFigures& load) {
  const auto second_of = [&](std::int64_t at_ns) {
    return static_cast<std::size_t>(std::max<std::int64_t>(0, at_ns - began_ns) / 1'000'000'000);
  };
  const std::size_t due = second_of(batch.due_ns);
  const std::size_t booked = second_of(batch.booked_ns);
  if (load.seconds.size() <= std::max(due, booked)) load.seconds.resize(std::max(due, booked) + 1);
  load.seconds[due].due += batch.readings;
  load.seconds[booked].acked += batch.stored;
  load.seconds[due].longest_ms = std::max(load.seconds[due].longest_ms, wait_ms(batch));
}

double quantile_ms(std::vector<std::int64_t>& waits_ns, double q) {
  if (waits_ns.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(waits_ns.size() - 1));
  std::nth_element(waits_ns.begin(), waits_ns.begin() + static_cast<std::ptrdiff_t>(at), waits_ns.end());
  return static_cast<double>(waits_ns[at]) / 1e6;
}

void measure_one(std::span<const ClientTrace> traces, std::int64_t from_ns, std::int64_t to_ns, FaultRecord& fault) {
  for (const ClientTrace& trace : traces) {
    const BatchTrace& batch = trace.batch;
    if (batch.due_ns >= to_ns || batch.booked_ns < from_ns) continue;
    fault.sent += batch.readings;
    if (!acked(batch)) {
      fault.never_acked += batch.readings;
      continue;
    }
    const std::int64_t wait = wait_ms(batch);
    fault.longest_ms = std::max(fault.longest_ms, wait);
    if (wait > kLongWaitMs) {
      fault.waited += batch.stored;
      fault.normal_ms = std::max(fault.normal_ms, (batch.booked_ns - from_ns) / kNsPerMs);
    }
    const std::int64_t after = (batch.booked_ns - from_ns) / kNsPerMs;
    if (batch.due_ns >= from_ns && (fault.first_ack_ms < 0 || after < fault.first_ack_ms)) fault.first_ack_ms = after;
  }
}

}  // namespace

LoadFigures figures_of(std::span<const ClientTrace> traces, std::int64_t began_ns, std::int64_t ended_ns) {
  LoadFigures load;
  std::vector<std::int64_t> waits_ns;
  std::vector<std::int64_t> acks_ns;
  std::map<std::uint32_t, std::vector<std::int64_t>> by_client;
  std::uint64_t within = 0;
  for (const ClientTrace& trace : traces) {
    const BatchTrace& batch = trace.batch;
    load.sent += batch.readings;
    load.acked += batch.stored;
    by_client[trace.client];
    count_seconds(batch, began_ns, load);
    if (!acked(batch)) continue;
    count_class(batch, load);
    load.longest_wait_ms = std::max(load.longest_wait_ms, wait_ms(batch));
    waits_ns.push_back(batch.booked_ns - batch.due_ns);
    acks_ns.push_back(batch.booked_ns);
    by_client[trace.client].push_back(batch.booked_ns);
    if (wait_ms(batch) <= 1000) within += batch.stored;
  }
  load.p50_ms = quantile_ms(waits_ns, 0.5);
  load.p99_ms = quantile_ms(waits_ns, 0.99);
  load.longest_silence_ms = longest_silence_ms(std::move(acks_ns), began_ns, ended_ns);
  for (auto& [client, acks] : by_client) {
    load.longest_client_silence_ms =
        std::max(load.longest_client_silence_ms, longest_silence_ms(std::move(acks), began_ns, ended_ns));
  }
  load.within_second = load.sent == 0 ? 0 : static_cast<double>(within) / static_cast<double>(load.sent);
  return load;
}

void measure_waits(std::span<const ClientTrace> traces, std::int64_t began_ns, std::int64_t ended_ns,
                   std::vector<FaultRecord>& faults) {
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const std::int64_t from_ns = began_ns + faults[i].at_ms * kNsPerMs;
    const std::int64_t to_ns = i + 1 < faults.size() ? began_ns + faults[i + 1].at_ms * kNsPerMs : ended_ns;
    measure_one(traces, from_ns, std::max(to_ns, from_ns + kNsPerMs), faults[i]);
  }
}

}  // namespace wattring::sim
