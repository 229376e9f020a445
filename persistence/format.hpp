// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// The envelope around every stored value except journal records, which carry their own (record.hpp). LMDB has no
/// checksums: without this a flipped bit would be served as a reading.
///
///   value := version u8 (1) | payload | XXH3-64 of (version, payload), seeded with the position, u64 big-endian
///
/// The position says where the value belongs (hash of its key, an LSN), so that a value that was stored under the
/// wrong key does not verify either.

namespace wattring::persistence {

inline constexpr std::uint8_t kValueVersion = 1;
inline constexpr std::size_t kEnvelopeBytes = 9;

[[nodiscard]] std::string seal_value(std::string_view payload, std::uint64_t position = 0);

/// The same without a copy: begin_value() appends the version byte and returns where the value starts, the caller
/// appends the payload, end_value() appends the checksum.
[[nodiscard]] std::size_t begin_value(std::string& out);
void end_value(std::string& out, std::size_t start, std::uint64_t position = 0);

/// The payload, a view into `sealed`. corrupt: too short, or the checksum does not hold for this position;
/// newer_format: the checksum holds but the version is unknown.
[[nodiscard]] Result<std::string_view> open_value(std::string_view sealed, std::uint64_t position = 0);

/// The position of a value that is kept under this key; every table but the journal uses it.
[[nodiscard]] std::uint64_t position_of(std::string_view key);

}  // namespace wattring::persistence
