// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/fact.hpp"
#include "base/result.hpp"
#include "node/meter/transfer_format.hpp"
#include "node/meter/transfer_row.hpp"

namespace wattring::backup {

/// What is in parts: rows by kind, and of the readings a checksum that no order and no cut changes.
struct Tally {
  std::uint64_t readings = 0;
  std::uint64_t texts = 0;
  std::uint64_t intervals = 0;  ///< days of intervals whose readings retention dropped
  std::uint64_t meters = 0;     ///< snapshots
  std::uint64_t alerts = 0;     ///< alerts, and what was decided about them
  std::uint64_t limits = 0;     ///< erasures and watermarks
  std::uint64_t unknown = 0;    ///< rows of kinds that a newer release wrote
  std::uint64_t sum = 0;        ///< of the readings' names
  Tally& operator+=(const Tally& other);
  friend bool operator==(const Tally&, const Tally&) = default;
};
void encode(const Tally& tally, std::string& out);
/// See in.ok().
[[nodiscard]] Tally decode_tally(ByteReader& in);

/// A number for a reading: meter and identity (base/fact.hpp).
[[nodiscard]] std::uint64_t name_of(std::string_view meter, const Fact& fact);

/// A row of a kind that this release knows, taken apart, and as it stands in the part.
using OnRow = std::function<void(const meter::TransferItem&, const meter::TransferRow&)>;
/// Every row of a part, decoded; those of unknown kinds are counted only. corrupt: what does not decode.
[[nodiscard]] Result<Tally> read_part(std::string_view part, const OnRow& on_row = {});

}  // namespace wattring::backup
