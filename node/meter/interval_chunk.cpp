// SPDX-License-Identifier: Apache-2.0
#include "node/meter/interval_chunk.hpp"

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/time.hpp"

namespace wattring::meter {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr unsigned kHasValue = 1U << 4U;
constexpr unsigned kHasMethod = 1U << 5U;
constexpr unsigned kHasFlags = 1U << 6U;
constexpr std::int64_t kMinutesPerDay = kMsPerDay / kMsPerMinute;

Failure malformed() {
  return fail(ErrorCode::corrupt, "day of intervals: malformed bytes");
}

}  // namespace

std::string encode_interval_day(std::span<const Interval> day) {
  WATTRING_CHECK(!day.empty());
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  out.varint(static_cast<std::uint64_t>((day[0].end_ms - day[0].start_ms) / kMsPerMinute));
  std::int64_t last = 0;
  for (const Interval& interval : day) {
    unsigned head = static_cast<unsigned>(interval.quality);
    if (interval.value) head |= kHasValue;
    if (interval.method != 0) head |= kHasMethod;
    if (interval.flags != 0) head |= kHasFlags;
    out.u8(static_cast<std::uint8_t>(head));
    if (interval.method != 0) out.u8(interval.method);
    if (interval.flags != 0) out.varint(interval.flags);
    if (!interval.value) continue;
    out.zigzag(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(*interval.value) - static_cast<std::uint64_t>(last)));
    last = *interval.value;
  }
  return bytes;
}

Result<std::vector<Interval>> decode_interval_day(std::string_view bytes, std::int32_t day) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return malformed();
  const std::uint64_t minutes = in.varint();
  if (!in.ok() || minutes == 0 || minutes > kMinutesPerDay || kMinutesPerDay % static_cast<std::int64_t>(minutes) != 0)
    return malformed();
  const std::int64_t length_ms = static_cast<std::int64_t>(minutes) * kMsPerMinute;
  std::vector<Interval> intervals;
  std::int64_t last = 0;
  const std::int64_t day_ms = day * kMsPerDay;
  for (std::int64_t start = day_ms; start < day_ms + kMsPerDay; start += length_ms) {
    const unsigned head = in.u8();
    Interval interval;
    interval.start_ms = start;
    interval.end_ms = start + length_ms;
    if ((head & 15U) > static_cast<unsigned>(IntervalQuality::missing)) return malformed();
    interval.quality = static_cast<IntervalQuality>(head & 15U);
    if ((head & kHasMethod) != 0) interval.method = in.u8();
    if ((head & kHasFlags) != 0) interval.flags = static_cast<std::uint32_t>(in.varint());
    if ((head & kHasValue) != 0) {
      last = static_cast<std::int64_t>(static_cast<std::uint64_t>(last) + static_cast<std::uint64_t>(in.zigzag()));
      interval.value = last;
    }
    if (!in.ok()) return malformed();
    intervals.push_back(interval);
  }
  if (!in.at_end()) return malformed();
  return intervals;
}

Result<std::optional<std::string>> cut_interval_day(std::string_view bytes, std::int32_t day, std::int64_t before_ms) {
  auto intervals = decode_interval_day(bytes, day);
  if (!intervals) return Failure(intervals.error());
  bool any = false;
  for (Interval& interval : *intervals) {
    if (interval.start_ms < before_ms)
      interval = {interval.start_ms, interval.end_ms, std::nullopt, IntervalQuality::missing, 0, 0};
    any = any || interval.value.has_value();
  }
  if (!any) return std::optional<std::string>();
  return std::optional(encode_interval_day(*intervals));
}

}  // namespace wattring::meter
