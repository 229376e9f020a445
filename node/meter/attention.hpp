// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fact.hpp"
#include "base/time.hpp"

/// How the fold notices, at the cost of a few comparisons a fact, which meters somebody should look at again. Pure.

namespace wattring::meter {

struct SeriesState;

/// Bounds outside of which a fact trips. A gate may trip too often, never too seldom: what it lets pass cannot change
/// the verdict of whoever set it. The default trips never.
struct Gate {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();   ///< value below
  std::int64_t high = std::numeric_limits<std::int64_t>::max();  ///< value above
  /// Units an hour to the reading before, below or above; a reading behind the newest trips when any of these is set.
  std::int64_t rate_low = std::numeric_limits<std::int64_t>::min();
  std::int64_t rate_high = std::numeric_limits<std::int64_t>::max();
  std::int64_t step_high = std::numeric_limits<std::int64_t>::max();  ///< value - the one before
  bool falls = false;                                                 ///< value below the one before
  bool stands = false;        ///< value = the one before, and a new UTC quarter hour
  bool late = false;          ///< the first of its series, and whatever comes late
  bool each_quarter = false;  ///< as late, and a new UTC quarter hour
  bool each_day = false;      ///< as late, and a new UTC day
  bool always = false;

  friend bool operator==(const Gate&, const Gate&) = default;
};
/// The gate that trips when either does.
[[nodiscard]] Gate widest(const Gate& a, const Gate& b);
/// before: the series without the fact.
[[nodiscard]] bool trips(const Gate& gate, const SeriesState& before, const Fact& fact);

/// Marks above the index of a gate: every fact of a watched series trips; of one with a history, whatever comes late.
inline constexpr std::uint16_t kWatched = 0x8000;
inline constexpr std::uint16_t kHistory = 0x4000;
inline constexpr std::uint16_t kGateIndexMax = 0x3fff;

/// Who sets the gates of a shard's series. One owner, that of the shard.
class GateKeeper {
 public:
  virtual ~GateKeeper() = default;
  /// For a series that came to be, or came back: index of its gate (0 = trips never), or'ed with marks.
  [[nodiscard]] virtual std::uint16_t gate_of(std::string_view meter, Register reg) = 0;
  [[nodiscard]] const Gate& gate(std::uint16_t index) const { return gates_[index]; }

 protected:
  std::vector<Gate> gates_{Gate{}};  ///< by index; the first never trips
};

/// Meters to look at again, each with the span of the facts that tripped. Bounded by the number of meters.
class Attention {
 public:
  struct Span {
    std::int64_t first_ms;
    std::int64_t last_ms;
  };
  void note(std::uint32_t meter, std::int64_t time_ms) { note(meter, Span{time_ms, time_ms}); }
  void note(std::uint32_t meter, Span span) {
    const auto [at, fresh] = meters_.try_emplace(meter, span);
    if (fresh) return;
    at->second.first_ms = std::min(at->second.first_ms, span.first_ms);
    at->second.last_ms = std::max(at->second.last_ms, span.last_ms);
  }
  [[nodiscard]] bool empty() const { return meters_.empty(); }
  [[nodiscard]] std::size_t size() const { return meters_.size(); }
  [[nodiscard]] bool contains(std::uint32_t meter) const { return meters_.contains(meter); }
  [[nodiscard]] std::unordered_map<std::uint32_t, Span> take() { return std::exchange(meters_, {}); }
  void forget(std::uint32_t meter) { meters_.erase(meter); }

 private:
  std::unordered_map<std::uint32_t, Span> meters_;
};

}  // namespace wattring::meter
