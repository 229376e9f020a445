// SPDX-License-Identifier: Apache-2.0
#include "node/meter/zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <limits>
#include <utility>

namespace wattring::meter {
namespace {

/// From one change of the offset to the next.
struct OffsetSpan {
  std::int64_t begin_ms;
  std::int64_t offset_ms;
};

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
/// No zone is further than this from UTC.
constexpr std::int64_t kOffsetMax = 16 * kMsPerHour;

/// The changes from 1970 to 2100. (The system's tables end in 2037; after that the last offset is kept.)
std::vector<OffsetSpan> read_spans(const date::time_zone& zone) {
  using date::sys_days;
  const date::sys_seconds last = sys_days{date::year{2100} / 1 / 1};
  date::sys_seconds at = sys_days{date::year{1970} / 1 / 1};
  std::vector<OffsetSpan> spans;
  while (at < last) {
    const date::sys_info info = zone.get_info(at);
    const std::int64_t offset_ms = std::chrono::milliseconds(info.offset).count();
    if (spans.empty()) {
      spans.push_back({std::numeric_limits<std::int64_t>::min(), offset_ms});
    } else if (spans.back().offset_ms != offset_ms) {
      spans.push_back({std::chrono::milliseconds(at.time_since_epoch()).count(), offset_ms});
    }
    if (info.end <= at) break;
    at = info.end;
  }
  return spans;
}

}  // namespace

struct Zone::Impl {
  std::string name;
  std::vector<OffsetSpan> spans;

  [[nodiscard]] std::size_t span_at(std::int64_t utc_ms) const {
    const auto after = std::upper_bound(spans.begin() + 1, spans.end(), utc_ms,
                                        [](std::int64_t t, const OffsetSpan& span) { return t < span.begin_ms; });
    return static_cast<std::size_t>(after - spans.begin()) - 1;
  }
  [[nodiscard]] std::int64_t end_of(std::size_t index) const {
    return index + 1 < spans.size() ? spans[index + 1].begin_ms : kForever;
  }
};

Zone::Zone(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Result<Zone> Zone::find(std::string_view iana_name) {
  try {
    const date::time_zone* zone = date::locate_zone(std::string(iana_name));
    return Zone(std::make_shared<const Impl>(Impl{std::string(iana_name), read_spans(*zone)}));
  } catch (const std::exception&) {
    return fail(ErrorCode::not_found,
                "no time zone \"" + std::string(iana_name.substr(0, 64)) + "\" in the system's tzdata",
                "use an IANA name like Europe/Brussels; is the package tzdata installed?");
  }
}

Zone Zone::utc() {
  static const auto kInstance =
      std::make_shared<const Impl>(Impl{"UTC", {{std::numeric_limits<std::int64_t>::min(), 0}}});
  return Zone(kInstance);
}

std::string Zone::database_version() {
  try {
    if (const std::string& version = date::get_tzdb().version; !version.empty() && version != "unknown") return version;
  } catch (const std::exception&) {
    return "none";
  }
  // The compiled tables do not say which release they are; the source beside them does: "# version 2025b".
  std::ifstream source("/usr/share/zoneinfo/tzdata.zi");
  std::string hash;
  std::string word;
  std::string version;
  if (source >> hash >> word >> version && hash == "#" && word == "version") return version;
  return "unknown";
}

const std::string& Zone::name() const {
  return impl_->name;
}

std::int64_t Zone::to_local_ms(std::int64_t utc_ms) const {
  return utc_ms + impl_->spans[impl_->span_at(utc_ms)].offset_ms;
}

Zone::Resolved Zone::to_utc(std::int64_t local_ms, DstMarker marker) const {
  const Impl& zone = *impl_;
  const std::size_t first = zone.span_at(local_ms - kOffsetMax);
  const std::size_t last = zone.span_at(local_ms + kOffsetMax);
  int found = 0;
  std::int64_t earlier = 0;
  std::int64_t later = 0;
  std::int64_t past_gap = local_ms - zone.spans[first].offset_ms;
  for (std::size_t i = first; i <= last; ++i) {
    const std::int64_t utc_ms = local_ms - zone.spans[i].offset_ms;
    if (utc_ms < zone.spans[i].begin_ms) continue;
    if (utc_ms >= zone.end_of(i)) {
      past_gap = utc_ms;  // counted on with the offset before the gap
      continue;
    }
    if (found++ == 0) earlier = utc_ms;
    later = utc_ms;
  }
  if (found == 0) return {past_gap, false, true};
  if (found == 1) return {earlier, false, false};
  return {marker == DstMarker::winter ? later : earlier, marker == DstMarker::none, false};
}

Zone::Span Zone::local_day(std::int64_t utc_ms) const {
  const std::int64_t midnight = floor_to(to_local_ms(utc_ms), kMsPerDay);
  return {to_utc(midnight).utc_ms, to_utc(midnight + kMsPerDay).utc_ms};
}

Zone::Span Zone::local_month(std::int64_t utc_ms) const {
  CivilDate date = civil_from_days(day_of(to_local_ms(utc_ms)));
  date.day = 1;
  const std::int64_t begin = days_from_civil(date) * kMsPerDay;
  date = date.month == 12 ? CivilDate{date.year + 1, 1, 1} : CivilDate{date.year, date.month + 1, 1};
  return {to_utc(begin).utc_ms, to_utc(days_from_civil(date) * kMsPerDay).utc_ms};
}

}  // namespace wattring::meter
