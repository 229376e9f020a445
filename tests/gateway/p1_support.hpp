// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "node/gateway/p1_mapping.hpp"

namespace wattring::gateway {

inline std::int64_t utc(std::string_view rfc3339) {
  return parse_rfc3339(rfc3339).value();
}

/// Takes 1990 to 2090.
inline P1Context p1_context(std::string_view meter = {}) {
  static const meter::Zone kZone = meter::Zone::find("Europe/Amsterdam").value();
  P1Context context;
  context.meter = meter;
  context.zone = &kZone;
  context.window = {utc("1990-01-01T00:00:00Z"), utc("2090-01-01T00:00:00Z")};
  context.receive_ms = utc("2026-02-11T12:00:00Z");
  return context;
}

/// A telegram of these lines with its checksum; CRLF is put after each.
inline std::string with_checksum(std::initializer_list<std::string_view> lines) {
  std::string telegram = "/TST5\\2M550T-1012\r\n\r\n";
  for (const std::string_view line : lines) telegram.append(line).append("\r\n");
  telegram += "!";
  return telegram + fmt::format("{:04X}\r\n", crc16_arc(telegram));
}

/// The only reading of that meter and register; nothing when there is none or more than one.
inline std::optional<Fact> only_fact(const Batch& batch, std::string_view meter, Register reg) {
  std::optional<Fact> found;
  for (const Batch::MeterRun& run : batch.runs()) {
    if (batch.id(run) != meter) continue;
    for (std::uint32_t i = run.first_fact; i < run.first_fact + run.fact_count; ++i) {
      if (batch.facts()[i].reg != reg) continue;
      if (found) return std::nullopt;
      found = batch.facts()[i];
    }
  }
  return found;
}
inline std::int64_t value_of(const Batch& batch, std::string_view meter, Register reg) {
  const auto fact = only_fact(batch, meter, reg);
  return fact ? fact->value : std::numeric_limits<std::int64_t>::min();
}

}  // namespace wattring::gateway
