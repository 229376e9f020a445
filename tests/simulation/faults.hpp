// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "tests/simulation/world.hpp"

namespace wattring::simulation {

/// What may befall a cluster.
enum class Fault : std::uint8_t {
  crash,      ///< kill -9 and a restart in one of its variants
  power,      ///< a machine goes dark
  pause,      ///< a process stands still for up to 20 s
  starve,     ///< a process gets little time
  lag,        ///< what arrives is looked at late; timers run on
  cut,        ///< one way between two machines
  partition,  ///< two or three parts
  loss,       ///< up to a fifth of all messages
  delay,      ///< long ways
  late,       ///< messages that come seconds later
  duplicate,
  reorder,
  leave,
  wipe,  ///< a node comes back with another id at its old address
  join,
  copy,  ///< a second process with a copied disk
  count
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::count);
using FaultSet = std::bitset<kFaults>;

[[nodiscard]] std::string_view to_string(Fault fault);
/// "all", "none" or names with commas between.
[[nodiscard]] Result<FaultSet> parse_faults(std::string_view text);
[[nodiscard]] std::string to_text(const FaultSet& faults);

/// Decides from a seed which of the allowed faults this run has, how often and how hard, and does them.
class FaultDriver {
 public:
  static constexpr Node kSeedNodes = 3;  ///< these keep their address, and run again when the faults stop

  FaultDriver(World& world, FaultSet allowed, std::uint64_t seed);

  /// Until then; afterwards nothing new happens.
  void begin(std::int64_t until_ns);
  /// The network is whole, everybody goes on, and some of the dead come back.
  void stop();
  [[nodiscard]] const FaultSet& chosen() const { return chosen_; }
  /// Nothing of the plan excuses that a running process is held dead.
  [[nodiscard]] bool benign() const;

 private:
  void next(Fault fault);
  void befall(Fault fault);
  void crash_and_restart(Node node, bool dark);
  void restart(Node node);
  void cut_some();
  void split();
  void copy(Node node);
  [[nodiscard]] Node any_running();
  [[nodiscard]] std::int64_t between(std::int64_t low_ns, std::int64_t high_ns);
  [[nodiscard]] StartOptions how_to_start(Node node);

  World& world_;
  FaultSet chosen_;
  Prng prng_;
  std::array<std::int64_t, kFaults> mean_gap_ns_{};
  std::int64_t until_ns_ = 0;
  bool stopped_ = false;
};

}  // namespace wattring::simulation
