// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "node/sim/reading.hpp"

/// P1 telegrams (DSMR 5) as a meter sends them.

namespace wattring::sim {

/// CRC-16/ARC: x^16 + x^15 + x^2 + 1, reflected (0xA001), init 0, no final xor. "123456789" gives 0xBB3D.
[[nodiscard]] std::uint16_t crc16_arc(std::string_view bytes);

/// "240131120000W": Central European local time.
[[nodiscard]] std::string p1_timestamp(std::int64_t utc_ms);

/// Appends one telegram with the readings of one meter and one time: equipment id (hex of the meter's id), telegram
/// time (cut to seconds), one line a reading, CRC. regs: the table that Reading::reg indexes.
void append_telegram(std::string_view meter, std::span<const Reading> readings, std::span<const Register> regs,
                     std::string& out);

}  // namespace wattring::sim
