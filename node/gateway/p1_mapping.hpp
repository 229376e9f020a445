// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/gateway/batch.hpp"
#include "node/gateway/equipment_memory.hpp"
#include "node/gateway/ingest_door.hpp"
#include "node/gateway/p1_telegram.hpp"
#include "node/meter/zone.hpp"

/// P1 telegrams to readings (docs/protocols/p1.md).

namespace wattring::gateway {

struct P1Context {
  std::string_view meter;             ///< id of the electricity meter; empty = the telegram's equipment id
  const meter::Zone* zone = nullptr;  ///< of the telegram's local times; never null
  AcceptWindow window;
  std::int64_t receive_ms = 0;        ///< stands in for the time of telegrams that have none
  std::uint64_t revision = 0;         ///< stamped on every fact
  EquipmentMemory* memory = nullptr;  ///< null: equipment ids and messages are emitted once per call
};

struct TelegramStats {
  std::uint64_t telegrams = 0;  ///< taken
  std::uint64_t refused = 0;    ///< telegrams refused as a whole; each has a refusal in the batch
  std::uint64_t readings = 0;
  std::uint64_t unknown_codes = 0;  ///< lines that are no known register
  std::uint64_t not_stored = 0;     ///< known lines that are no reading: lists, device types, versions
  std::uint64_t no_value = 0;       ///< empty values, M-Bus slots that were never read, impossible capture times
  std::uint64_t broken_lines = 0;
  std::uint64_t line_ends_restored = 0;  ///< telegrams whose CRLF a relay had turned into LF
  std::uint64_t dropped_bytes = 0;       ///< outside of any whole telegram
};

/// A body with one or many telegrams. A refusal's "line" is the number of the telegram in it. Bytes before the first
/// '/' and after a checksum are passed over; a body without any '/' is BAD_FRAME.
TelegramStats decode_telegrams(std::string_view body, const P1Context& context, Batch& out);

/// One frame of P1Framer; `number` is the refusals' line. For streams.
class P1Decoder {
 public:
  void decode(std::string_view frame, std::uint32_t number, const P1Context& context, Batch& out, TelegramStats& stats);

 private:
  P1Telegram telegram_;
};

/// A local time YYMMDDhhmmss[S|W]; years 70..99 are 1970..1999, which is what clocks that were never set show.
struct P1Time {
  std::int64_t local_ms = 0;
  meter::DstMarker marker = meter::DstMarker::none;
};
[[nodiscard]] std::optional<P1Time> parse_p1_time(std::string_view text);

/// Hex of printable ASCII is decoded, anything else stays as it is. Empty for an id that names no device: nothing, or
/// only zeros.
[[nodiscard]] std::string decode_equipment_id(std::string_view text);

}  // namespace wattring::gateway
