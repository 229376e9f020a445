// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/clients.hpp"

#include <cmath>

namespace wattring::replication {

Clients::Clients(World& world, std::uint64_t seed) : world_(world), prng_(seed) {
  write_gap_ns_ = static_cast<std::int64_t>(60 + prng_.below(300)) * kMs;
  read_gap_ns_ = static_cast<std::int64_t>(60 + prng_.below(400)) * kMs;
}

void Clients::begin() {
  world_.on_written = [this](Node, sharding::AckClass level, const std::vector<EntryNo>&) {
    // Nobody knows what became of it: again, elsewhere, under a new identity.
    if (level == sharding::AckClass::unknown && !stopped_ && prng_.chance(0.5))
      world_.at(world_.now_ns() + pause(200 * kMs), [this] { write(1); });
  };
  next_write();
  next_read();
}

std::int64_t Clients::pause(std::int64_t mean_ns) {
  return static_cast<std::int64_t>(-std::log1p(-prng_.unit()) * static_cast<double>(mean_ns));
}

std::vector<Slot> Clients::some_slots() {
  std::vector<Slot> slots;
  for (Slot slot = 0; slot < world_.book().shards().size(); ++slot)
    if (prng_.chance(0.5)) slots.push_back(slot);
  if (slots.empty()) slots.push_back(static_cast<Slot>(prng_.below(world_.book().shards().size())));
  return slots;
}

void Clients::write(unsigned tries) {
  while (!stopped_ && tries-- > 0)
    if (world_.write(any_node(), some_slots())) return;
}

void Clients::next_write() {
  world_.at(world_.now_ns() + pause(write_gap_ns_), [this] {
    if (stopped_) return;
    write(3);
    next_write();
  });
}

void Clients::next_read() {
  world_.at(world_.now_ns() + pause(read_gap_ns_), [this] {
    if (stopped_) return;
    const auto slot = static_cast<Slot>(prng_.below(world_.book().shards().size()));
    (void)world_.read_quorum(any_node(), slot);
    world_.read_home(any_node(), slot);
    if (world_.book().size() > 0)
      world_.read_token(any_node(), static_cast<EntryNo>(prng_.below(world_.book().size())));
    next_read();
  });
}

}  // namespace wattring::replication
