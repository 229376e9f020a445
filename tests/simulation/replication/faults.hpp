// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "tests/simulation/replication/world.hpp"

namespace wattring::replication {

enum class Fault : std::uint8_t {
  crash,
  commit_error,  ///< an error from commit, with either outcome, and a stop
  full,          ///< nothing more can be appended
  slow,          ///< a disk that takes its time
  lie,           ///< a crash, and the last commits are not there
  restore,       ///< an older image of the disk
  rot,           ///< an entry can no longer be read back
  destroy,       ///< disk and machine gone
  truncate,      ///< log forms go, facts stay
  pause,
  loss,
  duplicate,
  reorder,
  cut,        ///< one direction of one link
  partition,  ///< two or three sides
  clog,       ///< links held up one by one, released in any order
  slander,    ///< somebody is held unusable who is not
  join,
  leave,
  reweigh
};
inline constexpr std::size_t kFaults = 20;
using FaultSet = std::bitset<kFaults>;

[[nodiscard]] std::string_view to_string(Fault fault);
[[nodiscard]] std::string to_text(const FaultSet& faults);
/// "all", "none", or names with commas between them.
[[nodiscard]] Result<FaultSet> parse_faults(std::string_view text);

/// What befalls a World. Each seed allows itself about half of what is allowed, each at a rate of its own; of what
/// takes data away there is as much as acknowledgements promise to survive: one copy.
class Faults {
 public:
  Faults(World& world, FaultSet allowed, std::uint64_t seed);
  void begin(std::int64_t until_ns);
  /// The last blow: what has only one copy left shows now.
  void late_loss();
  /// Everything that can be mended is: links, disks, processes; the ring is rid of machines that are gone.
  void heal();
  [[nodiscard]] const FaultSet& chosen() const { return chosen_; }
  /// How often each had an effect.
  [[nodiscard]] const std::array<std::uint64_t, kFaults>& bitten() const { return bitten_; }
  /// Members hear of newer rings; goes on until stopped.
  void gossip();

 private:
  void next(Fault fault);
  void befall(Fault fault);
  void befall_process(Fault fault, Node node);
  void befall_disk(Fault fault, Node node);
  void rot(Node node);
  void befall_network(Fault fault);
  void befall_ring(Fault fault);
  void partition();
  void clog();
  void announce_ring();
  void count(Fault fault) { ++bitten_[static_cast<std::size_t>(fault)]; }
  void restart_later(Node node);
  [[nodiscard]] bool has(Fault fault) const { return chosen_[static_cast<std::size_t>(fault)]; }
  [[nodiscard]] Node any_running();
  [[nodiscard]] std::int64_t between(std::int64_t low_ns, std::int64_t high_ns);
  void later(std::int64_t low_ns, std::int64_t high_ns, std::function<void()> action);

  World& world_;
  Prng prng_;
  FaultSet chosen_;
  std::array<std::int64_t, kFaults> gap_ns_{};
  std::array<std::uint64_t, kFaults> bitten_{};
  std::int64_t until_ns_ = 0;
  std::int64_t last_ring_ns_ = 0;
  std::int64_t ring_gap_ns_ = 0;
  std::uint32_t losses_left_ = 0;
  bool stopped_ = false;
};

}  // namespace wattring::replication
