// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "node/actor/message_codecs.hpp"
#include "node/actor/system.hpp"

/// The actor "/system/ping" that each node has: it answers, and so shows that the way there and back works.

namespace wattring::actor {

inline constexpr std::string_view kPingPath = "/system/ping";

struct Ping {
  std::uint64_t number = 0;
};
/// The answer, with the number of the question.
struct Pong {
  std::uint64_t number = 0;
};

/// The types that the runtime's own actors use; numbers below 256 are theirs.
void add_system_codecs(MessageCodecs& codecs);
/// Spawns "/system" and what is below it. It starts on a worker: who needs what is below asks "/system" a Ping first,
/// whose answer comes when all is there.
[[nodiscard]] Result<ActorRef> spawn_system_actors(System& system);

template <>
struct WireFormat<Ping> {
  static constexpr std::uint16_t kNumber = 1;
  static constexpr std::string_view kName = "ping";
  static void write(PackWriter& writer, const Ping& ping) { writer.uint(ping.number); }
  static bool read(PackReader& reader, Ping& ping) { return reader.read_uint(ping.number); }
};
template <>
struct WireFormat<Pong> {
  static constexpr std::uint16_t kNumber = 2;
  static constexpr std::string_view kName = "pong";
  static void write(PackWriter& writer, const Pong& pong) { writer.uint(pong.number); }
  static bool read(PackReader& reader, Pong& pong) { return reader.read_uint(pong.number); }
};

}  // namespace wattring::actor
