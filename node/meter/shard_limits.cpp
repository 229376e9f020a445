// SPDX-License-Identifier: Apache-2.0
#include "node/meter/shard_limits.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"

namespace wattring::meter {
namespace {

constexpr std::uint8_t kLimitsVersion = 1;
constexpr std::uint8_t kLimitRowVersion = 1;
constexpr std::uint8_t kWatermark = 1;
constexpr std::uint8_t kErasure = 2;

Failure malformed_limits() {
  return fail(ErrorCode::corrupt, "limits of a shard: malformed bytes");
}

bool may_be_meter(std::string_view id) {
  return !id.empty() && id.size() <= kMeterIdBytesMax && id.find('\0') == std::string_view::npos;
}

bool read_day(ByteReader& in, std::int32_t& day) {
  const std::int64_t wide = in.zigzag();
  day = static_cast<std::int32_t>(wide);
  return in.ok() && day == wide;
}

}  // namespace

std::int64_t RetentionDays::raw_from_ms() const {
  return raw == kKeep ? ShardLimits::kNever : raw * kMsPerDay;
}

std::string encode_limits(std::span<const Limit> limits) {
  std::string payload;
  ByteWriter out(payload);
  out.u8(kLimitsVersion);
  for (const Limit& limit : limits) {
    if (const auto* days = std::get_if<RetentionDays>(&limit)) {
      out.u8(kWatermark);
      out.zigzag(days->raw);
      out.zigzag(days->intervals);
    } else {
      const auto& erasure = std::get<Erasure>(limit);
      out.u8(kErasure);
      out.sized_bytes(erasure.meter);
      out.zigzag(erasure.before_ms);
    }
  }
  return payload;
}

Result<std::vector<Limit>> decode_limits(std::string_view payload) {
  ByteReader in(payload);
  const std::uint8_t version = in.u8();
  if (!in.ok()) return malformed_limits();
  if (version != kLimitsVersion)
    return fail(ErrorCode::newer_format, "limits of a shard have version " + std::to_string(version),
                "a node with a newer release wrote them: upgrade this one");
  std::vector<Limit> limits;
  while (!in.at_end()) {
    const std::uint8_t kind = in.u8();
    if (kind == kWatermark) {
      RetentionDays days;
      if (!read_day(in, days.raw) || !read_day(in, days.intervals)) return malformed_limits();
      limits.emplace_back(days);
    } else if (kind == kErasure) {
      Erasure erasure;
      erasure.meter = in.sized_bytes();
      erasure.before_ms = in.zigzag();
      if (!in.ok() || !may_be_meter(erasure.meter)) return malformed_limits();
      limits.emplace_back(std::move(erasure));
    } else {
      return malformed_limits();
    }
  }
  if (limits.empty()) return malformed_limits();
  return limits;
}

bool ShardLimits::join(const RetentionDays& days) {
  const RetentionDays joined{std::max(days_.raw, days.raw), std::max(days_.intervals, days.intervals)};
  if (joined == days_) return false;
  days_ = joined;
  return true;
}

bool ShardLimits::join(const Erasure& erasure) {
  if (erasure.before_ms <= erased_before(erasure.meter)) return false;
  load(erasure.meter, {erasure.before_ms, false, false});
  return true;
}

void ShardLimits::load(std::string_view meter, const OfMeter& erased) {
  const auto [at, added] = meters_.try_emplace(std::string(meter), erased);
  if (!added && !at->second.purged) --unpurged_;
  at->second = erased;
  if (!erased.purged) ++unpurged_;
}

void ShardLimits::unpurge(std::string_view meter) {
  const auto at = meters_.find(meter);
  if (at == meters_.end()) return;
  if (std::exchange(at->second.purged, false)) ++unpurged_;
  at->second.purging = false;
}

void ShardLimits::begin_purge(std::string_view meter) {
  const auto at = meters_.find(meter);
  if (at != meters_.end() && !at->second.purged) at->second.purging = true;
}

void ShardLimits::end_purge(std::string_view meter, bool done) {
  const auto at = meters_.find(meter);
  if (at == meters_.end() || !std::exchange(at->second.purging, false) || !done) return;
  at->second.purged = true;
  --unpurged_;
}

std::int64_t ShardLimits::erased_before(std::string_view meter) const {
  const auto at = meters_.find(meter);
  return at == meters_.end() ? kNever : at->second.before_ms;
}

std::string encode_days_row(const RetentionDays& days) {
  std::string payload;
  ByteWriter out(payload);
  out.u8(kLimitRowVersion);
  out.zigzag(days.raw);
  out.zigzag(days.intervals);
  return payload;
}

Result<RetentionDays> decode_days_row(std::string_view payload) {
  ByteReader in(payload);
  RetentionDays days;
  if (in.u8() != kLimitRowVersion || !read_day(in, days.raw) || !read_day(in, days.intervals) || !in.at_end())
    return malformed_limits();
  return days;
}

std::string encode_erasure_row(const ShardLimits::OfMeter& erased) {
  std::string payload;
  ByteWriter out(payload);
  out.u8(kLimitRowVersion);
  out.zigzag(erased.before_ms);
  out.u8(erased.purged ? 1 : 0);
  return payload;
}

Result<ShardLimits::OfMeter> decode_erasure_row(std::string_view payload) {
  ByteReader in(payload);
  ShardLimits::OfMeter erased;
  const std::uint8_t version = in.u8();
  erased.before_ms = in.zigzag();
  const std::uint8_t purged = in.u8();
  erased.purged = purged != 0;
  if (version != kLimitRowVersion || purged > 1 || !in.at_end()) return malformed_limits();
  return erased;
}

}  // namespace wattring::meter
