// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wattring::http {

/// What an erasure would take, on one owner of the meter.
struct Erasable {
  std::uint64_t readings = 0;
  std::uint64_t chunks = 0;
  std::uint64_t interval_days = 0;
  std::uint64_t quarantined = 0;                 ///< readings
  std::optional<std::int64_t> erased_before_ms;  ///< of an erasure before this one
};
/// An erasure that enough nodes keep.
struct KeptErasure {
  std::string promise;  ///< "DURABLE", as in the reply to readings
  std::uint32_t copies = 0;
  std::string token;
};

/// The way to erasures, behind the HTTP API. Any thread; calls wait some seconds at most.
class EraseDoor {
 public:
  virtual ~EraseDoor() = default;
  /// From what this node has. busy: it cannot say now.
  [[nodiscard]] virtual Result<Erasable> count(std::string_view meter, std::int64_t before_ms) = 0;
  /// Readings of the meter that start before the instant are gone for good on all nodes. Returns when enough nodes have
  /// that on disk; they delete what they hold right after. busy: too few do, though it may come to be; again is
  /// harmless.
  [[nodiscard]] virtual Result<KeptErasure> erase(std::string_view meter, std::int64_t before_ms) = 0;
};

}  // namespace wattring::http
