// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

/// What is no longer wanted of a shard: readings below its watermark, readings of a meter before its erasure. Both are
/// facts that are joined by their maximum, so order and repeats change nothing; no reading comes back once a limit is
/// known (docs/decisions/0011-limits-are-facts.md). They reach all owners as entries of the shard:
///
///   payload := version u8 (1) | limit+
///   limit := kind u8 | watermark or erasure
///   watermark (1) := day of readings zigzag | day of intervals zigzag
///   erasure (2)   := meter sized | before zigzag(ms)

namespace wattring::meter {

/// Journal entries of this format hold limits.
inline constexpr std::uint8_t kLimitEntryFormat = 3;

/// UTC days before which data is dropped, by event time; the least day keeps everything.
struct RetentionDays {
  static constexpr std::int32_t kKeep = std::numeric_limits<std::int32_t>::min();
  std::int32_t raw = kKeep;        ///< readings on earlier days go; their intervals stay
  std::int32_t intervals = kKeep;  ///< intervals on earlier days go
  friend bool operator==(const RetentionDays&, const RetentionDays&) = default;

  /// Start of the first day whose readings stay.
  [[nodiscard]] std::int64_t raw_from_ms() const;
};

/// Readings of the meter that start before the instant are gone for good.
struct Erasure {
  std::string meter;
  std::int64_t before_ms = 0;
  friend bool operator==(const Erasure&, const Erasure&) = default;
};
using Limit = std::variant<RetentionDays, Erasure>;

[[nodiscard]] std::string encode_limits(std::span<const Limit> limits);
/// All of them. corrupt; newer_format: only a newer release understands them.
[[nodiscard]] Result<std::vector<Limit>> decode_limits(std::string_view payload);

/// The limits of one shard, joined. One owner.
class ShardLimits {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
  struct OfMeter {
    std::int64_t before_ms = kNever;
    bool purged = false;   ///< nothing from before is left on this node's disk
    bool purging = false;  ///< it is being made so; not kept on the disk
  };
  using Meters = std::map<std::string, OfMeter, std::less<>>;

  /// True when it says something new.
  bool join(const RetentionDays& days);
  bool join(const Erasure& erasure);
  /// From the disk.
  void load(std::string_view meter, const OfMeter& erased);
  /// Something from before is there.
  void unpurge(std::string_view meter);
  void begin_purge(std::string_view meter);
  /// What began has ended: purged, if nothing came meanwhile and the disk took it.
  void end_purge(std::string_view meter, bool done);

  [[nodiscard]] const RetentionDays& days() const { return days_; }
  [[nodiscard]] bool erases_any() const { return !meters_.empty(); }
  /// kNever when nothing of the meter was erased.
  [[nodiscard]] std::int64_t erased_before(std::string_view meter) const;
  [[nodiscard]] const Meters& meters() const { return meters_; }
  /// Of meters that are not purged.
  [[nodiscard]] std::size_t unpurged() const { return unpurged_; }

 private:
  RetentionDays days_;
  Meters meters_;
  std::size_t unpurged_ = 0;
};

// Rows of Table::limit, ShardLimits' place on the disk: one a meter, and one of the shard for its watermark.

[[nodiscard]] std::string encode_days_row(const RetentionDays& days);
[[nodiscard]] Result<RetentionDays> decode_days_row(std::string_view payload);
[[nodiscard]] std::string encode_erasure_row(const ShardLimits::OfMeter& erased);
[[nodiscard]] Result<ShardLimits::OfMeter> decode_erasure_row(std::string_view payload);

}  // namespace wattring::meter
