// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "node/sim/read_back.hpp"

/// Compares what was sent with what is stored, one meter at a time. Knows the outside contract only.

namespace wattring::sim {

enum class SentStatus : std::uint8_t {
  refused,  ///< must not be there
  unknown,  ///< may be there
  acked     ///< must be there
};
struct SentReading {
  std::int64_t time_ms;
  std::int64_t value;
  Register reg;
  SentStatus status;
};

enum class Finding : std::uint8_t { lost, doubled, changed, phantom, interval };
[[nodiscard]] std::string_view to_string(Finding finding);
struct Evidence {
  Finding finding;
  std::string text;  ///< "M-000731 1-0:1.8.0 2026-02-11T13:02:11Z acked 123, not stored"
  Register reg{};
  std::int64_t time_ms = 0;
};

struct CheckCounts {
  std::uint64_t meters = 0;
  std::uint64_t acked = 0;  ///< distinct keys (meter, register, time)
  std::uint64_t unknown_stored = 0;
  std::uint64_t unknown_not_stored = 0;
  std::uint64_t refused = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t changed = 0;
  std::uint64_t phantom = 0;
  std::uint64_t intervals_right = 0;
  std::uint64_t intervals_wrong = 0;
  std::uint64_t unread = 0;  ///< (meter, register) pairs that could not be read completely
  void add(const CheckCounts& other);
  [[nodiscard]] std::uint64_t wrong() const { return lost + doubled + changed + phantom + intervals_wrong; }
};

struct MeterCheck {
  CheckCounts counts;
  std::vector<Evidence> evidence;  ///< at most kEvidenceMax
  std::string unread_reason;       ///< of the first pair that could not be read
};
inline constexpr std::size_t kEvidenceMax = 20;

struct CheckScope {
  std::int64_t from_ms = 0;  ///< everything stored in [from, to) must have been sent
  std::int64_t to_ms = 0;
  bool intervals = true;
};
/// sent: all of one meter, in any order; repeats allowed. Sorts it.
[[nodiscard]] MeterCheck check_meter(std::string_view meter, std::vector<SentReading>& sent, const CheckScope& scope,
                                     ReadBack& from);

enum class Verdict : std::uint8_t { pass, fail, inconclusive };
[[nodiscard]] std::string_view to_string(Verdict verdict);
struct Judgement {
  Verdict verdict = Verdict::inconclusive;
  std::string reason;  ///< one clause for people
};
/// wrong beats unread beats too little. acked_share_min: of all keys checked, as 0..1.
[[nodiscard]] Judgement judge(const CheckCounts& counts, double acked_share_min);

}  // namespace wattring::sim
