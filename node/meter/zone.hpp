// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace wattring::meter {

/// Which side of a daylight-saving change a local time says it is on.
enum class DstMarker { none, summer, winter };

/// An IANA time zone on the system's tzdata. Immutable; any thread.
class Zone {
 public:
  /// not_found with a hint when the name is not in tzdata.
  [[nodiscard]] static Result<Zone> find(std::string_view iana_name);
  [[nodiscard]] static Zone utc();
  /// tzdata release, e.g. "2025b"; part of a rollup's fold version.
  [[nodiscard]] static std::string database_version();

  [[nodiscard]] const std::string& name() const;
  /// Local civil time of an instant, as milliseconds since 1970-01-01T00:00 local.
  [[nodiscard]] std::int64_t to_local_ms(std::int64_t utc_ms) const;

  struct Resolved {
    std::int64_t utc_ms;
    bool ambiguous;  ///< the doubled hour without a marker: the first (summer) one was taken
    bool skipped;    ///< a local time that does not exist: moved past the gap
  };
  /// Local civil milliseconds -> UTC. With a marker the doubled hour is not ambiguous.
  [[nodiscard]] Resolved to_utc(std::int64_t local_ms, DstMarker marker = DstMarker::none) const;

  /// UTC instant at which the local day / month that contains the instant begins, and the next one begins.
  struct Span {
    std::int64_t begin_ms;
    std::int64_t end_ms;
  };
  [[nodiscard]] Span local_day(std::int64_t utc_ms) const;
  [[nodiscard]] Span local_month(std::int64_t utc_ms) const;

 private:
  struct Impl;
  explicit Zone(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace wattring::meter
