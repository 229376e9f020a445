// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/sim/reading.hpp"
#include "node/sim/shapes.hpp"

namespace wattring::sim {

enum class Profile : std::uint8_t { household, industry, solar, mixed };
[[nodiscard]] Result<Profile> parse_profile(std::string_view text);
[[nodiscard]] std::string_view to_string(Profile profile);

/// Shares of transmissions (one meter at one time), 0..1. The first four change what is delivered and when; reset and
/// glitch change the register's course itself.
struct Faults {
  double late = 0;          ///< delivered 2 to 97 steps after its turn
  double dup = 0;           ///< delivered once more, at once or up to 8 steps later
  double out_of_order = 0;  ///< delivered after its successor
  double gap = 0;           ///< never delivered
  double reset = 0;         ///< the energy registers start again from 0
  double glitch = 0;        ///< the energy registers read 0 this once
};

struct FleetOptions {
  std::uint64_t seed = 1;
  std::uint32_t meters = 1000;
  std::int64_t every_ms = 900'000;
  std::int64_t start_ms = 0;   ///< event time of step 0
  std::int64_t jitter_ms = 0;  ///< each meter's own constant offset lies in [0, jitter), whole seconds
  int registers = 2;           ///< 1..4: energy, second energy register, power, voltage
  Profile profile = Profile::mixed;
  Faults faults;
};

/// Readings delivered under each fault; gap: readings not delivered.
struct FaultCounts {
  std::uint64_t late = 0, dup = 0, out_of_order = 0, gap = 0, reset = 0, glitch = 0;
  void add(const FaultCounts& other);
};

/// The meters [first, first + count) of a fleet. The same options give the same readings, however the fleet is split.
/// 24 bytes a meter plus what is delayed. Not thread-safe.
class Fleet {
 public:
  static constexpr int kRegistersMax = 4;
  static constexpr std::int64_t kRegisterModulusWh = 1'000'000'000;  ///< nine digits of Wh, as P1 shows

  Fleet(const FleetOptions& options, std::uint32_t first, std::uint32_t count);

  /// Appends readings in the order of delivery until out holds `limit` or (nearly) so, or until event time reaches the
  /// horizon (exclusive). Readings of one meter and time stay together, unless delayed. Nothing appended: nothing is
  /// left for now.
  void fill(std::size_t limit, std::int64_t horizon_ms, std::vector<Reading>& out);
  /// From now on only what is still delayed is delivered.
  void finish() { finishing_ = true; }
  /// Readings that are delayed and not delivered yet.
  [[nodiscard]] std::size_t delayed() const { return delayed_; }
  [[nodiscard]] const FaultCounts& fault_counts() const { return counts_; }
  [[nodiscard]] std::int64_t step_time_ms() const { return options_.start_ms + step_ * options_.every_ms; }

 private:
  enum class Kind : std::uint8_t { household, industry, solar };
  struct Meter {
    std::uint64_t first_energy;   ///< 2^-16 Wh; import, or tariff 1
    std::uint64_t second_energy;  ///< tariff 2, or export
    std::uint16_t scale;          ///< 256 = the nominal customer
    std::uint16_t offset_s;
    Kind kind;
    std::uint8_t roof;  ///< 128 = the nominal roof
  };
  static constexpr std::size_t kDelayBuckets = 128;

  void begin_step();
  [[nodiscard]] bool deliver_due(std::size_t limit, std::vector<Reading>& out);
  int read_meter(std::uint32_t index, std::uint64_t hash, std::array<Reading, kRegistersMax>& readings);
  std::int64_t advance(Meter& meter, std::uint64_t noise);
  void deliver(const Reading* readings, int count, std::uint64_t hash, std::vector<Reading>& out);
  void delay(const Reading* readings, int count, std::int64_t steps);

  FleetOptions options_;
  std::uint32_t first_;
  std::vector<Meter> meters_;
  std::uint64_t energy_per_watt_;                                      ///< 2^-16 Wh a step at 1 W, times 2^16
  std::uint32_t late_below_, dup_below_, disorder_below_, gap_below_;  ///< cumulative thresholds of a 32-bit draw
  std::uint32_t reset_below_, glitch_below_;
  bool disturbed_;

  std::int64_t step_ = 0;
  std::uint32_t cursor_ = 0;
  ShapePoint shape_{};
  std::vector<Reading> due_;  ///< delayed readings whose turn has come
  std::size_t due_next_ = 0;
  std::array<std::vector<Reading>, kDelayBuckets> buckets_;
  std::size_t delayed_ = 0;
  bool finishing_ = false;
  FaultCounts counts_;
};

}  // namespace wattring::sim
