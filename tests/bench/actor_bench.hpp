// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// One measurement: the same load on either runtime, from the first message to the last, threads already running.

namespace actor_bench {

struct Load {
  std::uint32_t threads = 2;
  std::uint32_t spawned = 1'000'000;  ///< actors born, told one thing and stopped, in waves
  std::uint32_t wave = 1'000;         ///< CAF is fastest with this; its queues slow down with more at once
  std::uint32_t pairs = 64;           ///< ping-pong
  std::uint32_t round_trips = 20'000;
  std::uint32_t senders = 100;  ///< fan-in
  std::uint32_t messages = 20'000;
  std::uint32_t burst = 100;  ///< messages a sender sends before it lets others
};

// Seconds.
double spawn_wattring(const Load& load);
double ping_pong_wattring(const Load& load);
double fan_in_wattring(const Load& load);
double spawn_caf(const Load& load);
double ping_pong_caf(const Load& load);
double fan_in_caf(const Load& load);

}  // namespace actor_bench
