// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"

/// Recorded readings as files hold them: P1 captures and line protocol. Small parsers of the simulator's own, so that
/// the checker shares no mistake with the node's; they read only what the checker compares.

namespace wattring::sim {

struct CapturedReading {
  std::string meter;
  Register reg;
  std::int64_t time_ms;
  std::int64_t value;  ///< base units
};

/// One telegram or one line: what is sent and refused as a whole.
struct CapturedItem {
  std::string_view bytes;  ///< into the capture
  std::optional<std::int64_t> time_ms;
  std::vector<CapturedReading> readings;
};

enum class CaptureFormat { p1, line };
/// '/' first (after white space and bytes of an interrupted telegram): P1; else line protocol.
[[nodiscard]] CaptureFormat detect_format(std::string_view capture);

/// Telegrams from '/' at a line's start to the end of the '!' line; what lies between is skipped. meter: the id to
/// give all of them; empty: the one in the telegram. Readings: 1-0:1.8.n and 2.8.n with the telegram's time.
[[nodiscard]] std::vector<CapturedItem> split_p1(std::string_view capture, std::string_view meter);

/// Lines with tag "meter". Readings: fields that are OBIS codes of energy registers in Wh, or import_/export_ aliases
/// in wh or kwh, at most three digits past a kWh's point. ms_per_unit_num/den: the precision of the time stamps.
struct Precision {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1'000'000;  ///< ns
};
[[nodiscard]] std::optional<Precision> parse_precision(std::string_view text);
[[nodiscard]] std::vector<CapturedItem> split_lines(std::string_view capture, Precision precision);

/// The telegram with every TST moved, its line ends as CRLF and its CRC made anew. Appends to out.
void append_shifted_telegram(std::string_view telegram, std::int64_t shift_ms, std::string& out);
/// The line with its time stamp moved; unchanged when it has none. Appends to out, with a line end.
void append_shifted_line(std::string_view line, std::int64_t shift_ms, Precision precision, std::string& out);

}  // namespace wattring::sim
