// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "node/gateway/refusal.hpp"

/// A P1 telegram taken apart into coded lines and their groups, its checksum verified.

namespace wattring::gateway {

/// CRC-16/ARC (reflected polynomial 0xA001, start 0, no final xor) over all bytes from '/' to '!': DSMR P1 5.0.2, 6.2.
[[nodiscard]] std::uint16_t crc16_arc(std::string_view bytes, std::uint16_t start = 0);

/// Views into the frame; of use as long as it lives. Reused from telegram to telegram, it stops allocating.
struct P1Telegram {
  struct Line {
    std::optional<Register> reg;  ///< empty: the code is not of the form A-B:C.D.E
    std::string_view code;        ///< as it stands in the telegram
    std::uint32_t first_group = 0;
    std::uint32_t group_count = 0;
  };
  std::string_view identification;  ///< the first line, without '/'
  std::vector<Line> lines;
  std::vector<std::string_view> groups_storage;
  bool has_checksum = false;
  bool line_ends_restored = false;  ///< the checksum held only after LF -> CRLF
  std::uint32_t broken_lines = 0;   ///< left out: not code(group)(group)...

  [[nodiscard]] std::span<const std::string_view> groups(const Line& line) const {
    return std::span(groups_storage).subspan(line.first_group, line.group_count);
  }
  /// Null when the telegram has no such line.
  [[nodiscard]] const Line* find(Register reg) const;
};

struct P1Fault {
  Reason reason = Reason::bad_frame;
  std::string got;
  std::string limit;
};

/// The frame as P1Framer gives it. Faults: BAD_CRC, also when a telegram that sends its version or its time, as only
/// those with a checksum do, has none; BAD_FRAME when a code stands twice (halves of two telegrams joined) or nothing
/// is in it; SYNTAX when a line is broken and no checksum vouches for the others.
[[nodiscard]] std::optional<P1Fault> parse_p1_telegram(std::string_view frame, P1Telegram& out);

/// "A-B:C.D.E", with "*F" or ".F".
[[nodiscard]] std::optional<Register> parse_p1_code(std::string_view text);

}  // namespace wattring::gateway
